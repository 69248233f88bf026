"""Controls beside exposure on a played V4L2 device."""

import errno
import os
from typing import Any

import pytest

from autoexposure.abilities.adjustable import Adjustable, Adjustment, AdjustmentKind, Choice
from autoexposure.abilities.several_adjustments import put_back
from autoexposure.errors import CameraDisconnected, CameraError, UnsupportedControl
from autoexposure.testing import CameraContract, Subject

pytest.importorskip("linuxpy", reason="V4L2 exists on Linux only")

from linuxpy.video.raw import ControlFlag, CtrlType

from drivers.common.adjustment_set import IN_TURN
from drivers.discovery import open_camera
from drivers.v4l2.adjustments import IDS
from drivers.v4l2.controls_only import V4l2ControlsOnly
from drivers.v4l2.family import V4L2
from tests.drivers.conftest import DYNAMIC


class Beside:
    """What the kernel says of the further controls of a played webcam; the rest it says itself.

    Attributes
    ----------
    fails : errors to raise, by (request, name), one after the other.
    reads : the names that were read, in order.
    """

    def __init__(self, webcam: Any) -> None:
        self.controls: dict[int, dict[str, Any]] = {}
        self.fails: dict[tuple[str, str], list[int]] = {}
        self.reads: list[str] = []
        self.webcam = webcam
        for request in ("query_ext_ctrl", "querymenu", "g_ext_ctrls", "s_ext_ctrls"):
            setattr(webcam, request, self.answering(request, getattr(webcam, request)))
        self.add("white_balance_automatic", CtrlType.BOOLEAN, 1, 0, 1, default=1)
        self.add("white_balance_temperature", CtrlType.INTEGER, 4600, 2800, 6500, 10, default=4600)
        menu = {0: "Disabled", 1: "50 Hz", 2: "60 Hz", 3: "Auto"}
        self.add("power_line_frequency", CtrlType.MENU, 3, 0, 3, default=1, menu=menu)
        self.add("brightness", CtrlType.INTEGER, 0, -64, 64)

    def add(self, name: str, kind: int, value: int, low: int, high: int, step: int = 1, **more: Any) -> None:
        control = {"name": name, "type": kind, "value": value, "range": (low, high, step), "flags": 0, "default": 0}
        self.controls[int(IDS[name])] = {**control, "menu": {}, **more}

    def __getitem__(self, name: str) -> dict[str, Any]:
        return self.controls[int(IDS[name])]

    def answering(self, request: str, otherwise: Any) -> Any:
        def answer(arg: Any) -> None:
            number = arg.controls[0].id if request.endswith("ctrls") else arg.id
            if number not in self.controls:
                return otherwise(arg)
            control = self.controls[number]
            if self.fails.get((request, control["name"])):
                failure = self.fails[request, control["name"]].pop(0)
                raise OSError(failure, os.strerror(failure))
            getattr(self, request)(arg, control)

        return answer

    def query_ext_ctrl(self, arg: Any, control: dict[str, Any]) -> None:
        arg.type, arg.flags, arg.default_value = control["type"], control["flags"], control["default"]
        arg.minimum, arg.maximum, arg.step = control["range"]

    def querymenu(self, arg: Any, control: dict[str, Any]) -> None:
        if arg.index not in control["menu"]:
            raise OSError(errno.EINVAL, "Invalid argument")
        entry = control["menu"][arg.index]
        if isinstance(entry, int):
            arg.value = entry
        else:
            arg.name = entry.encode()

    def g_ext_ctrls(self, arg: Any, control: dict[str, Any]) -> None:
        arg.controls[0].value = control["value"]
        self.reads.append(control["name"])

    def s_ext_ctrls(self, arg: Any, control: dict[str, Any]) -> None:
        automatic = self.controls.get(int(IDS["white_balance_automatic"]))
        if control["name"] == "white_balance_temperature" and automatic and automatic["value"]:
            raise PermissionError(errno.EACCES, "Permission denied")
        control["value"] = arg.controls[0].value


@pytest.fixture
def beside(webcam) -> Beside:
    return Beside(webcam)


