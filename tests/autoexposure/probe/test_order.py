"""What a measurement does one after the other, and what becomes of it; the parts are played."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autoexposure.camera import CameraInfo, Capabilities, ControlRange
from autoexposure.clock import SimulatedClock
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraBusy, ProbeCancelled, ProbeError, UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.probe import measure as module
from autoexposure.probe.flicker import FlickerFound
from autoexposure.probe.measure import ProbeConfig, _Measurement, probe
from autoexposure.profiles.profile import Delay, MeasuredControl, Span
from autoexposure.response import gamma, srgb

BOTH = Capabilities(ControlRange(1e-5, 1.0), ControlRange(1.0, 16.0))
MOVING = MeasuredControl((0.001, 0.1), (-10.0, -3.3), Span(0.001, 0.1))
STILL = MeasuredControl((1.0, 16.0), (0.0, 0.1), Span(1.0, 16.0))


class Bench:
    """Stands for a stand and its camera: ten pictures a second of a scene of one brightness."""

    def __init__(self, capabilities: Capabilities = BOTH, exposure: Exposure | None = None) -> None:
        info = CameraInfo("sim:", "Webcam", "usb-1", "a driver")
        self.camera = SimpleNamespace(capabilities=capabilities, frame_interval_s=0.1, exposure=exposure, info=info)
        self.clock = SimulatedClock()
        self.longest_delay, self.lamps_flicker = 8, False
        self.told: list[tuple[float, str]] = []
        self.written: list[Exposure] = []
        self.sampled: list[float] = []
        self.scene, self.usable = 1.0, 3600
        self.code: float | None = None

    def tell(self, done: float, doing: str) -> None:
        self.told.append((done, doing))

    def write(self, exposure: Exposure) -> None:
        self.written.append(exposure)

    def read(self) -> Any:
        self.clock.sleep(0.1)
        level = min(255, round(self.clock.now() * 10))
        return SimpleNamespace(pixels=np.full((30, 40, 3), level, np.uint8))

    def sample(self, exposure: Exposure) -> Any:
        self.sampled.append(round(exposure.ev, 3))
        light = np.full((1200, 3), min(1.0, self.scene * 2.0**exposure.ev), np.float32)
        places = srgb().encode(light) if self.code is None else np.full((1200, 3), self.code, np.float32)
        return SimpleNamespace(places=places, usable=self.usable)

    def measurement(self, **config: Any) -> _Measurement:
        return _Measurement(self, ProbeConfig(**config))


MIDDLE = float(srgb().linearise(np.array([100.0], np.float32))[0])


def scene_of_middle_at(ev: float) -> float:
    """Brightness of a scene that gets the middle code value at ``ev``."""
    return MIDDLE / 2.0**ev


def test_the_middle_exposure_is_sought_four_stops_at_a_time_at_the_most() -> None:
    bench = Bench(exposure=Exposure(2.0**-10))
    bench.scene = scene_of_middle_at(-4.0)
    assert bench.measurement()._middle_exposure().ev == pytest.approx(-4.0, abs=0.01)
    assert bench.sampled == pytest.approx([-10.0, -6.0, -4.0, -4.0], abs=0.01)
    bench = Bench(exposure=Exposure(2.0**-4))
    bench.scene = scene_of_middle_at(-10.0)
    bench.measurement()._middle_exposure()
    assert bench.sampled[0] == -4.0
    assert bench.sampled[-1] == pytest.approx(-10.0, abs=0.4)
    assert all(low - high >= -4.01 for high, low in zip(bench.sampled, bench.sampled[1:], strict=False))


@pytest.mark.parametrize(("off_ev", "samples"), [(0.38, 2), (-0.38, 2), (0.42, 3), (-0.42, 3)])
def test_two_fifths_of_a_stop_are_near_enough(off_ev: float, samples: int) -> None:
    bench = Bench(exposure=Exposure(2.0**-6))
    bench.scene = scene_of_middle_at(-6.0 + off_ev)
    bench.measurement()._middle_exposure()
    assert len(bench.sampled) == samples


def test_it_tries_eight_times_and_stops_where_the_camera_ends() -> None:
    bench = Bench(exposure=Exposure(2.0**-12))
    bench.code = 70.0  # whatever is set: about a stop too dark
    bench.measurement()._middle_exposure()
    assert len(bench.sampled) == 9
    bench = Bench(exposure=Exposure(2.0**-4))
    bench.code = 1.0
    end = bench.measurement()._middle_exposure()
    assert end.ev == pytest.approx(math.log2(1.6))
    assert len(bench.sampled) < 6


def test_without_a_setting_to_begin_with_it_begins_without_gain() -> None:
    bench = Bench()
    bench.scene = scene_of_middle_at(-4.0)
    bench.measurement()._middle_exposure()
    assert bench.sampled[0] == pytest.approx(math.log2(0.1), abs=0.001)


@pytest.mark.parametrize(("usable", "enough"), [(12, True), (11, False)])
def test_a_dozen_places_have_to_be_of_use(usable: int, enough: bool) -> None:
    bench = Bench(exposure=Exposure(2.0**-4))
    bench.scene, bench.usable = scene_of_middle_at(-4.0), usable
    if enough:
        assert bench.measurement()._middle_exposure().ev == -4.0
    else:
        with pytest.raises(ProbeError, match="light the scene"):
            bench.measurement()._middle_exposure()


def test_the_first_pictures_are_watched_as_the_camera_is() -> None:
    bench = Bench(exposure=Exposure(0.01))
    assert bench.measurement()._first_pictures() == pytest.approx(range(1, 46))
    assert bench.written == []
    bench = Bench()
    assert len(bench.measurement(startup_pictures=3)._first_pictures()) == 3
    (written,) = bench.written
    assert written == Exposure(0.1)


@pytest.mark.parametrize(("reference_ev", "other_ev"), [(-5.0, -7.0), (-15.7, -14.2), (-15.5, -16.61), (-16.5, -15.0)])
def test_the_delay_is_seen_two_stops_darker_or_brighter_where_there_is_no_darker(
    monkeypatch: pytest.MonkeyPatch, reference_ev: float, other_ev: float
) -> None:
    bench = Bench()
    asked: list[tuple[Any, ...]] = []
    found = Delay(2, 3, 5, 12)
    monkeypatch.setattr(module, "measure_delay", lambda *given: asked.append(given) or found)
    reference = Exposure(2.0**reference_ev)
    assert bench.measurement()._delay(reference) is found
    ((stand, one, other),) = asked
    assert (stand, one) == (bench, reference)
    assert other.ev == pytest.approx(other_ev, abs=0.01)
    assert bench.longest_delay == 6
    monkeypatch.setattr(module, "measure_delay", lambda *_: None)
    bench.longest_delay = 8
    assert bench.measurement()._delay(reference) is None
    assert bench.longest_delay == 8


def test_a_stop_darker_is_enough_for_the_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, asked = Bench(Capabilities(ControlRange(2.0**-16, 1.0))), []
    monkeypatch.setattr(module, "measure_delay", lambda *given: asked.append(given[2].ev))
    bench.measurement()._delay(Exposure(2.0**-15))
    assert asked == [-16.0]


def test_two_and_a_half_stops_off_are_no_longer_the_same_light() -> None:
    measurement = Bench(Capabilities(BOTH.time_s, ControlRange(1.0, 25.0))).measurement()
    assert measurement._same_light(Exposure(2.0**-1.5), 2.0**-6, 1.03) is None  # 25/400 s, which is 2^-4, at most
    assert measurement._same_light(Exposure(2.0**-1.51), 2.0**-6, 1.03) == Exposure(2.0**-6, 4.0)


def test_the_same_light_is_made_with_another_time_where_there_is_one() -> None:
    measurement = Bench().measurement()
    reference = Exposure(0.02, 1.0)
    made = measurement._same_light(reference, 0.01, 1.03)
    assert made is not None
    assert (made.time_s, made.gain) == (0.01, pytest.approx(2.0))
    bright = measurement._same_light(Exposure(1.0, 1.0), 0.01, 1.5)  # no more than the shortest time could have
    assert bright is None
    nearly = measurement._same_light(Exposure(0.2, 1.0), 0.01, 1.5)
    assert nearly is not None
    assert nearly.gain == pytest.approx(0.04 / 0.01)
    assert measurement._same_light(Exposure(0.04 * 2**2.45), 0.01, 1.5) is not None
    assert measurement._same_light(Exposure(0.04 * 2**2.55), 0.01, 1.5) is None


@pytest.mark.parametrize(
    ("time_s", "off", "there"), [(0.012, 1.25, True), (0.012, 1.15, False), (0.0085, 1.15, False), (0.0085, 1.25, True)]
)
def test_a_time_that_is_too_far_off_is_none(time_s: float, off: float, there: bool) -> None:
    times = ControlRange(0.001, 1.0, values=(0.001, 0.01, 1.0))
    measurement = Bench(Capabilities(times, BOTH.gain)).measurement()
    assert (measurement._same_light(Exposure(0.01), time_s, off) is not None) is there


def test_a_darker_light_by_more_than_two_and_a_half_stops_is_another() -> None:
    measurement = Bench(Capabilities(BOTH.time_s, ControlRange(1.0, 4.0))).measurement()
    assert measurement._same_light(Exposure(0.0025), 0.0125, 1.03) is not None  # 2.3 stops brighter
    assert measurement._same_light(Exposure(0.0025), 0.0145, 1.03) is None
    assert Bench(Capabilities(BOTH.time_s)).measurement()._same_light(Exposure(0.01), 0.01, 2.0) is None
    assert Bench(Capabilities(gain=BOTH.gain)).measurement()._same_light(Exposure(0.01), 0.01, 2.0) is None


def test_it_is_late_after_its_budget() -> None:
    bench = Bench()
    bench.clock.sleep(7.0)
    measurement = bench.measurement()
    bench.clock.sleep(85.0)
    assert not measurement.late
    bench.clock.sleep(0.1)
    assert measurement.late


class Played:
    """The parts of a measurement, which find what they are told to and keep what they were given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **found: Any) -> None:
        self.found: dict[str, Any] = {
            "measure_delay": Delay(1, 1, 3, 12),
            "measure_flicker": FlickerFound(50, 0.61249),
            "time_found": MOVING,
            "gain_found": STILL,
            "startup_frames": 7,
            "interval_found": 0.1000004,
            "slows_frames": True,
            "cap_s": 0.25,
            "doubts": ["A doubt."],
            "keeps_regulating": False,
        }
        self.found |= found
        self.given: dict[str, Any] = {}
        self.order: list[str] = []
        for name, answer in self.found.items():
            monkeypatch.setattr(module, name, self._part(name, answer))
        monkeypatch.setattr(module, "Survey", self._survey)
        monkeypatch.setattr(module, "Sweep", self._sweep)

    def _part(self, name: str, answer: Any) -> Any:
        def part(*given: Any) -> Any:
            self.given[name] = given
            return answer

        return part

    def _done(self, name: str) -> Any:
        return lambda: self.order.append(name)

    def _survey(self, *given: Any, **named: Any) -> Any:
        self.given["Survey"] = (*given, named)
        curve = SimpleNamespace(curve=gamma(2.0))
        return SimpleNamespace(
            found=curve, changes=0, drift_ev=0.12345, check_light=self._done("check_light"), fit=self._done("fit")
        )

    def _sweep(self, *given: Any) -> Any:
        self.given["Sweep"] = given
        return SimpleNamespace(notes=["A note."], once=self._done("once"), closer=self._done("closer"))


