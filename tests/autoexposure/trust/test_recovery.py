"""What is done about a camera that does not obey, step by step."""

import pytest

from autoexposure.errors import ConfigError
from autoexposure.profiles.quirks import Remedy
from autoexposure.trust.obedience import Control
from autoexposure.trust.recovery import MOST_EXCHANGES, MOST_QUESTIONS, Act, Recovery, RecoveryConfig

TIME, GAIN = frozenset({Control.TIME}), frozenset({Control.GAIN})
BOTH, NEITHER = TIME | GAIN, frozenset()


class Evidence:
    """What the trials of a camera have shown so far."""

    def __init__(self) -> None:
        self.light_moves = False
        self.begin_anew()

    @property
    def obeyed_clearly(self) -> frozenset[Control]:
        return NEITHER if self.light_moves else self.obeyed

    def begin_anew(self) -> None:
        self.ignored = self.suspected = self.obeyed = self.trusted = self.doubted = NEITHER

    def excuse(self, controls) -> None:
        self.ignored -= controls
        self.trusted |= controls


@pytest.fixture
def evidence() -> Evidence:
    return Evidence()


@pytest.fixture
def recovery() -> Recovery:
    recovery = Recovery()
    recovery.reset("Cam")
    return recovery


def due(recovery: Recovery, evidence: Evidence, now_s: float = 0.0, controls=BOTH, **wanted) -> Act | None:
    act = recovery.due(evidence, controls, now_s, **wanted)  # type: ignore[arg-type]  # as much of Obedience as it needs
    if act is Act.RETAKE:
        evidence.begin_anew()
    return act


def let_the_automatic(recovery: Recovery, evidence: Evidence, now_s: float = 0.0) -> None:
    """Control was handed over: let the automatic have its pictures; control is taken anew with the last of them."""
    for _ in range(recovery.config.automatic_pictures - 1):
        assert due(recovery, evidence, now_s) is None
    assert due(recovery, evidence, now_s) is Act.RETAKE
    assert recovery.remedy is Remedy.AUTOMATIC_FOR_A_WHILE


def test_as_long_as_nothing_is_ignored_nothing_is_done(recovery: Recovery, evidence: Evidence) -> None:
    assert due(recovery, evidence) is None
    assert recovery.notice(0.0) == ""


def test_the_remedy_is_tried_once_and_shared_if_it_helps(recovery: Recovery, evidence: Evidence) -> None:
    evidence.ignored = TIME
    assert due(recovery, evidence) is Act.RETAKE
    assert "exposure time" in recovery.notice(1.0)
    assert due(recovery, evidence, 1.0) is None
    assert "has not been seen yet" in recovery.notice(recovery.config.notice_s)
    assert recovery.disobedient == TIME
    evidence.obeyed = evidence.trusted = TIME
    assert due(recovery, evidence, 2.0) is Act.SHARE
    assert recovery.disobedient == NEITHER
    assert due(recovery, evidence, 3.0) is None
    assert recovery.notice(3.0) == "Cam obeys since control was taken anew through its own automatic."
    assert recovery.notice(2.0 + recovery.config.notice_s) == ""


@pytest.mark.parametrize("automatic", [True, False])
def test_if_it_does_not_help_what_obeys_is_used_alone(recovery: Recovery, evidence: Evidence, automatic: bool) -> None:
    evidence.ignored = GAIN
    due(recovery, evidence, automatic=automatic)
    evidence.ignored = GAIN
    if automatic:
        assert due(recovery, evidence, 1.0) is Act.HAND_OVER
        assert "some pictures" in recovery.notice(1.0)
        let_the_automatic(recovery, evidence, 1.0)
        evidence.ignored = GAIN
    assert due(recovery, evidence, 1.0, automatic=automatic) is Act.LEAVE_OUT
    assert recovery.left_out == GAIN
    assert recovery.notice(1.0) == "The gain of Cam does not obey; only its exposure time is set."
    assert recovery.disobedient == GAIN
    assert due(recovery, evidence, 2.0) is None
    evidence.obeyed = GAIN  # the user set it by hand
    assert due(recovery, evidence, 3.0) is Act.USE_ALL
    assert recovery.left_out == NEITHER
    assert recovery.notice(3.0) == ""


