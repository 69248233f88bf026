"""What a third party's camera does wrong is said to be its fault, in one sentence, and never ours."""

import itertools
import logging
import math
import threading
import time
from dataclasses import replace
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from autoexposure.abilities.adjustable import Adjustment, AdjustmentKind
from autoexposure.abilities.moded import PictureMode
from autoexposure.abilities.playable import Playable, Playback
from autoexposure.camera import Camera, CameraInfo, Capabilities, ControlRange
from autoexposure.control.commands import Adjust
from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.errors import (
    AutoexposureError,
    CameraError,
    CameraNotFound,
    ConfigError,
    FrameTimeout,
    UnsupportedControl,
)
from autoexposure.exposure import Exposure
from autoexposure.family import Family
from autoexposure.frame import Frame
from autoexposure.metering.classical import AverageMeter
from autoexposure.states import LoopState
from drivers import discovery
from drivers.plugins import blame
from drivers.plugins.camera import NEEDED
from drivers.plugins.record import MOST_CAMERAS

NAME = "the camera plug-in 'odd'"


class Good:
    """A camera that keeps the contract; the others break it in one place each."""

    frame_interval_s = 1 / 30
    info = CameraInfo("odd:", "Odd", "odd-1")
    capabilities = Capabilities(ControlRange(1e-4, 0.1), note="no gain")
    exposure = Exposure(0.01)
    sequence = 0

    def __init__(self, rest: str = "") -> None:
        pass

    def settings(self):
        return {"time_s": 0.01}

    def restore(self, settings) -> None:
        pass

    def take_control(self) -> None:
        pass

    def set_exposure(self, exposure):
        self.exposure = Exposure(min(max(exposure.time_s, 1e-4), 0.1))
        return self.exposure

    def set_native_auto(self, on) -> None:
        pass

    def read(self, timeout_s):
        self.sequence += 1
        return Frame(np.full((24, 32, 3), 90, np.uint8), time.monotonic(), self.sequence, self.exposure, True)

    def close(self) -> None:
        pass


def raises(error: BaseException):
    def call(*_: object):
        raise error

    return call


def picture(pixels: object):
    return lambda _, timeout_s: Frame(pixels, 0.0, 1)


def where(**members: object) -> type:
    return type("Odd", (Good,), members)


LAST = property(raises(RuntimeError("boom")))


class Speechless(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


HUGE = np.broadcast_to(np.zeros(3, np.uint8), (60_000, 60_000, 3))  # three bytes in memory, ten gigabytes when copied

FAULTS: dict[str, object] = {
    "returns None": lambda rest: None,
    "returns text": lambda rest: "camera",
    "lacks read": lambda rest: type("NoRead", (), {name: 0 for name in NEEDED if name != "read"})(),
    "takes no words": lambda: Good(),
    "raises at opening": raises(RuntimeError("boom")),
    "leaves the program at opening": raises(SystemExit(3)),
    "asserts at opening": raises(AssertionError()),
    "raises what is no Exception at opening": raises(GeneratorExit()),
    "info is a dict": where(info={"name": "x"}),
    "info raises": where(info=LAST),
    "capabilities is None": where(capabilities=None),
    "capabilities raises": where(capabilities=LAST),
    "a range that can't be": where(capabilities=property(lambda _: Capabilities(ControlRange(0.0, 1.0)))),
    "no frame interval": where(frame_interval_s=0.0),
    "an endless frame interval": where(frame_interval_s=math.inf),
    "a frame interval that leaves the program": where(frame_interval_s=property(raises(SystemExit(3)))),
    "hardly a frame interval": where(frame_interval_s=5e-324),
    "a frame interval of ages": where(frame_interval_s=1e300),
    "a frame interval of text": where(frame_interval_s="fast"),
    "exposure is a number": where(exposure=0.01),
    "exposure raises": where(exposure=LAST),
    "settings is a list": where(settings=lambda _: [1]),
    "settings of text": where(settings=lambda _: {"time_s": "long"}),
    "endless settings": where(settings=lambda _: {"time_s": math.inf}),
    "settings raises": where(settings=raises(KeyError("x"))),
    "taking control raises": where(take_control=raises(OSError(5, "I/O"))),
    "setting gives None": where(set_exposure=lambda _, exposure: None),
    "setting raises": where(set_exposure=raises(ZeroDivisionError())),
    "reads None": where(read=lambda _, timeout_s: None),
    "reads pixels": where(read=lambda _, timeout_s: np.zeros((4, 4, 3), np.uint8)),
    "reads floats": where(read=picture(np.zeros((24, 32, 3)))),
    "reads grey": where(read=picture(np.zeros((24, 32), np.uint8))),
    "reads four channels": where(read=picture(np.zeros((24, 32, 4), np.uint8))),
    "reads nothing": where(read=picture(np.zeros((0, 0, 3), np.uint8))),
    "reads a list": where(read=picture([[1, 2, 3]])),
    "reads at a time of text": where(read=lambda _, t: Frame(np.zeros((4, 4, 3), np.uint8), "noon", 1)),
    "reads an exposure that is a number": where(read=lambda _, t: Frame(np.zeros((4, 4, 3), np.uint8), 0.0, 1, 0.01)),
    "reads at no time": where(read=lambda _, t: Frame(np.zeros((4, 4, 3), np.uint8), math.nan, 1)),
    "reads in no age": where(read=lambda _, t: Frame(np.zeros((4, 4, 3), np.uint8), -1e308, 1)),
    "a step of nearly nothing": where(capabilities=property(lambda _: Capabilities(ControlRange(1e-4, 0.1, 1e-320)))),
    "counts in text": where(read=lambda _, t: Frame(np.zeros((4, 4, 3), np.uint8), 0.0, "1")),
    "reading raises": where(read=raises(RuntimeError("\x1b]52;c;x\x07 [/x]"))),
    "reading raises what has no words": where(read=raises(Speechless())),
    "reading raises a book": where(read=raises(RuntimeError("x" * 100_000))),
    "reads more than can be copied": where(read=picture(HUGE)),
    "reading leaves the program": where(read=raises(SystemExit(0))),
}


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch):
    """Have a callable be the plug-in ``odd``."""

    def plug(opener: object) -> None:
        entry = EntryPoint("odd", "odd_package:open", discovery.GROUP)
        monkeypatch.setattr(EntryPoint, "load", lambda self: opener)
        monkeypatch.setattr(discovery, "entry_points", lambda group: [entry])
        monkeypatch.setattr(discovery, "_PLUGINS", {})

    return plug


