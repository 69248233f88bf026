"""Cameras that open and bring nothing, and all the ways from an opened camera to one that is owned."""

import gc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoexposure.camera import Camera, Settings
from autoexposure.clock import SimulatedClock
from autoexposure.control.commands import SetExposure, UseCamera, UseNativeAuto
from autoexposure.control.connection import Connection
from autoexposure.control.loop import ControlLoop, LoopConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraDisconnected, CameraNotFound, ConfigError, FrameTimeout
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.classical import AverageMeter
from autoexposure.profiles.lookup import Known, Profiles
from autoexposure.states import LoopState
from drivers.simulated.camera import SimulatedCamera, make_scene
from drivers.simulated.config import parse_simulated

SPEC = "width=64,height=48,light=steady"
CONFIG = parse_simulated(SPEC)
SCENE = make_scene(CONFIG)
MOST_TURNS = 5000
"""Between them time passes, or the loop spins."""

BY_HAND = Exposure(0.002, 2.0)


class Faulty(SimulatedCamera):
    """Breaks off after ``pictures``; ``refuses`` names the method that raises."""

    def __init__(self, clock: SimulatedClock, pictures: int, refuses: str = "", error: Exception | None = None) -> None:
        super().__init__(CONFIG, SCENE, clock, f"sim:{SPEC}")
        self.pictures, self.refuses, self.error = pictures, refuses, error
        self.closings = 0

    def _maybe(self, name: str) -> None:
        if self.refuses == name:
            raise self.error or CameraDisconnected(f"{name} was refused")

    def shrink_to(self, least_px: int) -> None:
        self._maybe("shrink_to")

    def settings(self) -> Settings:
        self._maybe("settings")
        return super().settings()

    def take_control(self) -> None:
        self._maybe("take_control")
        super().take_control()

    def set_native_auto(self, on: bool) -> None:
        if on:
            self._maybe("set_native_auto")
        super().set_native_auto(on)

    def set_exposure(self, exposure: Exposure) -> Exposure:
        self._maybe("set_exposure")
        return super().set_exposure(exposure)

    def read(self, timeout_s: float) -> Frame:
        if not self.pictures:
            try:
                raise OSError(19, "No such device")
            except OSError as error:
                raise CameraDisconnected("the stream ended") from error
        self.pictures -= 1
        return super().read(timeout_s)

    def close(self) -> None:
        self.closings += 1
        self._maybe("close")
        super().close()


class Bench:
    """A loop whose cameras are made by ``make``, and when each was opened."""

    def __init__(self, folder: Path, *, config: LoopConfig | None = None, profiles: Profiles | None = None) -> None:
        self.clock = SimulatedClock()
        self.opened_at_s: list[float] = []
        self.cameras: list[weakref.ref[Faulty]] = []
        self.make: Callable[[], Faulty] = lambda: Faulty(self.clock, 0)
        self.journal = Journal(folder)
        self.loop = ControlLoop(
            self.open, AverageMeter, config=config, journal=self.journal, profiles=profiles, clock=self.clock
        )

    def open(self) -> Camera:
        camera = self.make()
        self.opened_at_s.append(self.clock.now())
        self.cameras.append(weakref.ref(camera))
        return camera

    def turn_for(self, seconds: float) -> Snapshot:
        end_s = self.clock.now() + seconds
        for _ in range(MOST_TURNS):
            snapshot = self.loop.turn()
            if self.clock.now() >= end_s:
                return snapshot
        raise AssertionError(f"{MOST_TURNS} turns took {self.clock.now() - end_s + seconds:.1f} s only")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.loop.stop()


class Silent(Faulty):
    """Is there, and brings ``pictures`` and then no more."""

    def read(self, timeout_s: float) -> Frame:
        if not self.pictures:
            self._clock.sleep(timeout_s)
            raise FrameTimeout(f"the camera delivered only damaged pictures within {timeout_s:g} s")
        return super().read(timeout_s)