@pytest.mark.parametrize(("wanted_ev", "after_s", "tried"), [(-1.0, 1.0, True), (1.0, 1.0, False), (1.0, 60.0, True)])
def test_what_was_left_out_is_tried_where_the_rest_does_not_reach(
    recovery: Recovery, evidence: Evidence, wanted_ev: float, after_s: float, tried: bool
) -> None:
    for _ in range(2):
        evidence.ignored = TIME
        act = due(recovery, evidence, wanted_ev=2.0, automatic=False)
    assert act is Act.LEAVE_OUT
    assert due(recovery, evidence, after_s, wanted_ev=wanted_ev) is None
    act = due(recovery, evidence, after_s, wanted_ev=wanted_ev, out_of_reach=True)
    assert act is (Act.USE_ALL if tried else None)


@pytest.mark.parametrize("only_time", [True, False])
def test_one_that_ignores_everything_is_left_alone_for_a_while_or_until_the_user_insists(
    recovery: Recovery, evidence: Evidence, only_time: bool
) -> None:
    controls = TIME if only_time else BOTH
    evidence.ignored = TIME
    due(recovery, evidence, controls=controls)
    evidence.ignored = TIME
    assert due(recovery, evidence, 10.0, controls) is Act.HAND_OVER
    let_the_automatic(recovery, evidence, 10.0)
    evidence.ignored = TIME
    act = due(recovery, evidence, 10.0, controls)
    if not only_time:
        assert act is Act.LEAVE_OUT
        evidence.ignored = BOTH
        act = due(recovery, evidence, 10.0)
    assert act is Act.LEAVE_ALONE
    assert recovery.left_out == NEITHER
    assert "left alone" in recovery.notice(69.0)
    assert due(recovery, evidence, 69.0, controls) is None
    assert due(recovery, evidence, 70.0, controls) is Act.RETAKE
    evidence.ignored = BOTH
    assert due(recovery, evidence, 80.0, controls) is Act.LEAVE_ALONE
    recovery.insist()
    assert due(recovery, evidence, 81.0, controls) is Act.RETAKE


def test_one_that_obeyed_before_is_not_given_up(recovery: Recovery, evidence: Evidence) -> None:
    evidence.ignored = evidence.trusted = TIME
    assert due(recovery, evidence) is Act.RETAKE
    evidence.ignored = TIME
    assert due(recovery, evidence, 1.0) is Act.USE_ALL
    assert evidence.trusted == TIME
    assert "measure the camera" in recovery.notice(1.0)
    evidence.obeyed = TIME  # it left the part of its range without effect
    assert due(recovery, evidence, 2.0) is None
    assert recovery.notice(2.0) == ""
    evidence.ignored = TIME  # and came back to it: the remedy did not help last time
    assert due(recovery, evidence, 3.0) is Act.USE_ALL


def test_a_refused_remedy_gives_up(recovery: Recovery, evidence: Evidence) -> None:
    evidence.ignored = BOTH
    due(recovery, evidence)
    recovery.give_up(5.0)
    assert "left alone" in recovery.notice(5.0)
    recovery.reset("Another")
    assert due(recovery, evidence, 6.0) is None
    assert recovery.notice(6.0) == ""


@pytest.mark.parametrize(
    "bad", [{"retry_s": 0.0}, {"notice_s": float("inf")}, {"retry_s": float("nan")}, {"automatic_pictures": 0}]
)
def test_patience_is_a_positive_time(bad) -> None:
    with pytest.raises(ConfigError):
        RecoveryConfig(**bad)