class Pace:
    def __init__(self) -> None:
        self.asked: list[Any] = []

    def at_pace(self, pictures_per_s: float, times: Any) -> str:
        self.asked.append((pictures_per_s, times))
        return "coarse"


def bench_in_the_middle(capabilities: Capabilities = BOTH) -> Bench:
    bench = Bench(capabilities, Exposure(2.0**-5))
    bench.scene = scene_of_middle_at(-5.0)
    return bench


def test_everything_is_looked_at_in_its_order_and_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    played, bench, pace = Played(monkeypatch), bench_in_the_middle(), Pace()
    measurement = bench.measurement(sweep=pace)
    profile = measurement.run()
    assert played.order == ["once", "closer", "check_light", "fit"]
    assert [done for done, _ in bench.told] == [0.0, 0.04, 0.08, 0.18, 0.75, 0.98]
    reference = Exposure(2.0**-5)
    assert played.given["Survey"] == (bench, reference, 1.0, {"timed": True, "flicker_ev": 0.61249})
    survey, capabilities, config, lamp_period_s, late = played.given["Sweep"]
    assert (capabilities, config, lamp_period_s) == (BOTH, "coarse", 0.01)
    assert pace.asked == [(pytest.approx(10.0), BOTH.time_s)]
    assert not late()
    bench.clock.sleep(100.0)
    assert late()
    assert bench.lamps_flicker
    assert played.given["startup_frames"] == (pytest.approx(list(range(1, 46))), 3)
    assert played.given["interval_found"] == (survey, 0.1)
    assert played.given["slows_frames"] == (survey, 0.1)
    assert played.given["cap_s"] == (MOVING,)
    assert played.given["doubts"] == (survey, BOTH, MOVING, STILL)
    assert (profile.stable_id, profile.name, profile.detail) == ("usb-1", "Webcam", "a driver")
    assert (profile.took_s, profile.frame_interval_s, profile.startup_frames) == (4.5, 0.1, 7)
    assert (profile.delay, profile.time, profile.gain) == (Delay(1, 1, 3, 12), MOVING, STILL)
    assert profile.response is survey.found.curve
    assert (profile.slows_frames, profile.capped_at_s, profile.mains_hz) == (True, 0.25, 50)
    assert (profile.flicker_ev, profile.drift_ev) == (0.612, 0.123)
    assert profile.notes == ("A note.", "A doubt.")
    split = played.given["measure_flicker"][1]
    assert split(0.02, 1.03) == measurement._same_light(reference, 0.02, 1.03)


