import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.errors import ConfigError
from autoexposure.feedback.asking import (
    LOOK_SIDE,
    Asker,
    AskingConfig,
    Look,
    look_of,
    pack_look,
    same_look,
    unpack_look,
)
from autoexposure.frame import Pixels
from autoexposure.response import srgb

PAUSE_S = AskingConfig().pause_s


def scene(seed: int) -> Pixels:
    """(96, 128, 3): soft patches of light, other ones for each seed."""
    coarse = 2 ** np.random.default_rng(seed).uniform(3, 7.5, (6, 8, 1)).astype(np.float32).repeat(3, axis=2)
    return np.rint(cv2.resize(coarse, (128, 96), interpolation=cv2.INTER_LINEAR)).clip(0, 255).astype(np.uint8)


def flat(ev: float = 0.0) -> Look:
    look = np.zeros((LOOK_SIDE, LOOK_SIDE), np.float32)
    look[0] = ev
    return look


def seconds(asker: Asker, until_s: int, doubt_ev: float | None = 0.5, at_rest: bool = True) -> list[int]:
    """When it finds the picture on screen worth a question."""
    return [now_s for now_s in range(until_s) if asker.due(now_s, at_rest, doubt_ev)]


class TestLook:
    @given(st.integers(0, 200), st.floats(-0.7, 0.7))
    def test_the_same_picture_is_known_again_at_another_exposure(self, seed: int, offset_ev: float) -> None:
        picture = scene(seed)
        other = srgb().re_expose(picture, offset_ev).astype(np.uint8)
        assert same_look(look_of(picture), look_of(other))

    def test_and_with_noise_or_moved_a_little(self) -> None:
        picture = scene(1)
        noise = np.random.default_rng(0).normal(0, 5, picture.shape)
        noisy = (picture + noise).clip(0, 255).astype(np.uint8)
        moved = np.ascontiguousarray(np.roll(picture, 3, axis=1))
        assert same_look(look_of(picture), look_of(noisy))
        assert same_look(look_of(picture), look_of(moved))

    def test_another_picture_is_another(self) -> None:
        looks = [look_of(scene(seed)) for seed in range(20)]
        assert not any(same_look(looks[one], looks[other]) for one in range(20) for other in range(one))

    def test_it_is_kept_as_bytes_and_damage_is_no_look(self) -> None:
        look = look_of(scene(3))
        back = unpack_look(pack_look(look))
        assert back is not None
        assert back == pytest.approx(look, abs=0.01)
        for damage in (b"", pack_look(look)[:-1], b"\xff" * 2 * LOOK_SIDE**2):
            assert unpack_look(damage) is None


class TestAsker:
    def test_nobody_is_asked_in_the_first_minutes_nor_about_a_picture_in_passing(self) -> None:
        asker = Asker()
        due = seconds(asker, 1000)
        assert due[0] == PAUSE_S
        asker.due(1000, False, 0.5)
        assert [now_s for now_s in range(1001, 1010) if asker.due(now_s, True, 0.5)] == [1005, 1006, 1007, 1008, 1009]

    def test_a_picture_that_moves_is_never_asked_about(self) -> None:
        assert seconds(Asker(), 1000, at_rest=False) == []

    def test_at_most_once_in_some_minutes(self) -> None:
        asker = Asker()
        asked = [s for s in range(2000) if asker.due(s, True, 0.5) and asker.ask(s, flat(s))]
        assert asked == [300, 600, 900, 1200, 1500, 1800]

    def test_an_answer_given_unasked_also_gives_rest(self) -> None:
        asker = Asker()
        seconds(asker, 250)
        asker.answered(250, flat(9))
        assert not asker.due(PAUSE_S + 1, True, 0.5)
        assert asker.due(250 + PAUSE_S, True, 0.5)

    def test_never_twice_about_the_same(self) -> None:
        asker = Asker(looks=[flat(5)])
        assert not asker.ask(400, flat(5)), "of an earlier day"
        assert asker.ask(400, flat(0))
        assert not asker.ask(4000, flat(0)), "of today"
        asker.answered(4000, flat(-5))
        assert not asker.ask(8000, flat(-5)), "answered unasked"

    def test_not_where_the_meter_is_sure(self) -> None:
        assert seconds(Asker(), 1000, doubt_ev=0.1) == []

    def test_a_meter_that_does_not_say_how_sure_it_is_may_ask_of_any_new_picture(self) -> None:
        assert seconds(Asker(), 1000, doubt_ev=None)[0] == PAUSE_S

    def test_the_least_sure_ones_of_late(self) -> None:
        asker = Asker()
        for now_s in range(600):
            asker.due(now_s, True, 0.3 + now_s / 600)
        assert not asker.due(601, True, 0.5)
        assert asker.due(602, True, 1.2)

    def test_pictures_that_come_fast_are_looked_at_once_a_second(self) -> None:
        asker = Asker()
        assert sum(asker.due(frame / 30, True, 0.5) for frame in range(30 * 310)) == 10

    @pytest.mark.parametrize("wrong", [{"pause_s": 5}, {"share": 0}, {"remembered": 0}, {"rest_s": -1}])
    def test_settings_that_would_pester_are_refused(self, wrong: dict[str, float]) -> None:
        with pytest.raises(ConfigError, match="120 s"):
            AskingConfig(**wrong)