class TestAtTheEndOfTheRange:
    """There a camera that has gone back to its own automatic in secret gets no more commands that could betray it."""

    def test_a_suspicion_is_enough_for_the_remedy(self, recovery: Recovery, evidence: Evidence) -> None:
        evidence.suspected, evidence.trusted = GAIN, BOTH
        assert due(recovery, evidence) is None, "further trials will tell"
        assert due(recovery, evidence, 1.0, out_of_reach=True) is Act.RETAKE
        evidence.obeyed = evidence.trusted = BOTH
        assert due(recovery, evidence, 2.0) is None

    def test_without_one_a_dark_room_is_a_dark_room(self, recovery: Recovery, evidence: Evidence) -> None:
        assert due(recovery, evidence, out_of_reach=True) is None

    def test_the_remedy_rests_between_two_suspicions(self, recovery: Recovery, evidence: Evidence) -> None:
        evidence.suspected = TIME
        assert due(recovery, evidence, 0.0, out_of_reach=True) is Act.RETAKE
        evidence.obeyed = BOTH
        assert due(recovery, evidence, 1.0, out_of_reach=True) is None
        evidence.obeyed, evidence.suspected = NEITHER, TIME
        assert due(recovery, evidence, 2.0, out_of_reach=True) is None
        assert due(recovery, evidence, recovery.config.notice_s, out_of_reach=True) is Act.RETAKE


class TestThroughSomePicturesOfTheAutomatic:
    """A moment of it did not help."""

    def test_what_helped_is_shared_and_used_first_from_then_on(self, recovery: Recovery, evidence: Evidence) -> None:
        for act in (Act.RETAKE, Act.HAND_OVER):
            evidence.ignored = BOTH
            assert due(recovery, evidence) is act
        let_the_automatic(recovery, evidence)
        evidence.obeyed = evidence.trusted = BOTH
        assert due(recovery, evidence, 2.0) is Act.SHARE
        evidence.ignored, evidence.obeyed = BOTH, NEITHER
        assert due(recovery, evidence, 20.0) is Act.HAND_OVER

    def test_where_it_is_known_to_help_control_begins_with_it(self, recovery: Recovery, evidence: Evidence) -> None:
        recovery.reset("Cam", Remedy.AUTOMATIC_FOR_A_WHILE)
        assert due(recovery, evidence) is Act.HAND_OVER
        assert recovery.notice(0.0) == ""
        let_the_automatic(recovery, evidence)
        assert due(recovery, evidence) is None

    def test_while_all_is_at_rest_it_is_asked_whether_that_helped(self, recovery: Recovery, evidence: Evidence) -> None:
        for act in (Act.RETAKE, Act.HAND_OVER):
            evidence.ignored = BOTH
            assert due(recovery, evidence, at_rest=False) is act
        let_the_automatic(recovery, evidence)
        assert due(recovery, evidence, at_rest=False) is None
        assert due(recovery, evidence, at_rest=True) is Act.ASK
        assert recovery.in_question is Control.TIME
        evidence.ignored = TIME
        assert due(recovery, evidence, at_rest=True) is Act.LEAVE_OUT
        assert due(recovery, evidence, at_rest=True) is Act.ASK
        assert recovery.in_question is Control.GAIN
        evidence.obeyed = GAIN
        assert due(recovery, evidence, at_rest=True) is None

    def test_what_light_may_have_done_is_no_answer(self, recovery: Recovery, evidence: Evidence) -> None:
        for act in (Act.RETAKE, Act.HAND_OVER):
            evidence.ignored = BOTH
            assert due(recovery, evidence) is act
        let_the_automatic(recovery, evidence)
        evidence.obeyed, evidence.light_moves = BOTH, True
        assert due(recovery, evidence) is None
        assert due(recovery, evidence, at_rest=True) is Act.ASK
        evidence.light_moves = False
        assert due(recovery, evidence) is Act.SHARE

    def test_it_is_not_asked_for_ever_nor_of_one_that_had_obeyed(self, recovery: Recovery, evidence: Evidence) -> None:
        evidence.ignored = BOTH
        due(recovery, evidence)
        assert [due(recovery, evidence, at_rest=True) for _ in range(20)].count(Act.ASK) == MOST_QUESTIONS
        recovery.reset("Cam")
        evidence.trusted = evidence.ignored = BOTH
        assert due(recovery, evidence) is Act.RETAKE
        assert due(recovery, evidence, at_rest=True) is None

    def test_it_is_tried_once(self, recovery: Recovery, evidence: Evidence) -> None:
        for act in (Act.RETAKE, Act.HAND_OVER):
            evidence.ignored = BOTH
            assert due(recovery, evidence) is act
        let_the_automatic(recovery, evidence)
        evidence.ignored = BOTH
        assert due(recovery, evidence) is Act.LEAVE_ALONE
        evidence.ignored = NEITHER
        assert due(recovery, evidence, 61.0) is Act.RETAKE
        evidence.ignored = BOTH
        assert due(recovery, evidence, 70.0) is Act.LEAVE_ALONE