def test_what_could_not_be_seen_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    played, bench = Played(monkeypatch, measure_delay=None, measure_flicker=None), bench_in_the_middle()
    profile = bench.measurement().run()
    first, delay, flicker, last = profile.notes
    assert (first, last) == ("A note.", "A doubt.")
    assert "delay did not show" in delay
    assert "flicker of lamps could not be measured" in flicker
    assert played.given["startup_frames"][1] == 8
    assert played.given["Survey"][-1]["flicker_ev"] == 0.0
    assert played.given["Sweep"][3] == 0.0
    assert not bench.lamps_flicker
    assert (profile.mains_hz, profile.flicker_ev, profile.delay) == (0, 0.0, None)


def test_where_no_lamp_flickers_no_period_is_minded(monkeypatch: pytest.MonkeyPatch) -> None:
    played, bench = Played(monkeypatch, measure_flicker=FlickerFound()), bench_in_the_middle()
    bench.measurement().run()
    assert played.given["Sweep"][3] == 0.0
    assert not bench.lamps_flicker
    played = Played(monkeypatch, measure_flicker=FlickerFound(60, 0.2))
    bench_in_the_middle().measurement().run()
    assert played.given["Sweep"][3] == pytest.approx(1 / 120)


@pytest.mark.parametrize(
    ("capabilities", "time", "gain", "curve"),
    [
        (BOTH, MOVING, None, True),
        (BOTH, STILL, MOVING, True),
        (BOTH, None, MOVING, False),
        (Capabilities(gain=BOTH.gain), None, MOVING, False),
        (Capabilities(gain=BOTH.gain), MOVING, None, False),
        (Capabilities(BOTH.time_s), MOVING, None, True),
    ],
)
def test_a_curve_is_kept_where_times_tell_it(
    monkeypatch: pytest.MonkeyPatch, capabilities: Capabilities, time: Any, gain: Any, curve: bool
) -> None:
    played = Played(monkeypatch, time_found=time, gain_found=gain)
    bench = Bench(capabilities, Exposure(0.1))
    bench.scene = scene_of_middle_at(math.log2(0.1))
    profile = bench.measurement().run()
    assert (profile.response is not None) is curve
    assert played.given["Survey"][2] == 1.0
    assert played.given["Survey"][3]["timed"] is (capabilities.time_s is not None)