@pytest.mark.parametrize("opener", FAULTS.values(), ids=FAULTS)
def test_a_fault_of_a_plugin_is_one_sentence_that_names_it(opener, plugged, tmp_path) -> None:
    plugged(opener)
    with ControlLoop(lambda: discovery.open_camera("odd:x"), AverageMeter, journal=Journal(tmp_path / "notes")) as loop:
        for snapshot in itertools.islice(iter(loop.turn, None), 30):
            if snapshot.loop_state is LoopState.FAILED or snapshot.write is not None:
                break
        ended = loop.turn()
    said = snapshot.notice or (snapshot.write.reason if snapshot.write is not None else "")
    assert isinstance(snapshot.error, AutoexposureError) or said
    assert NAME in said
    assert "report" not in said
    assert said.isprintable()
    assert ended is not None


def test_a_good_plugin_is_controlled(plugged, tmp_path) -> None:
    plugged(Good)
    with ControlLoop(lambda: discovery.open_camera("odd:x"), AverageMeter, journal=Journal(tmp_path / "notes")) as loop:
        snapshots = [loop.turn() for _ in range(60)]
    assert snapshots[-1].loop_state is LoopState.RUNNING
    assert any(snapshot.wrote for snapshot in snapshots)


@pytest.mark.parametrize("error", [CameraNotFound("there is no x"), FrameTimeout("late")])
def test_what_a_plugin_says_in_our_errors_is_told_as_it_is(error, plugged) -> None:
    plugged(raises(error))
    with pytest.raises(type(error)) as said:
        discovery.open_camera("odd:x")
    assert str(said.value) == str(error)


def test_words_and_ranges_that_a_plugin_refuses_at_opening_are_told_with_its_name(plugged) -> None:
    plugged(raises(ConfigError("x is no word")))
    with pytest.raises(ConfigError, match=rf"{NAME} .*: x is no word"):
        discovery.open_camera("odd:x")
    plugged(lambda rest: Capabilities(ControlRange(5e-324, 1.0)))
    with pytest.raises(ConfigError, match=NAME):
        discovery.open_camera("odd:x")


def test_a_plugin_that_can_not_be_closed_takes_one_line(plugged, tmp_path, caplog) -> None:
    plugged(where(close=raises(OSError(5, "I/O"))))
    with ControlLoop(lambda: discovery.open_camera("odd:x"), AverageMeter, journal=Journal(tmp_path / "notes")) as loop:
        loop.turn()
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.exc_info for record in told] == [None]
    assert NAME in told[0].getMessage()


@pytest.mark.parametrize("error", [ImportError("no module"), RuntimeError("boom"), SystemExit(1), SyntaxError("x")])
def test_a_plugin_that_can_not_be_loaded_is_named_and_the_list_survives_it(error, monkeypatch) -> None:
    entry = EntryPoint("odd", "odd_package:open", discovery.GROUP)
    monkeypatch.setattr(EntryPoint, "load", raises(error))
    monkeypatch.setattr(discovery, "entry_points", lambda group: [entry])
    assert discovery.list_cameras()
    with pytest.raises(ConfigError, match=r"the camera plug-in 'odd' \(odd_package:open\) can't be loaded"):
        discovery.open_camera("odd:")
    with pytest.raises(ConfigError, match="odd:"):
        discovery.open_camera("nonsense:")


