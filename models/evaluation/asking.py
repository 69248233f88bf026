"""What meters answer on held-out pictures. Every picture is made once, and all meters are asked about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.control.controller import Controller
from autoexposure.exposure import Exposure
from autoexposure.frame import Pixels
from autoexposure.response import Floats, gamma
from autoexposure.trust.delay import Attribution
from models.data.dataset import PhotoCache
from models.data.exposure_ladder import (
    FINE_BINS,
    LADDER_EV,
    Balance,
    encode_table,
    label_ev,
    ladder,
    scene_light,
    shrink,
)
from models.data.relighting import Lighting
from models.evaluation.figures import AttentionOnSubject
from models.meters import Answers, MapMeter, Meter, PolicyMeter, TorchMeter, rests_ev

Progress = Callable[[float], None]
Places = NDArray[np.int64]

RELIT_EV = (-2.0, 1.0, 2.0, 3.0)
"""Light on the background where a meter's single answers on relit subjects are measured."""

RELIT_STEPS_EV: NDArray[np.float64] = LADDER_EV[2::4]
"""Steps of the ladders of relit subjects: five, as there are four lights for each subject."""

LOOKS = 20
"""Pictures of one scene that a loop is shown: a few are enough for all that come to rest."""


class RelitSubject:
    """A photograph (gamma 2.2) whose background gets more light: exposed again and again, its light is computed once.

    Parameters
    ----------
    picture : (H, W, 3) uint8 RGB.
    mask : (H, W) uint8, 255 = subject.
    background_ev : how much more light the background gets.
    """

    _codes = encode_table(gamma())
    _table = scene_light(gamma())

    def __init__(self, picture: Pixels, mask: NDArray[np.uint8], background_ev: float) -> None:
        light = self._table[picture, np.arange(3)] * Lighting(background_ev).gain(mask)
        self._root: Floats = np.sqrt(light) * np.float32(FINE_BINS - 1)  # the table of codes is over the root of light

    def preview(self, offset_ev: float) -> Pixels:
        """(128, 128, 3) uint8: as the network sees it with ``offset_ev`` more exposure than the photograph had."""
        root = np.minimum(self._root * np.float32(2 ** (offset_ev / 2)), np.float32(FINE_BINS - 1))
        return shrink(self._codes[(root + np.float32(0.5)).astype(np.int32)])


def ask_ladders(
    meters: Mapping[str, Meter], cache: PhotoCache, chosen: Places, progress: Progress
) -> dict[str, Answers]:
    """What each meter answers on the ladders (gamma 2.2) of the photographs ``chosen`` (N,): (N, 21)."""
    response = gamma()
    return _ask_all(meters, chosen, lambda place: ladder(cache.pictures[place], response), progress)


def loop_moves_ev(answers: Answers) -> NDArray[np.float64]:
    """How far the loop's control law moves what it finds, (N, 21) EV: from each step of ladders to where it rests.

    Parameters
    ----------
    answers : (N, 21) to all steps; in between they change straight, and beyond the ends they stay.
    """
    moves_ev = np.zeros(answers.delta_ev.shape)
    for row, delta_ev in enumerate(answers.delta_ev):
        doubt_ev = None if answers.doubt_ev is None else answers.doubt_ev[row]
        for column, start_ev in enumerate(LADDER_EV.tolist()):
            moves_ev[row, column] = _rest_in_loop_ev(delta_ev, doubt_ev, start_ev) - start_ev
    return moves_ev


def _rest_in_loop_ev(delta_ev: NDArray[np.float64], doubt_ev: NDArray[np.float64] | None, start_ev: float) -> float:
    """Where it rests on one ladder, before a camera that takes any exposure at once."""
    controller, ev = Controller(), start_ev
    controller.begin()
    for _ in range(LOOKS):
        step = controller.step(
            Attribution(Exposure(2.0**ev), 0.0),
            float(np.interp(ev, LADDER_EV, delta_ev)),
            ev,
            in_flight=False,
            doubt_ev=None if doubt_ev is None else float(np.interp(ev, LADDER_EV, doubt_ev)),
        )
        if controller.converged:
            break
        ev = ev if step.command_ev is None else step.command_ev
    return ev


def ladder_errors_ev(answers: Answers) -> NDArray[np.float64]:
    """(N, 21) signed errors of what `ask_ladders` found."""
    return answers.delta_ev - label_ev(LADDER_EV)