def test_a_base_gain_is_the_lowest_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    played = Played(monkeypatch)
    capabilities = Capabilities(BOTH.time_s, ControlRange(2.0, 16.0))
    bench_in_the_middle(capabilities).measurement().run()
    assert played.given["Survey"][2] == 2.0


@pytest.mark.parametrize(("time", "gain"), [(None, None), (STILL, STILL), (None, STILL), (STILL, None)])
def test_where_nothing_moves_there_is_no_profile(monkeypatch: pytest.MonkeyPatch, time: Any, gain: Any) -> None:
    Played(monkeypatch, time_found=time, gain_found=gain)
    with pytest.raises(ProbeError, match="doesn't show what the settings do"):
        bench_in_the_middle().measurement().run()


class Lasting:
    """A camera with settings of its own, of which everything that is done to it is kept."""

    info = CameraInfo("v4l2:/dev/video9", "Webcam", "usb-9")
    frame_interval_s = 0.1
    exposure = None

    def __init__(self, capabilities: Capabilities = BOTH) -> None:
        self.capabilities = capabilities
        self.done: list[str] = []

    def settings(self) -> dict[str, int]:
        return {"gain": 3}

    def take_control(self) -> None:
        self.done.append("take_control")

    def restore(self, settings: Any) -> None:
        self.done.append(f"restore {dict(settings)}")


