"""Whether a camera obeys, by pictures of known light."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.exposure import Exposure
from autoexposure.metering.preview import Preview
from autoexposure.response import srgb
from autoexposure.trust.obedience import Control, Obedience, Verdict, controls_of

TIME, GAIN = frozenset({Control.TIME}), frozenset({Control.GAIN})
BOTH, NEITHER = TIME | GAIN, frozenset()
START = Exposure(0.002, 1.0)
DELAY = 9


class Scene:
    """A room before a camera that obeys some controls, three pictures late."""

    def __init__(self, obeys=BOTH, mean: float = 0.02, spread_ev: float = 1.0) -> None:
        self.obedience = Obedience(srgb())
        self.obeys = obeys
        self.sequence = 0
        self.light_ev = 0.0
        self.drift_ev = 0.0
        self.real = self.said = START
        rng = np.random.default_rng(1)
        self.radiance = (2.0 ** rng.normal(np.log2(mean / START.time_s), spread_ev, (1, 3, 32, 32))).astype(np.float32)

    def picture(self) -> Preview:
        relative = np.minimum(self.radiance * np.float32(2.0 ** (self.real.ev + self.light_ev)), 1)
        return np.rint(srgb().encode(relative)).astype(np.float32)

    def set(self, exposure: Exposure, *, reads_back: bool = True):
        due = self.sequence + 1 + DELAY
        before = self.said
        self._next = Exposure(
            exposure.time_s if Control.TIME in self.obeys else self.real.time_s,
            exposure.gain if Control.GAIN in self.obeys else self.real.gain,
        )
        self.said = exposure if reads_back else before
        return self.obedience.commanded(before, exposure, self.said, self.picture(), due)

    def watch(self, pictures: int = DELAY + 3) -> Verdict | None:
        """Let pictures come; the setting arrives with the third of them."""
        for number in range(pictures):
            self.sequence += 1
            self.light_ev += self.drift_ev
            if number == 2:
                self.real = self._next
            if (verdict := self.obedience.saw(self.sequence, self.picture(), in_flight=False)) is not None:
                return verdict
        return None


@pytest.mark.parametrize("asked", [Exposure(0.004), Exposure(0.0005), Exposure(0.002, 3.0), Exposure(0.006, 2.0)])
@pytest.mark.parametrize("obeys", [BOTH, TIME, GAIN, NEITHER])
def test_a_trial_tells_which_of_the_controls_that_moved_obey(asked: Exposure, obeys) -> None:
    scene = Scene(obeys)
    scene.set(asked)
    verdict = scene.watch()
    moved = (TIME if asked.time_s != START.time_s else NEITHER) | (GAIN if asked.gain != START.gain else NEITHER)
    assert verdict is not None
    assert verdict.obeyed == moved & obeys
    assert verdict.ignored == moved - obeys
    assert verdict.really == scene.real
    assert not scene.obedience.under_way


def test_it_takes_several_trials_and_much_light_to_be_accused() -> None:
    scene = Scene(NEITHER)
    accused = []
    for time_s in (0.004, 0.001, 0.004, 0.001, 0.004):
        scene.set(Exposure(time_s))
        scene.watch()
        accused.append(scene.obedience.ignored == TIME)
    assert accused == [False, False, True, True, True]
    scene.obedience.begin_anew()
    assert scene.obedience.ignored == NEITHER


def test_one_trial_that_was_obeyed_clears_it() -> None:
    scene = Scene(NEITHER)
    for asked, obeys in ((0.004, NEITHER), (0.008, NEITHER), (0.03, BOTH), (0.008, NEITHER), (0.03, NEITHER)):
        scene.obeys = obeys
        scene.set(Exposure(asked))
        scene.watch()
    assert scene.obedience.ignored == NEITHER
    assert scene.obedience.obeyed == TIME


@pytest.mark.parametrize(("obeys", "light_ev"), [(TIME, 0.0), (NEITHER, -1.3)])
def test_what_the_light_may_have_done_is_no_clear_obedience(obeys, light_ev: float) -> None:
    scene = Scene(obeys)
    scene.set(Exposure(0.001))
    scene.light_ev = light_ev
    scene.watch()
    assert scene.obedience.obeyed == TIME
    assert scene.obedience.obeyed_clearly == (NEITHER if light_ev else TIME)


def test_light_that_drifts_by_just_as_much_is_no_clear_obedience() -> None:
    scene = Scene(NEITHER)
    scene.set(Exposure(0.001))
    scene.drift_ev = -1 / (DELAY + 1)
    scene.watch()
    assert scene.obedience.obeyed == TIME
    assert scene.obedience.obeyed_clearly == NEITHER


def test_one_that_obeyed_before_is_taken_at_its_word_for_longer() -> None:
    scene = Scene(BOTH)
    scene.set(Exposure(0.008))
    scene.watch()
    scene.obeys = NEITHER
    for count, asked in enumerate((0.002, 0.008, 0.002, 0.008, 0.002, 0.008), 1):
        scene.set(Exposure(asked))
        verdict = scene.watch()
        assert verdict is not None
        assert verdict.really == Exposure(asked)
        assert (scene.obedience.ignored == TIME) == (count >= 6)


def test_excused_is_believed_and_not_counted_as_seen() -> None:
    scene = Scene(NEITHER)
    scene.obedience.excuse(TIME)
    scene.set(Exposure(0.008))
    assert scene.watch().really == Exposure(0.008)
    assert (scene.obedience.obeyed, scene.obedience.trusted) == (NEITHER, TIME)


def test_light_that_drifts_the_other_way_does_not_hide_the_step() -> None:
    scene = Scene(BOTH)
    scene.drift_ev = -0.1  # 3 EV a second
    scene.set(Exposure(0.004))
    verdict = scene.watch()
    assert verdict is None or not verdict.ignored
    scene = Scene(NEITHER)
    scene.drift_ev = -0.1
    scene.set(Exposure(0.004))
    verdict = scene.watch()
    assert verdict is not None
    assert verdict.ignored == TIME
    assert verdict.really == Exposure(0.004)  # by light that moves nothing is taken back


@pytest.mark.parametrize(
    ("mean", "asked"),
    [
        pytest.param(1e-6, Exposure(0.016), id="black"),
        pytest.param(1e3, Exposure(0.016), id="white"),
        pytest.param(1e3, Exposure(0.0005), id="white, however far beyond"),
        pytest.param(0.02, Exposure(0.0023), id="hardly a change"),
        pytest.param(0.02, Exposure(0.008, 0.25), id="one up, the other down"),
    ],
)
@pytest.mark.parametrize("obeys", [BOTH, NEITHER])
def test_what_could_not_be_seen_says_nothing(mean: float, asked: Exposure, obeys) -> None:
    scene = Scene(obeys, mean)
    scene.set(asked)
    verdict = scene.watch()
    assert verdict is None or not verdict.ignored


@pytest.mark.parametrize("obeys", [BOTH, NEITHER])
def test_a_bright_window_does_not_hide_what_the_dark_room_does(obeys) -> None:
    scene = Scene(obeys, 0.01)
    scene.radiance[:, :, :10, :10] = 1e6
    scene.set(Exposure(0.004))
    verdict = scene.watch()
    assert verdict is not None
    assert (verdict.obeyed, verdict.ignored) == (TIME & obeys, TIME - obeys)


def test_nothing_is_judged_before_it_is_due_or_while_something_is_in_flight() -> None:
    scene = Scene(BOTH)
    scene.set(Exposure(0.008))
    assert scene.watch(DELAY) is None
    shown = scene.picture()
    assert scene.obedience.saw(scene.sequence + 5, shown, in_flight=True) is None
    assert scene.obedience.saw(scene.sequence + 6, shown, in_flight=False) is not None
    assert scene.obedience.saw(scene.sequence + 7, shown, in_flight=False) is None


def test_commands_in_one_direction_are_one_trial_and_another_direction_is_another() -> None:
    scene = Scene(NEITHER)
    for time_s in (0.0023, 0.0027, 0.0032):  # no one of them could be seen
        scene.set(Exposure(time_s))
    assert scene.watch().ignored == TIME
    scene.set(Exposure(0.008))
    scene.watch(5)
    scene.set(Exposure(0.004))
    assert scene.watch(DELAY) is None
    assert scene.watch().ignored == TIME


def test_an_interrupted_trial_is_worth_nothing() -> None:
    scene = Scene(NEITHER)
    scene.set(Exposure(0.008))
    scene.obedience.interrupt()
    assert not scene.obedience.under_way
    assert scene.watch() is None


def test_of_one_that_reads_back_as_before_pictures_say_whether_it_moved() -> None:
    scene = Scene(NEITHER)
    assert scene.set(Exposure(0.016), reads_back=False) == NEITHER
    assert scene.watch().really == START
    scene = Scene(BOTH)
    scene.set(Exposure(0.016), reads_back=False)
    verdict = scene.watch()
    assert verdict is not None
    assert (verdict.obeyed, verdict.really) == (TIME, Exposure(0.016))
    # From now on it is known to obey: when it says that it stays, its range ends there.
    scene.said = scene.real
    assert scene.set(Exposure(0.1), reads_back=False) == TIME
    assert scene.set(Exposure(0.016, 1.1), reads_back=False) == NEITHER
    assert not scene.obedience.under_way


@settings(max_examples=40)
@given(
    st.sampled_from([BOTH, TIME, GAIN, NEITHER]),
    st.floats(-2, 2),
    st.floats(-2, 2),
    st.floats(0.002, 0.2),
    st.floats(0.2, 2.5),
)
def test_in_steady_light_no_one_is_accused_wrongly(obeys, time_ev, gain_ev, mean, spread_ev) -> None:
    scene = Scene(obeys, mean, spread_ev)
    scene.set(Exposure(START.time_s * 2**time_ev, START.gain * 2**gain_ev))
    verdict = scene.watch()
    if verdict is not None:
        assert not verdict.ignored & obeys


def test_controls_are_those_with_a_choice() -> None:
    fixed, free = ControlRange(1.0, 1.0), ControlRange(1.0, 8.0)
    assert controls_of(Capabilities()) == NEITHER
    assert controls_of(Capabilities(time_s=ControlRange(0.001, 0.1), gain=fixed)) == TIME
    assert controls_of(Capabilities(gain=free)) == GAIN


def trusted_scene() -> Scene:
    """Both were seen to obey, and time holds from now on."""
    scene = Scene(BOTH)
    for asked in (Exposure(0.008), Exposure(0.008, 2.0)):
        scene.set(asked)
        scene.watch()
    assert scene.obedience.obeyed == BOTH
    scene.obeys = GAIN
    return scene


def test_of_both_set_by_as_much_the_one_that_fell_short_is_in_doubt_until_they_are_exchanged() -> None:
    scene = trusted_scene()
    scene.set(Exposure(0.002, 0.5))
    assert scene.watch() is None  # either may have done it
    assert scene.obedience.doubted == BOTH
    scene.set(Exposure(0.001, 1.0))
    verdict = scene.watch()
    assert verdict is not None
    assert (verdict.obeyed, verdict.ignored, verdict.cleared) == (GAIN, TIME, False)
    assert verdict.really == scene.real == Exposure(0.008, 1.0)
    assert verdict.stayed == {Control.TIME: (0.008, 0.008)}
    assert scene.obedience.doubted == TIME
    assert scene.obedience.ignored == NEITHER
    scene.said = verdict.really
    scene.set(Exposure(0.004, 2.0))
    scene.watch()
    assert scene.obedience.ignored == TIME


def test_an_exchange_that_the_picture_does_not_show_clears_both() -> None:
    scene = trusted_scene()
    scene.set(Exposure(0.002, 0.5))
    scene.watch()
    scene.said = scene.real
    scene.obeys = BOTH
    scene.set(Exposure(0.004, 1.0))
    verdict = scene.watch()
    assert verdict is not None
    assert verdict.cleared
    assert verdict.really == Exposure(0.004, 1.0)
    assert scene.obedience.doubted == NEITHER


@pytest.mark.parametrize("light_ev", [0.4, 1.3])
def test_an_exchange_while_the_light_moves_says_nothing(light_ev: float) -> None:
    scene = trusted_scene()
    scene.obeys = BOTH
    scene.set(Exposure(0.004, 4.0))
    scene.light_ev = light_ev
    verdict = scene.watch()
    assert verdict is None or (verdict.cleared and light_ev < 0.5)


def test_an_exchange_on_top_of_another_setting_is_none() -> None:
    scene = trusted_scene()
    scene.set(Exposure(0.008, 4.0))
    scene.set(Exposure(0.004, 8.0))
    assert not scene.obedience.under_way


def test_where_a_control_ends_is_measured_by_the_trial_that_fell_short() -> None:
    scene = trusted_scene()
    scene.obeys = BOTH
    scene.set(Exposure(0.032, 2.0))
    scene._next = Exposure(0.016, 2.0)  # its time goes no higher, whatever it reads
    scene.watch()
    scene.set(Exposure(0.064, 2.0))
    scene._next = Exposure(0.016, 2.0)
    verdict = scene.watch()
    assert verdict is not None
    assert verdict.ignored == TIME
    low, high = verdict.stayed[Control.TIME]
    assert (low, high) == (0.0, pytest.approx(0.016, rel=0.05))


def test_of_a_camera_that_never_obeyed_no_end_is_concluded() -> None:
    scene = Scene(NEITHER)
    scene.set(Exposure(0.008))
    verdict = scene.watch()
    assert verdict is not None
    assert verdict.stayed == {}