def test_a_plugin_that_plays_a_recording_can_be_played(plugged) -> None:
    heard: list[object] = []
    plugged(
        where(
            playback=Playback(0, 1, 0.0, 1.0, True),
            play=lambda _, on: heard.append(on),
            seek=lambda _, index: heard.append(index),
        )
    )
    with discovery.open_camera("odd:") as camera:
        assert isinstance(camera, Playable)
        camera.play(False)
        camera.seek(3)
        assert camera.playback.count == 1
    assert heard == [False, 3]
    plugged(Good)
    with discovery.open_camera("odd:") as plain:
        assert not isinstance(plain, Playable)


MODES = (PictureMode("", 640, 480, (30.0,)), PictureMode("", 32, 24, (30.0,)))


def test_a_plugin_whose_mode_can_be_chosen(plugged) -> None:
    plugged(
        Family(
            "odd",
            lambda rest, _: where(modes=lambda _: MODES, mode=MODES[1])(rest),
            in_mode=lambda spec, mode: f"{spec},{mode.width_px}",
        )
    )
    with discovery.open_camera("odd:") as camera:
        assert (camera.modes(), camera.mode) == (MODES, MODES[1])
    family = discovery.find_family("odd:")
    assert family.in_mode("odd:", MODES[0]) == "odd:,640"
    plugged(Good)
    with discovery.open_camera("odd:") as plain:
        assert (plain.modes(), plain.mode) == ((), None)


@pytest.mark.parametrize(
    "odd",
    [
        {"modes": lambda _: [1], "mode": None},
        {"modes": lambda _: (1,), "mode": None},
        {"modes": lambda _: MODES, "mode": "large"},
        {"modes": raises(RuntimeError("boom")), "mode": None},
    ],
    ids=["a list", "numbers", "text in use", "raises"],
)
def test_faulty_modes_of_a_plugin_name_it(odd, plugged) -> None:
    plugged(where(**odd))
    with discovery.open_camera("odd:") as camera, pytest.raises(CameraError, match=NAME):
        assert (camera.modes(), camera.mode) is None


BOOM = property(raises(RuntimeError("boom")))


@pytest.mark.parametrize(
    "odd",
    [{"modes": lambda _: MODES, "mode": BOOM}, {"play": BOOM, "seek": BOOM, "playback": BOOM}, {"restarts": BOOM}],
)
def test_an_ability_that_fails_when_it_is_looked_for_names_its_plugin(odd, plugged) -> None:
    plugged(where(**odd))
    with pytest.raises(CameraError, match=f"{NAME}.*failed in saying what it can do .*boom"):
        discovery.open_camera("odd:")


@pytest.mark.parametrize("written", [None, "v4l2:0", 7])
def test_a_mode_that_a_plugin_writes_for_another_family_is_refused(written, plugged) -> None:
    plugged(Family("odd", lambda rest, _: Good(), in_mode=lambda spec, mode: written))
    with pytest.raises(CameraError, match=NAME):
        discovery.find_family("odd:").in_mode("odd:", MODES[0])


HUE = Adjustment("hue", AdjustmentKind.NUMBER, 0, -9, 9)


class Coloured(Good):
    """Has one control beside exposure."""

    hue = 0.0

    def adjustments(self):
        return [replace(HUE, value=self.hue)]

    def adjust(self, name, value):
        if name != "hue":
            raise UnsupportedControl(f"no {name} here")
        self.hue = value
        return self.hue


def test_a_plugin_with_controls_beside_exposure_is_set_and_put_back(plugged, tmp_path) -> None:
    plugged(Coloured)
    camera = discovery.open_camera("odd:")
    loop = ControlLoop(lambda: camera, AverageMeter, journal=Journal(tmp_path))
    loop.turn()
    loop.send(Adjust("hue", 4))
    assert loop.turn().adjustments == (replace(HUE, value=4),)
    loop.send(Adjust("gamma", 4))
    assert loop.turn().notice == "Odd has no control gamma: it has hue"
    loop.stop()
    assert camera._camera.hue == 0


