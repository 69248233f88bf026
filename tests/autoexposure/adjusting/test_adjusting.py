"""Controls beside exposure through the loop: noted before they change, set, set again, put back."""

from collections.abc import Callable

import pytest

from autoexposure.camera import Capabilities, Settings
from autoexposure.control.commands import Adjust, LetGo
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import CameraDisconnected, CameraError, ConfigError, UnsupportedControl
from autoexposure.metering.meters import METERS
from autoexposure.states import LoopState
from drivers.simulated.camera import SimulatedCamera
from tests.autoexposure.conftest import ClosedLoop

Make = Callable[..., ClosedLoop]
MANY = "scene=cat,light=steady,width=64,height=48,controls=many"


@pytest.fixture
def bench(closed_loop: Make) -> ClosedLoop:
    """A lasting camera of many controls that has settled."""
    bench = closed_loop(MANY, METERS["average"].make, lasting=True)
    bench.run(20)
    return bench


def values(camera: SimulatedCamera) -> dict[str, float]:
    camera._closed = False
    return {each.name: each.value for each in camera.adjustments()}


def seen(snapshot: Snapshot) -> dict[str, float]:
    return {each.name: each.value for each in snapshot.adjustments}


def test_a_control_is_noted_before_it_changes_and_put_back_at_the_end(
    bench: ClosedLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = values(bench.camera)
    noted: list[dict[str, float]] = []
    adjust = bench.camera.adjust

    def spied(name: str, value: float) -> float:
        noted.append(bench.journal.entries()[0].settings)
        return adjust(name, value)

    monkeypatch.setattr(bench.camera, "adjust", spied)
    bench.loop.send(Adjust("contrast", 50))
    (snapshot,) = bench.run(1)
    assert snapshot.notice == ""
    assert seen(snapshot)["contrast"] == values(bench.camera)["contrast"] == 50
    assert noted[0]["contrast"] == 32
    assert "brightness" not in noted[0]  # only what we change is put back
    bench.loop.stop()
    assert values(bench.camera) == before
    assert bench.journal.entries() == []


def test_a_manual_touch_takes_a_value_from_its_automatic_which_is_on_again_at_the_end(bench: ClosedLoop) -> None:
    bench.loop.send(Adjust("white_balance_temperature", 3300))
    (snapshot,) = bench.run(1)
    assert seen(snapshot)["white_balance_temperature"] == 3300
    assert [each.active for each in snapshot.adjustments[:2]] == [True, True]
    bench.loop.send(Adjust("white_balance_automatic", 1))
    (snapshot,) = bench.run(1)
    assert [each.active for each in snapshot.adjustments[:2]] == [True, False]
    bench.loop.send(Adjust("white_balance_temperature", 4000))
    bench.run(1)
    bench.loop.stop()
    after = values(bench.camera)
    assert after["white_balance_automatic"] == 1
    assert after["white_balance_temperature"] == 5000


def test_what_it_was_found_with_is_told_as_soon_as_it_is_changed(bench: ClosedLoop) -> None:
    (before,) = bench.run(1)
    assert before.found == {}
    for value in (3300, 3000):
        bench.loop.send(Adjust("white_balance_temperature", value))
        (snapshot,) = bench.run(1)
        assert {"white_balance_automatic": 1, "white_balance_temperature": 5000}.items() <= snapshot.found.items()
    bench.loop.send(Adjust("gamma", 300))
    (snapshot,) = bench.run(1)
    assert snapshot.found["gamma"] == 100


def test_what_a_killed_run_left_is_put_back_at_the_next_start(bench: ClosedLoop, closed_loop: Make) -> None:
    before = values(bench.camera)
    for name, value in (("focus_distance", 200), ("gamma", 300)):
        bench.loop.send(Adjust(name, value))
    bench.run(1)
    session = bench.loop._connection.session
    assert session is not None
    session.abandon()  # as much as the system does for a program that is killed
    assert values(bench.camera) != before
    (entry,) = bench.journal.entries()
    assert entry.settings["gamma"] == 100
    again = closed_loop(MANY, METERS["average"].make, lasting=True)
    again.camera = bench.camera
    again.run(1)
    assert values(bench.camera) == before


@pytest.mark.parametrize("early", [True, False])
def test_a_camera_that_comes_back_is_set_again(bench: ClosedLoop, early: bool) -> None:
    if early:
        bench.loop.send(Adjust("saturation", 20))
    bench.run(1)
    bench.camera.unplug()
    assert bench.loop.turn().loop_state is LoopState.RECONNECTING
    if not early:
        bench.loop.send(Adjust("saturation", 20))
        bench.loop.turn()
    bench.camera.replug()
    bench.camera._closed = False
    (snapshot,) = bench.run(1)
    assert seen(snapshot)["saturation"] == 20
    bench.loop.stop()
    assert values(bench.camera)["saturation"] == 64


def test_one_that_was_asked_for_before_there_was_a_camera_is_set_when_it_is_there(closed_loop: Make) -> None:
    bench = closed_loop(MANY, METERS["average"].make)
    bench.loop.send(Adjust("white_balance_temperature", 3000))
    (snapshot,) = bench.run(1)
    assert seen(snapshot)["white_balance_temperature"] == 3000
    assert seen(snapshot)["white_balance_automatic"] == 0


def test_what_a_camera_has_not_or_refuses_is_a_notice_and_the_loop_goes_on(
    bench: ClosedLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.loop.send(Adjust("hue_automatic", 1))
    (snapshot,) = bench.run(1)
    assert "has no control hue_automatic: it has white_balance_automatic, white_bal" in snapshot.notice
    bench.loop.send(Adjust("power_line_frequency", 7))
    (snapshot,) = bench.run(1)
    assert "power_line_frequency is one of 0 (off), 1 (50 Hz), 2 (60 Hz), given 7" in snapshot.notice

    def stalls(name: str, value: float) -> float:
        raise CameraError("it refused to set its gamma")

    with monkeypatch.context() as patched:
        patched.setattr(bench.camera, "adjust", stalls)
        bench.loop.send(Adjust("gamma", 200))
        (snapshot,) = bench.run(1)
        assert snapshot.notice == "it refused to set its gamma"
        assert snapshot.loop_state is LoopState.RUNNING
    bench.loop.send(Adjust("gamma", 200))
    (snapshot,) = bench.run(1)
    assert snapshot.notice == ""
    assert seen(snapshot)["gamma"] == 200


def test_an_automatic_goes_on_where_its_value_is_refused(bench: ClosedLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    adjust = bench.camera.adjust

    def stalls(name: str, value: float) -> float:
        if name == "white_balance_temperature":
            raise CameraError("it stalled")
        return adjust(name, value)

    with monkeypatch.context() as patched:
        patched.setattr(bench.camera, "adjust", stalls)
        bench.loop.send(Adjust("white_balance_temperature", 3000))
        (snapshot,) = bench.run(1)
        assert snapshot.notice == "it stalled"
    assert values(bench.camera)["white_balance_automatic"] == 1


def test_a_camera_lost_while_it_is_set_is_set_when_it_is_back(
    bench: ClosedLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaves(name: str, value: float) -> float:
        bench.camera.unplug()
        raise CameraDisconnected("it left")

    with monkeypatch.context() as patched:
        patched.setattr(bench.camera, "adjust", leaves)
        bench.loop.send(Adjust("gamma", 200))
        assert bench.loop.turn().loop_state is LoopState.RECONNECTING
    bench.camera.replug()
    bench.camera._closed = False
    (snapshot,) = bench.run(1)
    assert seen(snapshot)["gamma"] == 200


def test_what_can_not_be_noted_is_not_changed(bench: ClosedLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        bench.loop.send(Adjust("gamma", 200))
        (snapshot,) = bench.run(1)
    assert "could not be written" in snapshot.notice
    assert values(bench.camera)["gamma"] == 100


def test_they_are_looked_at_twice_a_second_and_trouble_with_that_leaves_what_was_read_last(
    bench: ClosedLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def stalls() -> tuple:
        asked.append(bench.clock.now())
        raise CameraError("it stalled")

    monkeypatch.setattr(bench.camera, "adjustments", stalls)
    *_, last = bench.run(90)
    assert 5 <= len(asked) <= 7  # three seconds
    assert len(last.adjustments) == 14
    assert last.notice == ""


def test_what_another_program_changes_is_seen(bench: ClosedLoop) -> None:
    bench.camera.adjust("brightness", 7)
    *_, last = bench.run(20)
    assert seen(last)["brightness"] == 7
    bench.loop.stop()
    assert values(bench.camera)["brightness"] == 7  # it is not ours to put back


class Fixed(SimulatedCamera):
    """Has controls, but none of its exposure."""

    capabilities = Capabilities(note="No exposure.")  # type: ignore[assignment]  # a property in the original

    def settings(self) -> Settings:
        return {}

    def restore(self, settings: Settings) -> None:
        raise AssertionError("there was nothing to restore")

    def take_control(self) -> None:
        raise UnsupportedControl("No exposure.")


def test_a_camera_without_exposure_control_is_noted_with_its_first_change(closed_loop: Make) -> None:
    benches = [closed_loop(MANY, METERS["average"].make, lasting=True) for _ in range(2)]
    for bench in benches:
        bench.camera.__class__ = type("LastingFixed", (Fixed, type(bench.camera)), {})
    first, second = benches
    second.camera = first.camera
    first.run(2)
    assert first.journal.entries() == []
    first.loop.send(Adjust("sharpness", 3))
    first.run(1)
    (entry,) = first.journal.entries()
    assert entry.settings == {"sharpness": 0}
    session = first.loop._connection.session
    assert session is not None
    session.abandon()
    assert values(first.camera)["sharpness"] == 3
    second.run(1)
    assert values(first.camera)["sharpness"] == 0
    second.loop.send(LetGo())
    second.loop.turn()
    assert second.journal.entries() == []


@pytest.mark.parametrize(("name", "value"), [("zoom", 1), ("gamma", float("nan")), ("gamma", "on")])
def test_a_command_that_can_not_be(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=r"zoom|gamma"):
        Adjust(name, value)
