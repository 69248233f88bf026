from __future__ import annotations

import numpy as np
import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.errors import ConfigError
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview
from autoexposure.metering.reuse import AnswerReuse, ReuseConfig

TERMS = ("a response", 0.25)
FRAME_S = 1 / 30


def a_preview(level: float = 90.0, seed: int = 0) -> Preview:
    """A smooth picture with the noise of a sensor."""
    across = np.linspace(0.5, 1.5, 128, dtype=np.float32)
    noise = np.random.default_rng(seed).normal(0, 3, (1, 3, 128, 128))
    return (level * across + noise).astype(np.float32)


class Film:
    """Shows pictures to an AnswerReuse, one a frame, and says whether each got the first one's answer."""

    def __init__(self, config: ReuseConfig | None = None) -> None:
        self.clock = SimulatedClock()
        self.reuse = AnswerReuse(config or ReuseConfig(), self.clock)
        self.number = 0
        self.answer = Decision(0.1)

    def begin(self, preview: Preview, terms: object = TERMS) -> None:
        assert self.reuse.answer_for(preview, (1, 0), terms) is None
        self.reuse.keep(self.answer, preview, (1, 0), terms)

    def stands(self, preview: Preview, *, terms: object = TERMS, stream: int = 1, after_s: float = FRAME_S) -> bool:
        self.clock.sleep(after_s)
        self.number += 1
        answer = self.reuse.answer_for(preview, (stream, self.number), terms)
        assert answer is None or answer is self.answer
        assert self.reuse.picture == (1, 0)
        return answer is not None


def moved(preview: Preview, codes: float, rows: slice = slice(40, 48), columns: slice = slice(40, 48)) -> Preview:
    other = preview.copy()
    other[..., rows, columns] += np.float32(codes)
    return other


def test_noise_is_no_change_until_the_answer_is_too_old() -> None:
    film = Film()
    film.begin(a_preview())
    stood = [film.stands(a_preview(seed=1 + number)) for number in range(20)]
    assert stood == [True] * 14 + [False] * 6


@pytest.mark.parametrize(("codes", "stands"), [(2.4, True), (2.6, False), (-2.6, False)])
def test_one_cell_that_moves_is_a_change(codes: float, stands: bool) -> None:
    film = Film()
    film.begin(a_preview())
    assert film.stands(moved(a_preview(), codes), after_s=1.0) is stands


def test_one_channel_is_enough() -> None:
    film = Film()
    film.begin(a_preview())
    reddened = a_preview()
    reddened[0, 0, 40:48, 40:48] += 3
    assert not film.stands(reddened, after_s=1.0)


def test_what_moves_is_asked_about_ten_times_a_second() -> None:
    film = Film()
    film.begin(a_preview())
    hand = moved(a_preview(), 60)
    assert [film.stands(hand) for _ in range(4)] == [True, True, False, False]


@pytest.mark.parametrize("level", [4.0, 20.0, 90.0])
@pytest.mark.parametrize(("ev", "stands"), [(0.04, True), (0.2, False), (-0.2, False)])
def test_light_that_changes_everywhere_is_asked_about_at_once(level: float, ev: float, stands: bool) -> None:
    """Also in the dark, where it moves no cell by a code value."""
    film = Film()
    film.begin(a_preview(level))
    lit = a_preview(level) * np.float32(2.0 ** (ev / 2.2))
    assert film.stands(lit) is stands


def test_a_change_counts_from_the_picture_that_was_asked_about() -> None:
    film = Film()
    film.begin(a_preview())
    stood = [film.stands(moved(a_preview(), 1.0 * number), after_s=0.2) for number in range(1, 5)]
    assert stood == [True, True, False, False]


def test_other_terms_another_stream_and_forgetting_ask_anew() -> None:
    film = Film()
    film.begin(a_preview())
    assert not film.stands(a_preview(), terms=("a response", 0.0))
    assert not film.stands(a_preview(), stream=2)
    assert film.stands(a_preview())
    film.reuse.forget()
    assert film.reuse.picture is None
    assert film.reuse.answer_for(a_preview(), (1, 9), TERMS) is None


def test_black_stands_until_light_comes() -> None:
    film = Film()
    black = np.zeros((1, 3, 128, 128), np.float32)
    film.begin(black)
    assert film.stands(black)
    assert not film.stands(black + np.float32(0.1))


def test_it_can_be_switched_off() -> None:
    film = Film(ReuseConfig(on=False))
    film.begin(a_preview())
    assert not film.stands(a_preview())


@pytest.mark.parametrize("wrong", [{"cell_codes": -1}, {"moving_s": float("nan")}, {"most_pictures": -1}])
def test_numbers_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="from 0"):
        ReuseConfig(**wrong)  # type: ignore[arg-type]  # what is wrong here is meant to be