def ask_relit_ladders(
    meters: Mapping[str, Meter], cache: PhotoCache, chosen: Places, progress: Progress
) -> dict[str, Answers]:
    """What each meter answers on ladders of the subjects ``chosen`` (N,), relit, label and light as in training.

    Returns
    -------
    (N * L, S): for each subject a row for every light of RELIT_EV, a column for every step of RELIT_STEPS_EV. The right
    answers are ``label_ev(RELIT_STEPS_EV)``.
    """
    balance = Balance()

    def pictures(place: int) -> Pixels:
        share = float(cache.shares[place])
        shown = []
        for background_ev in RELIT_EV:
            relit = RelitSubject(cache.pictures[place], cache.masks[place], background_ev)
            right_ev = balance.offset_ev(background_ev, share)
            shown += [relit.preview(right_ev + float(step)) for step in RELIT_STEPS_EV]
        return np.stack(shown)

    asked = _ask_all(meters, chosen, pictures, progress)
    steps = len(RELIT_STEPS_EV)
    return {
        name: Answers(
            found.delta_ev.reshape(-1, steps), None if found.doubt_ev is None else found.doubt_ev.reshape(-1, steps)
        )
        for name, found in asked.items()
    }


def relit_errors_ev(answers: Answers) -> NDArray[np.float64]:
    """Signed errors of what `ask_relit_ladders` found, of its shape."""
    return answers.delta_ev - label_ev(RELIT_STEPS_EV)


def settle_on_subjects(
    meters: Mapping[str, Meter],
    cache: PhotoCache,
    chosen: Places,
    backgrounds_ev: Sequence[float],
    rounds: int,
    progress: Progress,
) -> dict[str, NDArray[np.float64]]:
    """Where each meter comes to rest on the subjects ``chosen`` (N,) before B lights, from their own exposure: (N, B).

    The subject was right at 0 EV, so this is the subject's error.
    """
    found = {name: np.zeros((len(chosen), len(backgrounds_ev))) for name in meters}
    for row, place in enumerate(chosen):
        picture, mask = cache.pictures[place], cache.masks[place]
        scenes = [RelitSubject(picture, mask, light).preview for light in backgrounds_ev]
        for name, meter in meters.items():
            found[name][row] = rests_ev(meter, scenes, rounds=rounds)
        progress((row + 1) / len(chosen))
    return found


def attention_on_subject(network: MapMeter, cache: PhotoCache, chosen: Places) -> NDArray[np.float64]:
    """(N, 2): share of attention on the subject, and of the frame it fills, of photographs at their own exposure."""
    found = np.zeros((len(chosen), 2))
    for row, place in enumerate(chosen):
        attention = network.attention(shrink(cache.pictures[place])[np.newaxis])[0]
        mask = cv2.resize(cache.masks[place], attention.shape[::-1], interpolation=cv2.INTER_AREA) / 255
        found[row] = float((attention * mask).sum() / max(float(attention.sum()), 1e-9)), float(mask.mean())
    return found


def mean_attention(found: NDArray[np.float64]) -> AttentionOnSubject:
    """The mean of what `attention_on_subject` found."""
    mass, area = found.mean(axis=0)
    return AttentionOnSubject(float(mass), float(area))


def _ask_all(
    meters: Mapping[str, Meter], chosen: Places, pictures: Callable[[int], Pixels], progress: Progress
) -> dict[str, Answers]:
    """(N, P) answers of each meter to the P ``pictures`` of each of the places ``chosen`` (N,)."""
    asked: dict[str, list[Answers]] = {name: [] for name in meters}
    for row, place in enumerate(chosen):
        shown = pictures(int(place))
        for name, meter in meters.items():
            asked[name].append(_answers(meter, shown))
        progress((row + 1) / len(chosen))
    return {name: _stacked(found) for name, found in asked.items()}


def _answers(meter: Meter, previews: NDArray[np.uint8]) -> Answers:
    if isinstance(meter, (PolicyMeter, TorchMeter)):
        return meter.answers(previews)
    return Answers(meter.delta_ev(previews))


def _stacked(found: Sequence[Answers]) -> Answers:
    doubts = [answers.doubt_ev for answers in found if answers.doubt_ev is not None]
    delta_ev = np.stack([answers.delta_ev for answers in found])
    return Answers(delta_ev, np.stack(doubts) if len(doubts) == len(found) else None)
