"""Measuring the simulated camera, whose truth is known, with and without the habits of real ones."""

import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from autoexposure.camera import CameraInfo, Capabilities, Settings
from autoexposure.clock import SimulatedClock
from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraBusy, CameraDisconnected, ProbeCancelled, ProbeError, UnsupportedControl
from autoexposure.evaluation.scores import score, trace_of
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.classical import AverageMeter
from autoexposure.probe.measure import probe
from autoexposure.probe.rig import Progress
from autoexposure.profiles.files import write_profile
from autoexposure.profiles.lookup import Profiles
from autoexposure.profiles.profile import CameraProfile, ReadBack
from autoexposure.profiles.profiled_camera import ProfiledCamera
from autoexposure.response import srgb
from drivers.common.time_unit import TimeUnit
from drivers.simulated.camera import SimulatedCamera, make_scene
from drivers.simulated.config import parse_simulated
from tests.autoexposure.secret_automatic import Secret

SIZE = "width=160,height=120"
STEPS_S = (0.0003, 0.0005, 0.001, 0.002, 0.0039, 0.0078, 0.0156, 0.0312, 0.0625, 0.125, 0.2047)


class QuirkyCamera(SimulatedCamera):
    """Does something else than it says, and says what it was asked."""

    really: Callable[[Exposure], Exposure] = staticmethod(lambda exposure: exposure)
    dark_at_first = 0

    @property
    def info(self) -> CameraInfo:
        return replace(super().info, lasting=True)

    def set_exposure(self, exposure: Exposure) -> Exposure:
        now_s = self._catch_up()
        times, gains = self.capabilities.time_s, self.capabilities.gain
        assert times is not None
        assert gains is not None
        self.said = Exposure(times.nearest(exposure.time_s), gains.nearest(exposure.gain))
        self._frames.set(self.really(self.said), self.config.delay, now_s)
        return self.said

    @property
    def exposure(self) -> Exposure | None:
        return getattr(self, "said", super().exposure)

    def settings(self) -> Settings:
        said = self.exposure
        assert said is not None
        return {**super().settings(), "time_s": said.time_s, "gain": said.gain}

    def read(self, timeout_s: float) -> Frame:
        frame = super().read(timeout_s)
        if frame.sequence < self.dark_at_first:
            return Frame(frame.pixels // 4, frame.timestamp_s, frame.sequence)
        return frame


def make(spec: str, really: Callable[[Exposure], Exposure] | None = None) -> tuple[QuirkyCamera, SimulatedClock]:
    clock = SimulatedClock()
    config = parse_simulated(f"{SIZE},{spec}")
    camera = QuirkyCamera(config, make_scene(config), clock, f"sim:{spec}")
    if really is not None:
        camera.really = really
    return camera, clock


def snapped(exposure: Exposure) -> Exposure:
    """Eleven times inside, as some webcams have."""
    time_s = min(STEPS_S, key=lambda step: abs(math.log(step / exposure.time_s)))
    return Exposure(time_s, exposure.gain)


def bent_and_rolled_over(exposure: Exposure) -> Exposure:
    """Gain of another law than announced; times above 60 ms begin again from the bottom."""
    time_s = exposure.time_s if exposure.time_s <= 0.06 else exposure.time_s / 40
    return Exposure(time_s, exposure.gain**1.5)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> CameraProfile:
    camera, clock = make("scene=coffee,light=steady,delay=4,gain_law=db,gain_steps=48")
    before = camera.settings()
    journal = Journal(tmp_path_factory.mktemp("journal"))
    told: list[Progress] = []
    profile = probe(camera, told.append, journal=journal, clock=clock)
    assert camera.settings() == before
    assert journal.entries() == []
    assert all(later.done >= earlier.done - 1e-9 for earlier, later in pairwise(told))
    assert told[0].done == 0
    assert told[-1].done > 0.95
    return profile


@pytest.fixture(scope="module")
def stepped(tmp_path_factory: pytest.TempPathFactory) -> CameraProfile:
    camera, clock = make("scene=coffee,light=steady,delay=2", snapped)
    return probe(camera, journal=Journal(tmp_path_factory.mktemp("journal")), clock=clock)


@pytest.fixture(scope="module")
def lying(tmp_path_factory: pytest.TempPathFactory) -> CameraProfile:
    camera, clock = make("scene=coffee,light=steady,delay=0,mains=50", bent_and_rolled_over)
    camera.dark_at_first = 9
    return probe(camera, journal=Journal(tmp_path_factory.mktemp("journal")), clock=clock)


def test_an_honest_camera_is_found_to_be_honest(honest: CameraProfile) -> None:
    assert honest.delay is not None
    assert (honest.delay.frames, honest.delay.shortest, honest.delay.longest) == (4, 4, 4)
    assert honest.delay.latency_s == pytest.approx(5 / 30, abs=1 / 30)
    assert honest.time is not None
    assert not honest.time.stepped
    assert honest.time.dead_zones == honest.time.falls == ()
    assert honest.time.asked[0] == 0.0001
    for asked, light_ev in zip(honest.time.asked, honest.time.light_ev, strict=True):
        assert light_ev == pytest.approx(math.log2(asked), abs=0.06)
    assert honest.time.read_back is ReadBack.HONEST
    assert honest.startup_frames == 0
    assert honest.mains_hz == 0
    assert honest.took_s < 120


def test_the_gain_law_is_right_at_every_gain_there_is(honest: CameraProfile) -> None:
    assert honest.gain is not None
    gains = [16 ** (index / 47) for index in range(48)]
    for gain in gains:
        assert math.log2(honest.gain.as_gain().really_of(gain)) == pytest.approx(math.log2(gain), abs=0.08)
    assert honest.gain.noise[-1] > 2 * honest.gain.noise[0]


def test_the_response_curve_is_the_cameras(honest: CameraProfile) -> None:
    assert honest.response is not None
    codes = np.arange(12, 245)
    off_ev = np.log2(honest.response.relative[codes] / srgb().relative[codes])
    assert np.abs(off_ev).max() < 0.12


def test_long_exposures_are_found_to_slow_the_pictures(honest: CameraProfile) -> None:
    assert honest.slows_frames is True
    assert honest.capped_at_s is None
    assert honest.frame_interval_s == pytest.approx(1 / 30, rel=0.01)


def test_steps_that_the_driver_does_not_know_of_are_found(stepped: CameraProfile) -> None:
    assert stepped.time is not None
    assert stepped.time.stepped
    assert stepped.time.read_back is ReadBack.ECHO
    found = stepped.time.map.really
    assert len(found) == len(STEPS_S)
    for step, true_s in zip(found, STEPS_S, strict=True):
        assert math.log2(step / true_s) == pytest.approx(0, abs=0.17)
    bottom, top = stepped.time.dead_zones
    assert (bottom.low, bottom.high) == (0.0001, 0.0003)
    assert top.low == pytest.approx(math.sqrt(0.125 * 0.2047), rel=0.05)
    assert top.high == 0.5
    assert stepped.capped_at_s == pytest.approx(0.2047, rel=0.1)


def test_the_true_range_is_found_where_the_advertised_one_lies(lying: CameraProfile) -> None:
    assert lying.time is not None
    (fall,) = lying.time.falls
    assert fall.low == pytest.approx(0.06, rel=0.05)
    assert fall.high / fall.low < 1.1
    assert lying.time.continued().asked[-1] == fall.low


def test_a_gain_law_of_its_own_is_found(lying: CameraProfile) -> None:
    assert lying.gain is not None
    for asked in np.linspace(1, 16, 40):
        assert math.log2(lying.gain.as_gain().really_of(asked)) == pytest.approx(1.5 * math.log2(asked), abs=0.15)


def test_lamps_and_a_dark_start_are_seen(lying: CameraProfile) -> None:
    assert lying.mains_hz == 50
    assert lying.flicker_ev > 0.5
    assert lying.startup_frames == 9
    assert lying.delay is not None
    assert lying.delay.frames == 0


def test_the_loop_does_better_with_the_profile(lying: CameraProfile, tmp_path: Path) -> None:
    write_profile(lying, tmp_path / "lying.toml")
    writes, overshoot_ev = {}, {}
    for known in (False, True):
        camera, clock = make("scene=coffee,light=steady,delay=0,mains=50", dimmer_room)
        camera.take_control()
        camera.set_exposure(Exposure(0.0333, 1.0))
        camera.read(1.0)
        profiles = Profiles(tmp_path / "lying.toml" if known else None, tmp_path / "none")
        loop = ControlLoop(
            lambda camera=camera: camera, AverageMeter, journal=Journal(tmp_path), profiles=profiles, clock=clock
        )
        seen = [loop.turn() for _ in range(70)]
        loop.stop()
        assert not any(snapshot.notice for snapshot in seen)
        trace = trace_of([snapshot for snapshot in seen if snapshot.frame is not None])
        scores = score([replace(point, ev=camera.truth(point.sequence).ev) for point in trace])
        writes[known], overshoot_ev[known] = scores.writes, scores.overshoot_ev
    assert overshoot_ev[True] <= 0.3
    assert overshoot_ev[False] > overshoot_ev[True] + 0.1
    assert writes[True] <= writes[False]


def dimmer_room(exposure: Exposure) -> Exposure:
    """As `bent_and_rolled_over`, with so little light that gain is needed."""
    really = bent_and_rolled_over(exposure)
    return Exposure(really.time_s / 40, really.gain)


def test_cancelling_puts_everything_back(tmp_path: Path) -> None:
    camera, clock = make("scene=cat,light=steady")
    before, journal, left = camera.settings(), Journal(tmp_path), iter(range(200))
    with pytest.raises(ProbeCancelled):
        probe(camera, cancelled=lambda: next(left, None) is None, journal=journal, clock=clock)
    assert camera.settings() == before
    assert journal.entries() == []


def test_cancelled_before_it_begins_it_touches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    camera, clock = make("scene=cat,light=steady")
    for name in ("settings", "restore", "take_control", "set_exposure"):
        monkeypatch.setattr(camera, name, lambda *_: pytest.fail("touched"))
    with pytest.raises(ProbeCancelled):
        probe(camera, cancelled=lambda: True, journal=Journal(tmp_path / "journal"), clock=clock)
    assert not (tmp_path / "journal").exists()


def test_a_camera_that_another_has_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    camera, clock = make("scene=cat,light=steady")
    for name in ("restore", "take_control", "set_exposure"):
        monkeypatch.setattr(camera, name, lambda *_: pytest.fail("touched"))
    with closing(Journal(tmp_path).lock(camera.info)), pytest.raises(CameraBusy, match="in use by"):
        probe(camera, journal=Journal(tmp_path), clock=clock)
    assert Journal(tmp_path).entries() == []


def test_a_camera_that_leaves_keeps_its_note_and_who_tries_again_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    camera, clock = make("scene=cat,light=steady")
    before, journal = camera.settings(), Journal(tmp_path)

    def pull_the_plug() -> bool:
        if camera._frames.sequence > 120:
            camera.unplug()
        return False

    with pytest.raises(CameraDisconnected):
        probe(camera, cancelled=pull_the_plug, journal=journal, clock=clock)
    (entry,) = journal.entries()
    assert entry.settings == before
    assert caplog.messages[-1].endswith("'autoexposure restore' tries again")


def test_in_the_dark_it_says_so(tmp_path: Path) -> None:
    camera, clock = make("scene=cat,light=steady", lambda exposure: Exposure(exposure.time_s / 1e6, exposure.gain))
    before = camera.settings()
    with pytest.raises(ProbeError, match="light the scene"):
        probe(camera, journal=Journal(tmp_path), clock=clock)
    assert camera.settings() == before


def test_a_camera_without_controls_is_refused(tmp_path: Path) -> None:
    class Fixed(QuirkyCamera):
        @property
        def capabilities(self):
            from autoexposure.camera import Capabilities

            return Capabilities(note="This camera has no exposure control.")

    config = parse_simulated(f"{SIZE},scene=cat")
    with pytest.raises(UnsupportedControl, match="no exposure control"):
        probe(Fixed(config, make_scene(config), SimulatedClock()), journal=Journal(tmp_path))


class ScaledCamera(QuirkyCamera):
    """Its exposure times are a scale from 0 to 255 that is announced as even; really each 32 of it are a stop."""

    @property
    def capabilities(self) -> Capabilities:
        unit = TimeUnit.of_scale(0, 255, self.frame_interval_s)
        return replace(super().capabilities, time_s=unit.range(0, 255, 1, reads_back=False))

    def truly(self, exposure: Exposure) -> Exposure:
        code = exposure.time_s / self.frame_interval_s * 255
        return Exposure(self.frame_interval_s * 2 ** ((code - 255) / 32), exposure.gain)


def test_the_law_of_a_scale_without_a_unit_is_found(tmp_path: Path) -> None:
    clock = SimulatedClock()
    config = parse_simulated(f"{SIZE},scene=coffee,light=steady,delay=2")
    camera = ScaledCamera(config, make_scene(config), clock, "sim:")
    camera.really = camera.truly
    assert "measure" in camera.capabilities.notice
    profile = probe(camera, journal=Journal(tmp_path), clock=clock)
    assert profile.time is not None
    assert profile.response is None, "without known times a curve can't be told from a law"
    off_ev = [
        light_ev - math.log2(camera.truly(Exposure(asked)).time_s)
        for asked, light_ev in zip(profile.time.asked, profile.time.light_ev, strict=True)
    ]
    assert max(off_ev) - min(off_ev) < 0.3
    assert any("no unit" in note for note in profile.notes)
    seen = ProfiledCamera.of_profile(camera, profile)
    assert seen.capabilities.notice == seen.capabilities.note
    assert seen.capabilities.time_s is not None
    assert seen.capabilities.time_s.maximum / seen.capabilities.time_s.minimum < 2**8.3
    for time_s in (0.001, 0.004, 0.016):
        seen.set_exposure(Exposure(time_s, 1.0))
        assert math.log2(camera.truly(camera.said).time_s / time_s) == pytest.approx(median(off_ev) * -1, abs=0.2)


def test_a_camera_that_keeps_regulating_by_itself_is_named_and_not_the_light(tmp_path: Path) -> None:
    camera, clock = make("scene=coffee,light=steady,delay=0")
    Secret(camera, aim_ev=0.5, ends="nothing", speed=0.5).on = True
    before = camera.settings()
    with pytest.raises(ProbeError, match="keeps regulating its exposure by itself"):
        probe(camera, journal=Journal(tmp_path), clock=clock)
    assert camera.settings().keys() == before.keys()
