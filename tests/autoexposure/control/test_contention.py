import pytest

from autoexposure.control.contention import Guardian, GuardianConfig
from autoexposure.errors import ConfigError

WHAT = "another program switched the automatic exposure on"
CONFIG = GuardianConfig()


@pytest.fixture
def guardian() -> Guardian:
    return Guardian()


def fight(guardian: Guardian, began_s: float, rounds: int) -> float:
    """So many disturbances, each right after it was set back; returns when the last one was."""
    now_s = began_s
    for _ in range(rounds):
        guardian.disturbed(WHAT, now_s)
        while not guardian.due(now_s):
            if guardian.yielded:
                return now_s
            now_s += 0.1
        guardian.reasserted(now_s)
        now_s += 0.1
    return now_s


def test_peace_says_nothing(guardian: Guardian) -> None:
    assert guardian.calm
    assert not guardian.due(0)
    assert guardian.notice(0) == ""


def test_the_first_disturbance_is_set_back_at_once_and_told_for_a_while(guardian: Guardian) -> None:
    guardian.disturbed(WHAT, 10)
    assert guardian.due(10)
    guardian.reasserted(10)
    assert guardian.notice(11) == "Another program switched the automatic exposure on; it was set back."
    assert guardian.notice(10 + CONFIG.told_s) == ""


def test_two_reassertions_have_a_pause_between_them(guardian: Guardian) -> None:
    guardian.disturbed(WHAT, 10)
    guardian.reasserted(10)
    guardian.disturbed(WHAT, 10.1)
    assert not guardian.due(10.1)
    assert guardian.notice(10.1).endswith("it will be set back.")
    assert guardian.due(10 + CONFIG.pause_s)


def test_after_three_tries_the_other_program_wins_until_the_truce_is_over(guardian: Guardian) -> None:
    won_s = fight(guardian, 0, rounds=CONFIG.tries + 1)
    assert guardian.yielded
    assert "wins" in guardian.notice(won_s)
    assert not guardian.due(won_s + CONFIG.truce_s / 2)
    assert guardian.due(won_s + CONFIG.truce_s)
    guardian.reasserted(won_s + CONFIG.truce_s)
    assert guardian.calm
    guardian.disturbed(WHAT, won_s + CONFIG.truce_s + 1)  # still there: no second fight
    assert guardian.yielded


def test_disturbances_far_apart_do_not_add_up(guardian: Guardian) -> None:
    for now_s in range(0, 200, int(CONFIG.peace_s) + 1):
        guardian.disturbed(WHAT, now_s)
        assert guardian.due(now_s)
        guardian.reasserted(now_s)
    assert not guardian.yielded


def test_the_user_may_insist(guardian: Guardian) -> None:
    won_s = fight(guardian, 0, rounds=CONFIG.tries + 1)
    guardian.insist()
    assert not guardian.yielded
    assert guardian.due(won_s)


def tries_before_the_other_wins(guardian: Guardian, began_s: float) -> int:
    """Each set back as soon as it may be, and undone at once."""
    tries, now_s = 0, began_s
    while True:
        guardian.disturbed(WHAT, now_s)
        if guardian.yielded:
            return tries
        while not guardian.due(now_s):
            now_s += 0.25
        guardian.reasserted(now_s)
        tries += 1


def test_the_other_program_wins_after_three_tries_each_time_all_three(guardian: Guardian) -> None:
    assert tries_before_the_other_wins(guardian, 0.0) == 3
    guardian.insist()
    guardian.reasserted(100.0)
    guardian.disturbed(WHAT, 100.0)
    assert not guardian.yielded
    guardian.reset()
    assert guardian.calm
    assert tries_before_the_other_wins(guardian, 101.0) == 3
    guardian.reset()
    for _ in range(2):  # peace in between gives all tries back
        guardian.disturbed(WHAT, 200.0)
        guardian.reasserted(200.0)
    assert tries_before_the_other_wins(guardian, 220.5) == 3


def test_who_insists_has_all_three_tries_again(guardian: Guardian) -> None:
    won_s = fight(guardian, 0, rounds=CONFIG.tries + 1)
    guardian.insist()
    assert tries_before_the_other_wins(guardian, won_s) == 3


def test_what_is_set_back_unasked_counts_as_a_try(guardian: Guardian) -> None:
    for _ in range(2):
        guardian.reasserted(0.0)
        assert tries_before_the_other_wins(guardian, 0.0) == 2
        guardian.reset()


def test_the_times_that_users_are_told(guardian: Guardian) -> None:
    guardian.disturbed(WHAT, 100.0)
    guardian.reasserted(100.0)
    assert guardian.notice(103.9)
    assert not guardian.notice(104.0)
    guardian.disturbed(WHAT, 100.5)
    assert not guardian.due(100.99)
    assert guardian.due(101.0)
    assert tries_before_the_other_wins(guardian, 101.0) == 2  # one was used up
    tried_s = 104.0
    guardian.reasserted(tried_s)
    guardian.disturbed(WHAT, tried_s)
    assert not guardian.due(tried_s + 59.9)
    assert guardian.due(tried_s + 60.0)


@pytest.mark.parametrize(("quiet_s", "left"), [(20.0, 2), (20.1, 3)])
def test_twenty_quiet_seconds_make_good_what_was_tried(guardian: Guardian, quiet_s: float, left: int) -> None:
    guardian.disturbed(WHAT, 0.0)
    guardian.reasserted(0.0)
    assert tries_before_the_other_wins(guardian, quiet_s) == left


def test_the_borders_of_its_settings_are_allowed() -> None:
    assert tries_before_the_other_wins(Guardian(GuardianConfig(tries=1)), 0.0) == 1
    assert GuardianConfig(pause_s=5.0, truce_s=5.0).truce_s == 5.0


@pytest.mark.parametrize("wrong", [{"tries": 0}, {"pause_s": 0.0}, {"pause_s": 5.0, "truce_s": 1.0}])
def test_config_is_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="given"):
        GuardianConfig(**wrong)
