"""Profiles as files, as maps of controls, and in use."""

import contextlib
import math
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.camera import CameraInfo, Capabilities, ControlRange
from autoexposure.clock import SimulatedClock
from autoexposure.errors import ConfigError, UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.plain_text import plain
from autoexposure.profiles.control_map import ControlMap
from autoexposure.profiles.files import find_profile, known_path, profile_path, read_profile, write_profile
from autoexposure.profiles.lookup import Profiles, known_in_words
from autoexposure.profiles.noise import PHOTON_NOISE
from autoexposure.profiles.profile import CameraProfile, Delay, MeasuredControl, ReadBack, Span
from autoexposure.profiles.profiled_camera import ProfiledCamera
from autoexposure.profiles.quirks import Remedy, all_quirks, parse_quirks, quirk_of, remedy_line, usb_of
from autoexposure.profiles.storage import from_toml, to_toml
from autoexposure.response import gamma
from drivers.simulated.camera import SimulatedCamera, make_scene
from drivers.simulated.config import parse_simulated

TIME = MeasuredControl(
    asked=(0.0001, 0.001, 0.01, 0.05),
    light_ev=tuple(round(math.log2(t), 4) for t in (0.0001, 0.001, 0.01, 0.01)),
    advertised=Span(0.0001, 0.05),
    advertised_step=0.0001,
    dead_zones=(Span(0.01, 0.05),),
    read_back=ReadBack.ECHO,
)
GAIN = MeasuredControl(
    asked=(1.0, 4.0, 16.0),
    light_ev=(0.0, 3.0, 6.0),
    advertised=Span(1.0, 16.0),
    codes=(0, 51, 255),
    noise=(1.5, 2.0, 4.0),
)
PROFILE = CameraProfile(
    stable_id="usb-046d:0825-ABC-1.0.0",
    name='A "camera" \\ with odd name ü',
    detail="uvcvideo, 640x480",
    measured_at="2026-11-22T21:00:00+00:00",
    program="0.1.0",
    took_s=61.5,
    frame_interval_s=0.033333,
    startup_frames=3,
    delay=Delay(2, 3, 4, 12, latency_s=0.11, write_s=0.0008),
    time=TIME,
    gain=GAIN,
    response=gamma(2.0),
    slows_frames=False,
    capped_at_s=0.01,
    mains_hz=50,
    flicker_ev=0.4,
    drift_ev=0.01,
    notes=("One.", "Two."),
)


def test_a_profile_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "profile.toml"
    write_profile(PROFILE, path)
    again = read_profile(path)
    assert to_toml(again) == to_toml(PROFILE)
    assert (again.time, again.gain) == (TIME, GAIN)
    assert (again.delay, again.name, again.notes) == (PROFILE.delay, PROFILE.name, PROFILE.notes)
    assert again.response is not None
    codes = np.arange(10, 256)
    assert np.log2(again.response.relative[codes]) == pytest.approx(2 * np.log2(codes / 255), abs=0.08)
    assert list(path.parent.iterdir()) == [path]


