import pytest

from autoexposure.control.contention import Contention, ContentionConfig
from autoexposure.errors import ConfigError

WHAT = "another program switched the automatic exposure on"
CONFIG = ContentionConfig()


@pytest.fixture
def contention() -> Contention:
    return Contention()


def fight(contention: Contention, began_s: float, rounds: int) -> float:
    """So many disturbances, each right after it was set back; returns when the last one was."""
    now_s = began_s
    for _ in range(rounds):
        contention.disturbed(WHAT, now_s)
        while not contention.due(now_s):
            if contention.yielded:
                return now_s
            now_s += 0.1
        contention.reasserted(now_s)
        now_s += 0.1
    return now_s


def test_peace_says_nothing(contention: Contention) -> None:
    assert contention.calm
    assert not contention.due(0)
    assert contention.notice(0) == ""


def test_the_first_disturbance_is_set_back_at_once_and_told_for_a_while(contention: Contention) -> None:
    contention.disturbed(WHAT, 10)
    assert contention.due(10)
    contention.reasserted(10)
    assert contention.notice(11) == "Another program switched the automatic exposure on; it was set back."
    assert contention.notice(10 + CONFIG.notice_s) == ""


def test_two_reassertions_have_a_pause_between_them(contention: Contention) -> None:
    contention.disturbed(WHAT, 10)
    contention.reasserted(10)
    contention.disturbed(WHAT, 10.1)
    assert not contention.due(10.1)
    assert contention.notice(10.1).endswith("it will be set back.")
    assert contention.due(10 + CONFIG.pause_s)


def test_after_three_tries_the_other_program_wins_until_the_truce_is_over(contention: Contention) -> None:
    won_s = fight(contention, 0, rounds=CONFIG.tries + 1)
    assert contention.yielded
    assert "wins" in contention.notice(won_s)
    assert not contention.due(won_s + CONFIG.truce_s / 2)
    assert contention.due(won_s + CONFIG.truce_s)
    contention.reasserted(won_s + CONFIG.truce_s)
    assert contention.calm
    contention.disturbed(WHAT, won_s + CONFIG.truce_s + 1)  # still there: no second fight
    assert contention.yielded


def test_disturbances_far_apart_do_not_add_up(contention: Contention) -> None:
    for now_s in range(0, 200, int(CONFIG.peace_s) + 1):
        contention.disturbed(WHAT, now_s)
        assert contention.due(now_s)
        contention.reasserted(now_s)
    assert not contention.yielded


def test_the_user_may_insist(contention: Contention) -> None:
    won_s = fight(contention, 0, rounds=CONFIG.tries + 1)
    contention.insist()
    assert not contention.yielded
    assert contention.due(won_s)


def tries_before_the_other_wins(contention: Contention, began_s: float) -> int:
    """Each set back as soon as it may be, and undone at once."""
    tries, now_s = 0, began_s
    while True:
        contention.disturbed(WHAT, now_s)
        if contention.yielded:
            return tries
        while not contention.due(now_s):
            now_s += 0.25
        contention.reasserted(now_s)
        tries += 1


def test_the_other_program_wins_after_three_tries_each_time_all_three(contention: Contention) -> None:
    assert tries_before_the_other_wins(contention, 0.0) == 3
    contention.insist()
    contention.reasserted(100.0)
    contention.disturbed(WHAT, 100.0)
    assert not contention.yielded
    contention.reset()
    assert contention.calm
    assert tries_before_the_other_wins(contention, 101.0) == 3
    contention.reset()
    for _ in range(2):  # peace in between gives all tries back
        contention.disturbed(WHAT, 200.0)
        contention.reasserted(200.0)
    assert tries_before_the_other_wins(contention, 220.5) == 3


def test_who_insists_has_all_three_tries_again(contention: Contention) -> None:
    won_s = fight(contention, 0, rounds=CONFIG.tries + 1)
    contention.insist()
    assert tries_before_the_other_wins(contention, won_s) == 3


def test_what_is_set_back_unasked_counts_as_a_try(contention: Contention) -> None:
    for _ in range(2):
        contention.reasserted(0.0)
        assert tries_before_the_other_wins(contention, 0.0) == 2
        contention.reset()


def test_the_times_that_users_are_told(contention: Contention) -> None:
    contention.disturbed(WHAT, 100.0)
    contention.reasserted(100.0)
    assert contention.notice(103.9)
    assert not contention.notice(104.0)
    contention.disturbed(WHAT, 100.5)
    assert not contention.due(100.99)
    assert contention.due(101.0)
    assert tries_before_the_other_wins(contention, 101.0) == 2  # one was used up
    tried_s = 104.0
    contention.reasserted(tried_s)
    contention.disturbed(WHAT, tried_s)
    assert not contention.due(tried_s + 59.9)
    assert contention.due(tried_s + 60.0)


@pytest.mark.parametrize(("quiet_s", "left"), [(20.0, 2), (20.1, 3)])
def test_twenty_quiet_seconds_make_good_what_was_tried(contention: Contention, quiet_s: float, left: int) -> None:
    contention.disturbed(WHAT, 0.0)
    contention.reasserted(0.0)
    assert tries_before_the_other_wins(contention, quiet_s) == left


def test_the_borders_of_its_settings_are_allowed() -> None:
    assert tries_before_the_other_wins(Contention(ContentionConfig(tries=1)), 0.0) == 1
    assert ContentionConfig(pause_s=5.0, truce_s=5.0).truce_s == 5.0


@pytest.mark.parametrize("wrong", [{"tries": 0}, {"pause_s": 0.0}, {"pause_s": 5.0, "truce_s": 1.0}])
def test_config_is_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="given"):
        ContentionConfig(**wrong)