class TestAnAutomaticThatTakesBackWhatIsSet:
    """It shows in the pictures; obeyed each setting is, for a moment."""

    def test_both_ways_of_the_remedy_are_tried_then_it_wins(self, recovery: Recovery, evidence: Evidence) -> None:
        evidence.obeyed = evidence.trusted = BOTH
        assert due(recovery, evidence, takes_back=True) is Act.RETAKE
        assert "keeps regulating its exposure by itself" in recovery.notice(1.0)
        evidence.obeyed = evidence.trusted = BOTH
        assert due(recovery, evidence, 2.0) is None
        assert due(recovery, evidence, 5.0, takes_back=True) is Act.HAND_OVER
        let_the_automatic(recovery, evidence, 5.0)
        assert due(recovery, evidence, 9.0, takes_back=True) is Act.LEAVE_ALONE
        assert "left to do so" in recovery.notice(60.0)
        assert due(recovery, evidence, 60.0) is None
        assert due(recovery, evidence, 70.0) is Act.RETAKE
        assert due(recovery, evidence, 75.0, takes_back=True) is Act.LEAVE_ALONE

    def test_one_that_held_for_long_has_both_before_it_again(self, recovery: Recovery, evidence: Evidence) -> None:
        for now_s in (0.0, 61.0, 122.0):
            assert due(recovery, evidence, now_s, takes_back=True) is Act.RETAKE

    def test_without_an_automatic_to_switch_it_wins_sooner(self, recovery: Recovery, evidence: Evidence) -> None:
        assert due(recovery, evidence, takes_back=True, automatic=False) is Act.RETAKE
        assert due(recovery, evidence, 5.0, takes_back=True, automatic=False) is Act.LEAVE_ALONE


def test_of_two_that_fell_short_an_exchange_tells_and_not_for_ever(recovery: Recovery, evidence: Evidence) -> None:
    evidence.doubted = BOTH
    assert due(recovery, evidence, at_rest=False) is None
    assert due(recovery, evidence, controls=TIME, at_rest=True) is None
    acts = [due(recovery, evidence, at_rest=True) for _ in range(MOST_EXCHANGES + 3)]
    assert acts == [Act.EXCHANGE] * MOST_EXCHANGES + [None] * 3
    evidence.doubted = NEITHER
    assert due(recovery, evidence, at_rest=True) is None
    evidence.doubted = BOTH
    assert due(recovery, evidence, at_rest=True) is Act.EXCHANGE


def test_one_that_failed_in_an_exchange_is_left_out_if_it_had_obeyed(recovery: Recovery, evidence: Evidence) -> None:
    evidence.obeyed = evidence.trusted = BOTH
    evidence.ignored = evidence.doubted = TIME
    assert due(recovery, evidence) is Act.RETAKE
    assert recovery.on_trial == TIME
    evidence.ignored = TIME
    assert due(recovery, evidence, automatic=False) is Act.LEAVE_OUT
    assert recovery.left_out == TIME


def test_what_pictures_spoke_against_is_believed_again_where_nothing_else_reaches(
    recovery: Recovery, evidence: Evidence
) -> None:
    evidence.doubted = TIME
    assert due(recovery, evidence, now_s=100.0, out_of_reach=True) is Act.BELIEVE
    assert due(recovery, evidence, now_s=101.0, out_of_reach=True) is None
    later_s = 100.0 + recovery.config.retry_s
    assert due(recovery, evidence, now_s=later_s, out_of_reach=True) is Act.BELIEVE
    evidence.suspected = TIME  # it failed again
    assert due(recovery, evidence, now_s=later_s + 1, out_of_reach=True) is Act.RETAKE
