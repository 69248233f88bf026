import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.exposure import Exposure
from drivers.simulated.frames import FrameTrain

FIRST, SECOND, THIRD = Exposure(0.001), Exposure(0.002), Exposure(0.003)


def run(train: FrameTrain, now_s: float) -> list[int]:
    return list(train.advance(now_s))


def test_frames_happen_every_interval_whether_asked_or_not() -> None:
    train = FrameTrain(0.1, FIRST, start_s=5.0)
    assert run(train, 5.05) == []
    assert run(train, 5.1001) == [0]
    assert run(train, 5.4501) == [1, 2, 3]
    assert train.newest_s == pytest.approx(5.4)
    assert train.due_s == pytest.approx(5.5)


@pytest.mark.parametrize("delay_frames", range(9))
def test_a_setting_shows_exactly_after_its_delay(delay_frames: int) -> None:
    train = FrameTrain(0.1, FIRST, 0.0)
    run(train, 0.35)
    newest = train.sequence
    train.set(SECOND, delay_frames, 0.36)
    run(train, 3.0)
    made = [train.truth(sequence) for sequence in range(train.sequence + 1)]
    assert made == [FIRST] * (newest + 1 + delay_frames) + [SECOND] * (train.sequence - newest - delay_frames)


def test_settings_in_flight_arrive_one_after_the_other() -> None:
    train = FrameTrain(0.1, FIRST, 0.0)
    run(train, 0.15)
    train.set(SECOND, 3, 0.15)
    run(train, 0.25)
    train.set(THIRD, 3, 0.25)
    run(train, 1.0)
    assert [train.truth(sequence) for sequence in range(7)] == [FIRST] * 4 + [SECOND] + [THIRD] * 2


def test_the_newest_setting_wins_over_slower_ones() -> None:
    train = FrameTrain(0.1, FIRST, 0.0)
    run(train, 0.15)
    train.set(SECOND, 4, 0.15)
    train.set(THIRD, 1, 0.16)
    run(train, 2.0)
    assert SECOND not in [train.truth(sequence) for sequence in range(train.sequence + 1)]
    assert train.truth(2) == THIRD
    assert train.register == THIRD


def test_a_long_exposure_slows_the_frames_and_no_others() -> None:
    train = FrameTrain(0.1, FIRST, 0.0)
    run(train, 0.1001)
    train.set(Exposure(0.4), 1, 0.1001)
    run(train, 0.2001)
    assert train.due_s == pytest.approx(0.6)
    train.set(FIRST, 1, 0.21)
    assert run(train, 0.6001) == [2]
    assert train.due_s == pytest.approx(0.7)


def test_a_frame_is_not_over_before_its_setting_was_made() -> None:
    train = FrameTrain(0.1, Exposure(2.0), 0.0)
    run(train, 1.5)
    train.set(FIRST, 0, 1.5)
    assert run(train, 1.5) == [0]
    assert train.newest_s == pytest.approx(1.5)


def test_frames_that_never_were_have_no_truth() -> None:
    train = FrameTrain(0.1, FIRST, 0.0)
    run(train, 0.25)
    assert train.truth(1) == FIRST
    for sequence in (-1, 2):
        with pytest.raises(LookupError):
            train.truth(sequence)


@given(
    commands=st.lists(
        st.tuples(st.integers(0, 8), st.sampled_from([FIRST, SECOND, THIRD, Exposure(0.5)]), st.floats(0, 0.3)),
        max_size=20,
    )
)
def test_whatever_is_set_numbers_and_times_go_forward(commands: list[tuple[int, Exposure, float]]) -> None:
    train = FrameTrain(0.1, FIRST, 0.0)
    now_s, newest_s, numbers = 0.0, 0.0, list[int]()
    for delay_frames, exposure, pause_s in commands:
        now_s += pause_s
        for sequence in train.advance(now_s):
            numbers.append(sequence)
            assert newest_s < train.newest_s <= now_s
            newest_s = train.newest_s
        train.set(exposure, delay_frames, now_s)
    assert numbers == list(range(len(numbers)))