@pytest.mark.parametrize("fails", [None, ProbeError("too dark"), KeyboardInterrupt()])
def test_the_camera_is_put_back_and_free_whatever_happens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fails: BaseException | None
) -> None:
    camera, journal, seen = Lasting(), Journal(tmp_path), []

    def run(measurement: _Measurement) -> Any:
        seen.append((measurement.stand.clock, measurement.config, list(camera.done), len(journal.entries())))
        with pytest.raises(CameraBusy):
            journal.lock(camera.info)
        if fails is not None:
            raise fails
        return "profile"

    monkeypatch.setattr(_Measurement, "run", run)
    clock, config = SimulatedClock(), ProbeConfig(budget_s=1.0)
    if fails is None:
        assert probe(camera, journal=journal, clock=clock, config=config) == "profile"
    else:
        with pytest.raises(type(fails)):
            probe(camera, journal=journal, clock=clock, config=config)
    assert seen == [(clock, config, ["take_control"], 1)]
    assert camera.done == ["take_control", "restore {'gain': 3}"]
    assert journal.entries() == []
    journal.lock(camera.info).close()  # free again


def test_without_controls_or_wish_nothing_is_touched(tmp_path: Path) -> None:
    camera = Lasting(Capabilities(note="No controls at all."))
    with pytest.raises(UnsupportedControl, match="No controls at all"):
        probe(camera, journal=Journal(tmp_path))
    camera = Lasting()
    with pytest.raises(ProbeCancelled):
        probe(camera, cancelled=lambda: True, journal=Journal(tmp_path))
    assert camera.done == []
    assert not module.never()