def test_a_plugin_without_has_none(plugged) -> None:
    plugged(Good)
    camera = discovery.open_camera("odd:")
    assert camera.adjustments() == ()
    with pytest.raises(UnsupportedControl, match="has no control hue"):
        camera.adjust("hue", 1)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"adjustments": lambda _: None}, "gave NoneType for adjustments"),
        ({"adjustments": lambda _: [1]}, "gave int for one of its adjustments"),
        ({"adjustments": raises(KeyError("x"))}, "failed in adjustments"),
        ({"adjust": lambda _, name, value: None}, "gave NoneType for adjust"),
        ({"adjust": raises(OSError(5, "I/O"))}, "failed in adjust"),
    ],
)
def test_faulty_controls_of_a_plugin_name_it(members, said, plugged) -> None:
    plugged(type("Odd", (Coloured,), members))
    camera = discovery.open_camera("odd:")
    with pytest.raises(CameraError, match=said):
        _ = camera.adjustments(), camera.adjust("hue", 1)


def test_a_plugin_that_hangs_is_named(plugged, monkeypatch) -> None:
    monkeypatch.setattr(blame, "HANGS_S", 0.05)
    go_on = threading.Event()
    told: list[str] = []

    class Hangs(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record.getMessage())
            go_on.set()  # it was told of: let it end

    handler = Hangs()
    blame.log.addHandler(handler)
    try:
        plugged(lambda rest: go_on.wait(30) and Good())
        camera: Camera = discovery.open_camera("odd:")
        camera.close()
    finally:
        blame.log.removeHandler(handler)
    assert told[0].startswith("the camera plug-in 'odd' (odd_package:open) does not return from opening its camera")


def test_closing_says_whose_fault_it_was(plugged) -> None:
    plugged(where(close=raises(RuntimeError("stuck"))))
    camera = discovery.open_camera("odd:")
    with pytest.raises(CameraError, match=NAME):
        camera.close()


def record(**calls: object) -> Family:
    return Family("odd", lambda rest, clock: Good(rest), **calls)


RECORD_FAULTS = {
    "raises": raises(RuntimeError("boom")),
    "leaves the program": raises(SystemExit(3)),
    "returns None": lambda: None,
    "names no cameras": lambda: ["odd:1"],
    "names another family's cameras": lambda: [CameraInfo("sim:", "Not mine", "sim:")],
}


@pytest.mark.parametrize("lister", RECORD_FAULTS.values(), ids=RECORD_FAULTS)
def test_a_list_that_is_wrong_leaves_out_its_own_cameras_and_says_so_once(lister, plugged, monkeypatch, caplog) -> None:
    monkeypatch.setattr(discovery, "_TOLD", set())
    plugged(record(list=lister))
    for _ in range(2):
        assert all(not info.spec.startswith("odd:") for info in discovery.list_cameras())
    (told,) = (entry for entry in caplog.records if entry.levelno >= logging.WARNING)
    assert NAME in told.getMessage()


def test_a_plugin_with_the_name_of_a_built_in_family_is_left_out_and_says_so(monkeypatch, caplog) -> None:
    monkeypatch.setattr(discovery, "_TOLD", set())
    entry = EntryPoint("sim", "odd_package:FAMILY", discovery.GROUP)
    monkeypatch.setattr(discovery, "entry_points", lambda group: [entry])
    assert discovery.FAMILIES["sim"] in discovery.families()
    assert "'sim' (odd_package:FAMILY) is left out: a built-in family has its name" in caplog.text


def test_an_endless_list_ends(plugged) -> None:
    plugged(record(list=lambda: (CameraInfo(f"odd:{n}", "One more", f"odd-{n}") for n in itertools.count())))
    assert len(discovery.list_cameras()) >= MOST_CAMERAS


@pytest.mark.parametrize("same", [raises(RuntimeError("boom")), lambda info: 7])
def test_a_camera_that_can_not_be_found_again_is_its_plugins_fault(same, plugged) -> None:
    plugged(record(same=same))
    with pytest.raises(CameraError, match=NAME):
        discovery.open_same(CameraInfo("odd:1", "Odd", "odd-1"), lambda: pytest.fail("opened as before"))


@pytest.mark.parametrize(
    "changes",
    [{"name": "no colon:"}, {"kind": "device"}, {"list": ()}, {"watch": "/dev/video*"}, {"open": None}, {"hint": None}],
)
def test_a_record_that_could_not_be_used_is_refused(changes) -> None:
    with pytest.raises(ConfigError, match="family"):
        Family(**{"name": "odd", "open": Good, **changes})


def test_a_record_by_another_name_than_its_entry_is_refused(plugged) -> None:
    plugged(Family("strange", lambda rest, clock: Good(rest)))
    with pytest.raises(ConfigError, match=rf"{NAME} .*'strange'"):
        discovery.open_camera("odd:")


def test_the_controls_alone_of_a_plugins_camera(plugged) -> None:
    plugged(record(open_controls=where(info=CameraInfo("odd:", "Only its controls", "odd-1"))))
    with discovery.open_camera("controls:odd:1") as camera:
        assert camera.info.name == "Only its controls"