@pytest.fixture
def camera(webcam, beside):
    with open_camera(f"v4l2:{webcam.path},size=64x48") as camera:
        yield camera


def values(camera: Adjustable) -> dict[str, float]:
    return {each.name: each.value for each in camera.adjustments()}


class TestPlayed(CameraContract):
    """The suite of all drivers, on a device of many controls."""

    family = V4L2

    @pytest.fixture
    def subject(self, webcam, beside) -> Subject:
        for name in IDS.keys() - values_of(beside).keys():
            beside.add(name, CtrlType.INTEGER, 1, 0, 1 if name.endswith("automatic") else 9)
        webcam.later = Pictures(webcam)
        return Subject(lambda: open_camera(f"v4l2:{webcam.path},size=64x48"), open_camera, webcam.unplug)


class Pictures:
    """One whenever the reader waits, as bright as the played exposure."""

    def __init__(self, webcam: Any) -> None:
        self.webcam = webcam

    def __bool__(self) -> bool:
        return True

    def popleft(self) -> Any:
        webcam = self.webcam
        ticks, code = webcam.named_values()["exposure_time_absolute"], webcam.named_values()["gain"]
        return lambda: webcam.deliver(webcam.grey(min(235, 16 + ticks * (16 + code) // 100)), age_s=0)


def values_of(beside: Beside) -> dict[str, int]:
    return {control["name"]: control["value"] for control in beside.controls.values()}


def test_each_is_described_as_it_is(camera, beside) -> None:
    automatic, temperature, power_line, brightness = camera.adjustments()
    assert automatic == Adjustment("white_balance_automatic", AdjustmentKind.SWITCH, 1, default=1)
    assert temperature == Adjustment(
        "white_balance_temperature",
        AdjustmentKind.NUMBER,
        4600,
        2800,
        6500,
        10,
        default=4600,
        unit="K",
        active=False,
    )
    assert power_line.choices == (Choice(0, "Disabled"), Choice(1, "50 Hz"), Choice(2, "60 Hz"), Choice(3, "Auto"))
    assert (brightness.minimum, brightness.maximum, brightness.default) == (-64, 64, 0)


def test_one_is_set_and_what_hangs_together_is_read_at_once(camera, beside) -> None:
    assert camera.adjust("white_balance_automatic", 0) == 0
    beside["white_balance_temperature"]["value"] = 5210  # where the automatic stood
    assert camera.adjust("white_balance_automatic", 0) == 0
    assert [each.active for each in camera.adjustments()] == [True] * 4
    assert values(camera)["white_balance_temperature"] == 5210
    assert camera.adjust("white_balance_temperature", 3333) == 3330
    assert beside["white_balance_temperature"]["value"] == 3330
    put_back(camera, {"white_balance_automatic": 1, "white_balance_temperature": 4600})
    assert values_of(beside)["white_balance_automatic"] == 1
    assert values_of(beside)["white_balance_temperature"] == 4600


@pytest.mark.parametrize(
    ("request_", "number"),
    [
        ("query_ext_ctrl", errno.EIO),
        ("query_ext_ctrl", errno.EPIPE),
        ("query_ext_ctrl", errno.ETIMEDOUT),
        ("g_ext_ctrls", errno.EACCES),
        ("g_ext_ctrls", errno.EIO),
        ("querymenu", errno.EIO),
    ],
)
def test_one_that_can_not_be_described_or_read_is_not_there_and_the_rest_works(
    webcam, beside, request_: str, number: int
) -> None:
    beside.fails[request_, "power_line_frequency"] = [number] * 20
    with open_camera(f"v4l2:{webcam.path},size=64x48") as camera:
        assert list(values(camera)) == ["white_balance_automatic", "white_balance_temperature", "brightness"]
        assert camera.adjust("brightness", 9) == 9
        with pytest.raises(UnsupportedControl, match="has no control power_line_frequency"):
            camera.adjust("power_line_frequency", 1)


@pytest.mark.parametrize("request_", ["query_ext_ctrl", "g_ext_ctrls", "querymenu", "s_ext_ctrls"])
def test_a_stall_once_is_no_reason_to_do_without(camera, beside, request_: str) -> None:
    beside.fails[request_, "power_line_frequency"] = [errno.EPIPE]
    assert camera.adjust("power_line_frequency", 1) == 1
    assert len(camera.adjustments()[2].choices) == 4
    assert values_of(beside)["power_line_frequency"] == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"flags": ControlFlag.DISABLED},
        {"flags": ControlFlag.READ_ONLY},
        {"flags": ControlFlag.WRITE_ONLY},
        {"range": (5, 5, 1)},
        {"range": (64, -64, 1)},
        {"type": CtrlType.BUTTON},
        {"type": CtrlType.BITMASK},
        {"type": CtrlType.MENU},
    ],
)
def test_one_of_no_use_is_not_there(webcam, beside, changed: dict[str, Any]) -> None:
    beside["brightness"].update(changed)
    with open_camera(f"v4l2:{webcam.path},size=64x48") as camera:
        assert "brightness" not in values(camera)


