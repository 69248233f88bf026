import pytest

from autoexposure.errors import ConfigError
from autoexposure.feedback.asking import Asker, AskingConfig
from autoexposure.metering.policy import Decision
from autoexposure.states import AeState

CALM = AeState.CONVERGED


def unsure(doubt_ev: float | None) -> Decision:
    return Decision(0.0, doubt_ev=doubt_ev)


def test_nobody_is_asked_unless_they_said_so() -> None:
    asker = Asker()
    assert not any(asker.should_ask(t, CALM, unsure(2.0)) for t in range(0, 1000, 10))


def test_at_most_once_a_minute() -> None:
    asker = Asker(AskingConfig(on=True))
    asked = [t for t in range(600) if asker.should_ask(t, CALM, unsure(0.5))]
    assert asked == list(range(60, 600, 60))


def test_an_answer_given_unasked_also_gives_rest() -> None:
    asker = Asker(AskingConfig(on=True))
    asker.should_ask(0, CALM, unsure(0.5))
    asker.answered(59)
    assert not asker.should_ask(70, CALM, unsure(0.5))
    assert asker.should_ask(119, CALM, unsure(0.5))


def test_only_settled_pictures_that_it_is_unsure_of() -> None:
    asker = Asker(AskingConfig(on=True))
    asker.should_ask(0, CALM, unsure(0.5))
    assert not asker.should_ask(100, AeState.SEARCHING, unsure(0.5))
    assert not asker.should_ask(100, CALM, unsure(0.1))
    assert not asker.should_ask(100, CALM, unsure(None))
    assert not asker.should_ask(100, CALM, None)
    assert asker.should_ask(100, CALM, unsure(0.5))


def test_the_least_sure_of_late_are_asked_about() -> None:
    asker = Asker(AskingConfig(on=True))
    for t in range(50):
        asker.should_ask(t, CALM, unsure(0.5 + t / 100))
    assert not asker.should_ask(100, CALM, unsure(0.55))
    assert asker.should_ask(101, CALM, unsure(0.95))


def test_a_shorter_pause_is_refused() -> None:
    with pytest.raises(ConfigError, match="60 s"):
        AskingConfig(on=True, pause_s=5)