def test_what_was_not_measured_is_not_in_it() -> None:
    bare = replace(
        PROFILE, delay=None, time=None, gain=None, response=None, slows_frames=None, capped_at_s=None, notes=()
    )
    assert set(tomllib.loads(to_toml(bare))) == {"format", "camera", "measured", "frames", "flicker"}
    again = from_toml(to_toml(bare))
    assert (again.delay, again.time, again.gain, again.response) == (None, None, None, None)
    assert (again.slows_frames, again.capped_at_s) == (None, None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "format = 2", "its format is 2"),
        ("[delay]", "[delay", "it is no TOML"),
        ("took_s = 61.5", "", "took_s is missing"),
        ("format = 1", "", "format is missing"),
        ('name = "', 'name = 3 # "', r"camera\.name should be a valid string, given 3"),
        ("frames = 2 #", 'frames = "two" #', r"delay\.frames should be a valid integer.*, given 'two'"),
        ("trials = 12", "trials = [1]", r"delay\.trials should be a valid integer, given \[1\]"),
        ("set = [1, 4, 16]", "set = [4, 1, 16]", "gain: .* must be positive and rise"),
        ("set = [1, 4, 16]", "set = [1, 4]", "gain: .* as many lights as values"),
        ("set = [1, 4, 16]", 'set = "all"', r"gain\.set should be a valid list, given 'all'"),
        ("set = [1, 4, 16]", 'set = [1, "a", 16]', r"gain\.set\[1\] should be a valid number.*, given 'a'"),
        (
            'read_back = "echo"',
            'read_back = "maybe"',
            r"time\.read_back should be 'honest', 'echo' or 'none', given 'ma",
        ),
        (
            "dead_zones = [[0.01, 0.05]]",
            "dead_zones = [[0.01]]",
            r"time\.dead_zones\[0\] can't be used \(two numbers were expected\), given \[0\.01\]",
        ),
        ("codes = [0, 5,", "codes = [-1, 5,", r"response\.codes\[0\] should be greater than or equal to 0, given -1"),
        ("codes = [0, 5,", "codes = [5,", "response needs as many relative as codes"),
        ("format = 1\n\n[camera]", "format = 1\ncamera = 3\n[c]", "camera should be a table, given 3"),
        ("shortest_frames = 3", "shortest_frames = 9", "shortest <= longest"),
    ],
)
def test_a_damaged_file_says_what_is_wrong(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = to_toml(PROFILE).replace("[1.0, 4.0, 16.0]", "[1, 4, 16]")
    assert old in text
    path = tmp_path / "profile.toml"
    path.write_text(text.replace(old, new))
    with pytest.raises(ConfigError, match=said) as raised:
        read_profile(path)
    assert str(raised.value).startswith(f"{path} can't be used as a calibration: ")
    assert "\n" not in str(raised.value)


def test_a_file_by_another_hand_is_read() -> None:
    """Other white space, integers where we write fractions, keys in another order, and some that are not known."""
    profile = from_toml(
        """
        [gain]
        light_ev=[0,3,6]
        set=[1,4,16]
        falls=[]
        dead_zones=[]
        stepped=false
        read_back='none'
        advertised_step=0
        advertised=[1,16]
        really='whatever'
        [camera]
        detail=''
        stable_id='x'
        name='X'
        maker='Y'
        [measured]
        notes=[]
        took_s=60
        drift_ev=0
        at=''
        program='0'
        [frames]
        interval_s=1
        startup_frames=0
        [flicker]
        mains_hz=0
        swing_ev=0
        """.replace("[gain]", "format=1  # of today\n[gain]", 1)
    )
    assert profile.gain == replace(GAIN, codes=(), noise=())
    assert (profile.name, profile.delay, profile.frame_interval_s) == ("X", None, 1.0)


def test_what_most_starts_do_without_is_not_loaded() -> None:
    program = (
        "import sys, autoexposure.profiles.lookup; sys.exit('pydantic' in sys.modules or 'tomlkit' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_no_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        read_profile(tmp_path / "none.toml")
    (tmp_path / "noise.toml").write_bytes(bytes(range(256)))
    with pytest.raises(ConfigError, match="can't be read"):
        read_profile(tmp_path / "noise.toml")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="can't be written"):
        write_profile(PROFILE, tmp_path / "file" / "profile.toml")


@given(st.text(max_size=60), st.lists(st.floats(-13, 19), min_size=1, max_size=8, unique=True))
def test_any_line_of_text_and_any_number_survives(text: str, lights: list[float]) -> None:
    control = MeasuredControl(tuple(float(i + 1) for i in range(len(lights))), tuple(lights), Span(1, len(lights)))
    again = from_toml(to_toml(replace(PROFILE, name=text, detail=text, notes=(text,), gain=control)))
    shown = text if text.isprintable() else plain(text)
    assert (again.name, again.detail, again.notes) == (shown, shown, (shown,))
    assert again.gain is not None
    assert again.gain.light_ev == pytest.approx(control.light_ev, rel=1e-5)


@given(st.text(min_size=1))
def test_every_id_has_a_file_of_its_own_folder(stable_id: str) -> None:
    path = profile_path(stable_id, Path("/folder"))
    assert path.parent == Path("/folder")
    assert path.suffix == ".toml"


def test_light_that_rises_is_kept_and_the_rest_left_out() -> None:
    rolls_over = ControlMap.of_points((1, 2, 4, 8, 16), (0, 1, 2, -3, -2), stepped=False)
    assert rolls_over.asked == (1, 2, 4)
    backwards = ControlMap.of_points((1, 2, 4), (3, 1, 0), stepped=False)
    assert backwards.asked == (4, 2, 1)
    assert backwards.really == (1, 2, 8)
    assert backwards.asked_for(8) == 1
    assert backwards.really_of(4) == 1


@given(st.floats(0.00005, 0.1))
def test_what_is_asked_for_is_what_it_gives(wanted: float) -> None:
    gain = GAIN.as_gain()
    value = min(max(wanted * 640, gain.really[0]), gain.really[-1])
    assert gain.really_of(gain.asked_for(value)) == pytest.approx(value, rel=1e-6)
    steps = ControlMap((1.0, 2.0, 4.0), (1.0, 3.0, 9.0), stepped=True)
    assert steps.really_of(steps.asked_for(value)) in steps.really


def test_a_range_goes_on_where_nothing_was_measured_and_ends_where_nothing_moves() -> None:
    measured = replace(TIME, asked=(0.001, 0.01, 0.05), light_ev=TIME.light_ev[1:])
    assert measured.continued().asked == (0.0001, 0.001, 0.01)
    honest = replace(TIME, asked=(0.001, 0.01), light_ev=(math.log2(0.001), math.log2(0.01)), dead_zones=()).continued()
    assert honest.range(ControlRange(0.0001, 0.05, 0.0001)) == ControlRange(0.0001, 0.05, 0.0001)


def camera(spec: str = "width=64,height=48,scene=cat,light=steady,delay=2") -> SimulatedCamera:
    config = parse_simulated(spec)
    return SimulatedCamera(config, make_scene(config), SimulatedClock(), f"sim:{spec}")


def fitting(**changes: object) -> CameraProfile:
    """PROFILE for the simulated camera above, which takes times to 0.5 s and gains to 16."""
    time = replace(TIME, advertised=Span(0.0001, 0.5))
    return replace(PROFILE, stable_id=camera().info.stable_id, time=time, **changes)


def test_its_controls_beside_exposure_are_those_of_the_camera() -> None:
    with ProfiledCamera.of_profile(camera(), fitting()) as seen:
        assert seen.adjust("white_balance_automatic", 0) == 0
        assert seen.adjustments() == seen.camera.adjustments()  # type: ignore[attr-defined]  # it is a simulated one
        with pytest.raises(UnsupportedControl):
            seen.adjust("hue", 1)


def test_a_camera_seen_through_its_profile() -> None:
    with ProfiledCamera.of_profile(camera(), fitting()) as seen:
        assert seen.capabilities.delay_frames == (3, 5)
        assert seen.capabilities.time_s == ControlRange(0.0001, 0.01, 0.0001)
        gains = seen.capabilities.gain
        assert gains is not None
        assert (gains.minimum, gains.maximum) == (1.0, pytest.approx(64.0))
        seen.take_control()
        for wanted in (Exposure(0.002, gains.values[30]), Exposure(0.01, gains.maximum), Exposure(0.0003, 1.0)):
            assert seen.set_exposure(wanted) == wanted
            assert seen.exposure == wanted
        assert seen.camera.exposure == Exposure(0.0003, 1.0)
        seen.set_exposure(Exposure(0.001, 8.0))
        really = seen.camera.exposure
        assert really is not None
        assert really.gain == pytest.approx(4.0, rel=0.02)


def test_startup_pictures_are_left_out_once() -> None:
    with ProfiledCamera.of_profile(camera(), fitting()) as seen:
        assert seen.read(1.0).sequence == 3
        assert seen.read(1.0).sequence == 4


def test_pictures_that_carry_their_exposure_carry_the_true_one() -> None:
    with ProfiledCamera.of_profile(camera("width=64,height=48,scene=cat,report=on"), fitting(startup_frames=0)) as seen:
        seen.take_control()
        seen.set_exposure(Exposure(0.002, 64.0))
        frame = [seen.read(1.0) for _ in range(6)][-1]
        assert frame.exposure is not None
        assert frame.exposure.gain == pytest.approx(64.0)
        assert frame.reported


def test_a_profile_is_found_by_the_cameras_id(tmp_path: Path) -> None:
    profiles, found = Profiles(folder=tmp_path), camera()
    assert profiles.of(found).camera is found
    assert profiles.of(found).noise is PHOTON_NOISE
    write_profile(fitting(), profile_path(found.info.stable_id, tmp_path))
    known = profiles.of(found)
    assert isinstance(known.camera, ProfiledCamera)
    assert known.response is not None
    assert known.noise.codes == GAIN.noise
    assert known.notice == ""
    assert profiles.of(camera("width=64,height=48,scene=cat")).response is None
    assert find_profile(found, tmp_path / "elsewhere") is None
    told_apart = replace(found.info, stable_id="sim:at-1-2", former_id=found.info.stable_id)
    assert known_path(told_apart, tmp_path) == profile_path(found.info.stable_id, tmp_path)
    assert known_path(replace(told_apart, former_id=""), tmp_path) is None


def test_a_profile_that_no_longer_fits_or_is_damaged_is_said_and_not_used(tmp_path: Path) -> None:
    profiles, found = Profiles(folder=tmp_path), camera()
    write_profile(fitting(gain=replace(GAIN, advertised=Span(1.0, 8.0))), profile_path(found.info.stable_id, tmp_path))
    known = profiles.of(found)
    assert known.camera is found
    assert "doesn't fit" in known.notice
    profile_path(found.info.stable_id, tmp_path).write_text("format = ")
    known = profiles.of(found)
    assert known.camera is found
    assert "can't be used" in known.notice


def test_a_named_profile_is_used_for_every_camera_it_fits(tmp_path: Path) -> None:
    write_profile(fitting(), tmp_path / "shared.toml")
    profiles = Profiles(tmp_path / "shared.toml", tmp_path / "none")
    assert isinstance(profiles.of(camera("width=64,height=48,scene=cat,delay=5")).camera, ProfiledCamera)
    assert (
        "calibration given with --camera-profile"
        in profiles.of(camera("width=64,height=48,scene=cat,max_time=0.1")).notice
    )
    with pytest.raises(ConfigError):
        Profiles(tmp_path / "none.toml")


def test_known_quirks_are_whole_and_each_has_its_source() -> None:
    assert len(all_quirks()) >= 8
    for quirk in all_quirks():
        assert quirk.source.startswith("https://")
        assert quirk.note.endswith(".")
        assert 0 < quirk.times_s[0] < quirk.times_s[-1] <= 1


@pytest.mark.parametrize(
    ("stable_id", "usb"),
    [
        ("usb-046d:0825-1-2.4-1.0.0", "046d:0825"),
        ("usb-1209:0001-RIG0001-1.0.0", "1209:0001"),
        ("sim:width=320", ""),
        ("usb-0000:00:1d.7-6", ""),
    ],
)
def test_usb_numbers_are_read_from_stable_ids(stable_id: str, usb: str) -> None:
    assert usb_of(stable_id) == usb


def test_a_quirk_is_found_by_number_and_name() -> None:
    arducam = "usb-0c45:6366-SN0001-1.0.0"
    found = quirk_of(CameraInfo("v4l2:/dev/video0", "Arducam OV9281 USB Camera: OV9281", arducam))
    assert found is not None
    assert found.times_s == (0.0001, 0.0075)
    assert quirk_of(CameraInfo("v4l2:/dev/video0", "Another", arducam)) is None
    assert quirk_of(CameraInfo("v4l2:/dev/video0", "Nobody's", "usb-1234:5678-A-1.0.0")) is None


def test_a_quirk_narrows_what_the_driver_announces() -> None:
    (short, stepped) = parse_quirks(
        '[[quirk]]\nusb="0c45:6366"\ncamera="a"\ntime_100us=[1,75]\nnote="n."\nsource="https://a"\n'
        '[[quirk]]\nusb="045e:0779"\ncamera="b"\nsteps_100us=[5,10,20]\nnote="n."\nsource="https://a"\n'
    )
    announced = ControlRange(0.0001, 0.5, 0.0001)
    time_map = short.time_map(Capabilities(time_s=announced))
    assert time_map is not None
    assert time_map.range(announced) == ControlRange(0.0001, 0.0075, 0.0001)
    assert short.time_map(Capabilities(time_s=ControlRange(0.0001, 0.0075, 0.0001))) is None
    assert short.time_map(Capabilities()) is None
    steps = stepped.time_map(Capabilities(time_s=announced))
    assert steps is not None
    assert steps.range(announced).values == (0.0005, 0.001, 0.002)


def test_a_quirk_is_used_where_there_is_no_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = camera()
    info = replace(found.info, name="OV9281", stable_id="usb-0c45:6366-A-1.0.0")
    monkeypatch.setattr(SimulatedCamera, "info", property(lambda self: info))
    seen = Profiles(folder=tmp_path).of(found).camera
    assert seen.capabilities.time_s == ControlRange(0.0001, 0.0075, 0.0001)


def test_what_helped_is_an_entry_that_the_library_can_read() -> None:
    info = CameraInfo("v4l2:/dev/video0", 'The "best" Café\\Cam', "usb-1209:0001-RIG0001-1.0.0")
    (quirk,) = parse_quirks(remedy_line(info, Remedy.AUTOMATIC))
    assert (quirk.usb, quirk.camera, quirk.remedy) == ("1209:0001", info.name, Remedy.AUTOMATIC)
    assert quirk.time_map(Capabilities(time_s=ControlRange(0.0001, 0.5))) is None
    assert remedy_line(replace(info, stable_id="sim:"), Remedy.AUTOMATIC) == ""


def test_the_remedy_of_a_quirk_is_known_also_of_a_camera_that_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = camera()
    assert Profiles(folder=tmp_path).of(found).remedy is Remedy.NONE
    info = replace(found.info, name="Cam", stable_id="usb-1209:0001-A-1.0.0")
    monkeypatch.setattr(SimulatedCamera, "info", property(lambda self: info))
    monkeypatch.setattr(
        "autoexposure.profiles.quirks.all_quirks", lambda: parse_quirks(remedy_line(info, Remedy.AUTOMATIC))
    )
    assert Profiles(folder=tmp_path).of(found).remedy is Remedy.AUTOMATIC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[quirk]]\n",
        '[[quirk]]\nusb="0c45:6366"\nremedy="prayer"',
        '[[quirk]]\nusb="x"\ntime_100us=[1,2]',
        "quirk = [",
    ],
)
def test_a_damaged_library_says_so(text: str) -> None:
    with pytest.raises(ConfigError, match="library of camera quirks"):
        parse_quirks(text)