class TestACameraThatBringsNothing:
    def test_is_given_up_in_the_words_of_the_driver(self, bench: Bench) -> None:
        bench.make = lambda: Silent(bench.clock, 0)
        snapshot = bench.loop.turn()
        while snapshot.loop_state is not LoopState.FAILED:
            assert bench.clock.now() < 60
            snapshot = bench.loop.turn()
        assert len(bench.opened_at_s) == LoopConfig().barren_openings
        assert snapshot.notice == (
            "no picture came, though it was opened 2 times (the camera delivered only damaged pictures within 1 s): "
            "restart it or plug it in anew, and close other programs that may use it"
        )
        bench.loop.send(UseCamera(lambda: Faulty(bench.clock, 1000)))
        assert bench.turn_for(2).loop_state is LoopState.RUNNING

    def test_is_not_given_up_if_it_ever_brought_one(self, bench: Bench) -> None:
        bench.make = lambda: Silent(bench.clock, 1)
        bench.turn_for(5)
        bench.make = lambda: Silent(bench.clock, 0)
        snapshot = bench.turn_for(60)
        assert snapshot.loop_state in (LoopState.RECONNECTING, LoopState.STARTING)
        assert len(bench.opened_at_s) > LoopConfig().barren_openings
        assert "only damaged pictures" in snapshot.notice

    @pytest.mark.parametrize("pictures", [0, 1, 3])
    def test_is_opened_more_and_more_rarely(self, bench: Bench, pictures: int) -> None:
        bench.make = lambda: Faulty(bench.clock, pictures)
        snapshot = bench.turn_for(60)
        pauses_s = [later - sooner for sooner, later in zip(bench.opened_at_s, bench.opened_at_s[1:], strict=False)]
        assert len(bench.opened_at_s) <= 20
        assert pauses_s[0] < 0.5 < pauses_s[-1] <= LoopConfig().barren_longest_s + 0.2
        assert ("was disconnected" if pictures else "sends no pictures") in snapshot.notice
        assert "tried again" in snapshot.notice

    def test_leaves_nothing_behind_in_memory(self, bench: Bench) -> None:
        gc.disable()
        try:
            bench.turn_for(60)
            assert len(bench.cameras) > 5
            assert sum(camera() is not None for camera in bench.cameras) <= 1
        finally:
            gc.enable()

    def test_is_found_at_once_when_it_was_away_and_is_back(self, bench: Bench) -> None:
        bench.turn_for(30)
        unplugged_s = bench.clock.now()

        def away() -> Faulty:
            raise CameraNotFound("there is no such camera")

        bench.make = away
        bench.turn_for(LoopConfig().barren_longest_s + 2)
        bench.make = lambda: Faulty(bench.clock, 1000)
        plugged_s = bench.clock.now()
        while bench.loop.turn().loop_state is not LoopState.RUNNING:
            assert bench.clock.now() < plugged_s + 2, f"unplugged at {unplugged_s}"

    def test_does_not_keep_another_camera_waiting(self, bench: Bench) -> None:
        bench.turn_for(30)
        good = Faulty(bench.clock, 1000)
        bench.loop.send(UseCamera(lambda: good))
        asked_s = bench.clock.now()
        while bench.loop.turn().loop_state is not LoopState.RUNNING:
            pass
        assert bench.clock.now() - asked_s < 0.5

    def test_that_delivered_is_looked_for_at_once(self, bench: Bench) -> None:
        bench.make = lambda: Faulty(bench.clock, LoopConfig().proven_pictures)
        bench.turn_for(10)
        pauses_s = [later - sooner for sooner, later in zip(bench.opened_at_s, bench.opened_at_s[1:], strict=False)]
        assert max(pauses_s) < 1


class NoProfiles(Profiles):
    """A look-up that raises."""

    def of(self, camera: Camera) -> Known:
        raise OSError(5, "Input/output error")