@pytest.mark.parametrize("kind", [CtrlType.INTEGER, CtrlType.BOOLEAN])
def test_switches_are_whole_numbers_to_some_drivers(webcam, beside, kind: int) -> None:
    beside["white_balance_automatic"]["type"] = kind
    with open_camera(f"v4l2:{webcam.path},size=64x48") as camera:
        assert camera.adjustments()[0].kind is AdjustmentKind.SWITCH


def test_an_automatic_with_more_than_two_ways_is_no_switch(webcam, beside) -> None:
    beside.add("focus_automatic", CtrlType.MENU, 1, 0, 2, menu={0: "Manual", 1: "Auto", 2: "Continuous"})
    beside.add("focus_distance", CtrlType.INTEGER, 1, 0, 9)
    with open_camera(f"v4l2:{webcam.path},size=64x48") as camera:
        assert "focus_automatic" not in values(camera)
        assert camera.adjust("focus_distance", 5) == 5


def test_a_menu_of_numbers_is_shown_by_them(webcam, beside) -> None:
    beside.add("white_balance_preset", CtrlType.INTEGER_MENU, 0, 0, 3, menu={0: 2800, 3: 6500})
    with open_camera(f"v4l2:{webcam.path},size=64x48") as camera:
        preset = next(each for each in camera.adjustments() if each.name == "white_balance_preset")
        assert preset.choices == (Choice(0, "2800"), Choice(3, "6500"))


def test_a_step_of_nothing_is_one(webcam, beside) -> None:
    beside["brightness"]["range"] = (0, 10, 0)
    with open_camera(f"v4l2:{webcam.path},size=64x48") as camera:
        assert camera.adjust("brightness", 3.4) == 3


def test_opening_reads_them_before_and_after_the_start_and_later_looks_a_few_in_turn(camera, beside) -> None:
    assert sorted(beside.reads) == sorted(2 * [*values_of(beside)])
    beside.reads.clear()
    beside["brightness"]["value"] = 20  # another program
    beside["white_balance_temperature"]["value"] = 5000  # the automatic
    for look in range(1, 3):
        camera.adjustments()
        assert len(beside.reads) == look * IN_TURN
    assert values(camera)["brightness"] == 20
    assert values(camera)["white_balance_temperature"] == 5000


def noted(beside: Beside) -> list[tuple[str, int]]:
    """What is written from now on, in order."""
    written: list[tuple[str, int]] = []
    setting = beside.s_ext_ctrls

    def noting(arg: Any, control: dict[str, Any]) -> None:
        written.append((control["name"], arg.controls[0].value))
        setting(arg, control)

    beside.s_ext_ctrls = noting
    return written


def restart(webcam: Any, camera: Any) -> None:
    """Have its stream begin anew, as after a failed transfer."""

    def failed_transfer() -> None:
        webcam.deliver(b"", flags=0x40)
        webcam.deliver(b"", flags=0x40)

    webcam.later.extend([failed_transfer, webcam.deliver])
    camera.read(1)
    assert camera.restarts == 1