def test_a_list_says_what_is_known_of_a_camera(tmp_path: Path) -> None:
    innomaker = CameraInfo("v4l2:/dev/video0", "USB Camera", "usb-0c45:636d-SN0001-1.0.0")
    assert known_in_words(innomaker, tmp_path).endswith("50 ms")
    write_profile(PROFILE, profile_path(innomaker.stable_id, tmp_path))
    assert known_in_words(innomaker, tmp_path) == "measured"
    assert known_in_words(camera().info, tmp_path) == ""


ODD = ["1e999", "nan", "-inf", "1" * 5000, "1" * 300, "-1", "0", "[" * 500, "[]", "{}", "true", '"x"', "1e300"]
ODD += ["2026-01-01", '"\\ud800"']


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_whatever_stands_for_a_value_only_a_config_error_comes_out(value: str) -> None:
    lines = to_toml(PROFILE).splitlines()
    for number, line in enumerate(lines):
        key, equals, _ = line.partition(" = ")
        if equals and not line.startswith("#"):
            with contextlib.suppress(ConfigError):
                from_toml("\n".join([*lines[:number], f"{key} = {value}", *lines[number + 1 :]]))


@given(st.data())
def test_a_profile_with_damage_is_a_profile_or_a_config_error(data: st.DataObject) -> None:
    text = to_toml(PROFILE)
    at = data.draw(st.integers(0, len(text)))
    damage = data.draw(st.text(max_size=8) | st.sampled_from(["[[", "]]", "9" * 30, "e99", "\n", "=", "nan"]))
    with contextlib.suppress(ConfigError):
        from_toml(text[:at] + damage + text[at + data.draw(st.integers(0, 12)) :])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[0.0, 3.0, 6.0]", "[0.0, 3.0, 1e300]", "lights of its gain"),
        ("[0.0, 3.0, 6.0]", "[-60.0, 3.0, 6.0]", "lights of its gain"),
        ("[1.0, 4.0, 16.0]", "[1.0, 4.0, 1e300]", "values of its gain"),
        ("startup_frames = 3", "startup_frames = 1000000000", "pictures of delay"),
        ("longest_frames = 4", "longest_frames = 1000000000", "pictures of delay"),
        ("interval_s = 0.033333", "interval_s = -1.0", "frames.interval_s should be greater than 0, given -1.0"),
        ("codes = [0, 5, 10,", "codes = [10, 5, 0,", "codes that rise"),
    ],
)
def test_absurd_figures_cost_the_profile_that_holds_them(old: str, new: str, said: str) -> None:
    text = to_toml(PROFILE)
    assert old in text
    with pytest.raises(ConfigError, match=said):
        from_toml(text.replace(old, new))