class TestACameraThatWasOpenedIsClosed:
    @pytest.mark.parametrize(
        "refuses", ["shrink_to", "settings", "take_control", "set_exposure", "set_native_auto", "profiles"]
    )
    @pytest.mark.parametrize("error", [CameraDisconnected("it left"), ConfigError("no"), RuntimeError("a bug")])
    def test_whatever_raises_on_the_way(self, tmp_path: Path, refuses: str, error: Exception) -> None:
        profiles = NoProfiles(folder=tmp_path) if refuses == "profiles" else None
        bench = Bench(tmp_path / "journal", config=LoopConfig(least_px=32), profiles=profiles)
        cameras = [Faulty(bench.clock, 100, refuses, error), Faulty(bench.clock, 100)]
        waiting = iter(cameras)
        bench.make = lambda: next(waiting)
        bench.loop.send(UseNativeAuto(True))
        bench.loop.send(SetExposure(BY_HAND))
        for _ in range(4):
            bench.loop.turn()
        bench.loop.send(UseNativeAuto(False))
        bench.loop.turn()
        bench.loop.stop()
        assert all(camera.closings for camera in cameras[: len(bench.opened_at_s)])

    @pytest.mark.parametrize("pictures", [3, 1000])
    def test_and_one_that_can_not_be_closed_does_not_end_the_loop(
        self, bench: Bench, pictures: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        cameras = iter([Faulty(bench.clock, pictures, "close", OSError(19, "No such device"))])
        good = Faulty(bench.clock, 1000)
        bench.make = lambda: next(cameras, good)
        bench.turn_for(0.5)
        if pictures == 1000:
            bench.loop.send(UseCamera(bench.open))
        assert bench.turn_for(2).loop_state is LoopState.RUNNING
        assert len(bench.opened_at_s) == 2
        assert "could not be closed" in caplog.text

    def test_the_connection_holds_none_then(self, tmp_path: Path) -> None:
        clock = SimulatedClock()
        camera = Faulty(clock, 1, "shrink_to", RuntimeError("a bug"))
        connection = Connection(lambda: camera, None, Journal(tmp_path), None, LoopConfig(least_px=32), clock)
        with pytest.raises(RuntimeError):
            connection.open(lambda: False)
        assert connection.session is None
        assert camera.closings == 1


class TestWhatIsAskedForOutlivesALoss:
    def test_an_exposure_that_the_camera_left_with(self, bench: Bench) -> None:
        bench.make = lambda: Faulty(bench.clock, 1000)
        bench.turn_for(1)
        camera = bench.cameras[-1]()
        assert camera is not None
        camera.refuses = "set_exposure"
        bench.loop.send(SetExposure(BY_HAND))
        bench.loop.turn()
        assert bench.loop.latest().loop_state is LoopState.RECONNECTING
        assert bench.turn_for(1).commanded.ev == pytest.approx(BY_HAND.ev, abs=0.05)
        assert bench.loop.latest().locked

    def test_the_automatic_that_the_camera_left_with(self, bench: Bench) -> None:
        bench.make = lambda: Faulty(bench.clock, 1000)
        bench.turn_for(1)
        camera = bench.cameras[-1]()
        assert camera is not None
        camera.refuses = "set_native_auto"
        bench.loop.send(UseNativeAuto(True))
        bench.loop.turn()
        assert bench.loop.latest().loop_state is LoopState.RECONNECTING
        assert bench.turn_for(1).native_auto

    def test_a_camera_that_leaves_while_it_is_set_as_it_was(self, bench: Bench) -> None:
        cameras = iter([Faulty(bench.clock, 30), Faulty(bench.clock, 30, "set_native_auto"), Faulty(bench.clock, 1000)])
        bench.make = lambda: next(cameras)
        bench.loop.send(UseNativeAuto(True))
        assert bench.turn_for(4).native_auto
        assert len(bench.opened_at_s) == 3