@pytest.fixture
def resetting(webcam, beside) -> Beside:
    """It was set by hand, and every start of its stream sets the defaults."""
    found = {"white_balance_automatic": 0, "white_balance_temperature": 5000, "brightness": 20}
    defaults = {name: beside[name]["value"] for name in found}

    def set_all(values: dict[str, int]) -> None:
        for name, value in values.items():
            beside[name]["value"] = value

    set_all(found)
    starting = webcam.streamon
    webcam.streamon = lambda arg: (starting(arg), set_all(defaults))
    return beside


def test_what_the_start_of_the_stream_resets_is_as_it_was_found(webcam, resetting, caplog) -> None:
    found = values_of(resetting)
    with open_camera(f"v4l2:{webcam.path},size=64x48") as camera:
        assert values_of(resetting) == values(camera) == found
    assert caplog.text == ""


def test_what_a_stream_that_begins_anew_resets_is_as_it_was_set(webcam, resetting) -> None:
    with open_camera(f"v4l2:{webcam.path},size=64x48") as camera:
        camera.adjust("brightness", -5)
        restart(webcam, camera)
        assert values_of(resetting)["brightness"] == -5
        assert values_of(resetting)["white_balance_temperature"] == 5000


def test_what_was_set_here_is_set_again_when_the_stream_begins_anew(webcam, beside) -> None:
    written = noted(beside)
    with open_camera(f"v4l2:{webcam.path},size=64x48") as camera:
        camera.adjust("brightness", -5)
        restart(webcam, camera)
    assert written == 2 * [("brightness", -5)], "the kernel may answer from its cache"


def test_a_reset_of_the_exposure_speaks_for_controls_that_the_kernel_answers_for(webcam, beside) -> None:
    written = noted(beside)
    with open_camera(f"v4l2:{webcam.path},size=64x48"):
        assert written == []
    webcam.resets = {DYNAMIC: 0}
    with open_camera(f"v4l2:{webcam.path},size=64x48"):
        assert ("brightness", 0) in written
        assert "white_balance_temperature" not in dict(written), "its automatic has it"


def test_one_that_stalls_later_stays_as_it_was_read_last(camera, beside) -> None:
    camera.adjustments()
    beside.fails["g_ext_ctrls", "brightness"] = [errno.EIO] * 20
    assert [values(camera)["brightness"] for _ in range(4)] == [0] * 4
    assert camera.adjust("brightness", 5) == 5
    assert beside["brightness"]["value"] == 5


def test_a_refusal_is_said_in_a_sentence(camera, beside) -> None:
    beside.fails["s_ext_ctrls", "brightness"] = [errno.EIO] * 9
    with pytest.raises(CameraError, match="refused to set its brightness to 5: its firmware rejected the request"):
        camera.adjust("brightness", 5)
    beside.fails.clear()
    with pytest.raises(UnsupportedControl, match="sets its colour temperature itself: switch white_balance_automatic"):
        camera.adjust("white_balance_temperature", 5000)
    camera.adjust("white_balance_automatic", 0)
    beside["white_balance_automatic"]["value"] = 1  # another program's doing, not seen yet
    with pytest.raises(UnsupportedControl, match="refused to set its colour temperature to 5000 at present"):
        camera.adjust("white_balance_temperature", 5000)


def test_a_camera_that_is_unplugged_or_closed_says_so(camera, webcam, beside) -> None:
    camera.adjustments()
    webcam.unplug()
    with pytest.raises(CameraDisconnected):
        camera.adjust("brightness", 5)
    with pytest.raises(CameraDisconnected):
        camera.adjustments()
    camera.close()
    with pytest.raises(CameraError, match="has been closed"):
        camera.adjustments()
    with pytest.raises(CameraError, match="has been closed"):
        camera.adjust("brightness", 5)


def test_the_controls_alone_can_be_set_while_another_program_streams(webcam, beside) -> None:
    with V4l2ControlsOnly(str(webcam.path)) as camera:
        assert camera.adjust("brightness", 5) == 5
        assert values(camera)["brightness"] == 5
