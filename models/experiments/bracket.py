"""Bracketing by attention (paper 9.4) against brackets of fixed steps: how much of a subject is well exposed once.

Subjects are relit, so that they and what is behind them disagree by up to 4 EV. A bracket is chosen as in the live
loop, from the network's maps and the pictures taken so far; the mask only judges. Brackets of fixed steps reach equally
far to both sides of where a meter comes to rest: the network, or a matrix meter like a camera's own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from autoexposure.bracketing.bracket import FEWEST, MOST, ExposureChoice
from autoexposure.bracketing.choice import choose
from autoexposure.bracketing.light import SHARPNESS, SceneLight
from autoexposure.errors import ConfigError
from autoexposure.evaluation.scores import well_exposed_share
from autoexposure.frame import Pixels, check_pixels
from autoexposure.metering.classical import MatrixMeter, MeteringConfig
from autoexposure.metering.lookahead import look_ahead
from autoexposure.metering.policy import Decision, Policy
from autoexposure.metering.preview import Preview, make_preview
from autoexposure.process.long_work import Tell
from autoexposure.response import Floats, gamma
from models.data.exposure_ladder import encode_table, expose_linear, linear_light
from models.data.masks import SUBJECT_CODE
from models.data.relighting import Lighting
from models.experiments.study import Outcome, StudyConfig, World, kept
from models.inference.onnx_policy import OnnxPolicy
from models.meters import CONTENT_EV, FARTHEST_EV, ROUNDS

BACKGROUNDS_EV = (-2.0, 1.0, 2.0, 3.0, 4.0)
"""Light on the backgrounds, a subject each, in turn: mostly backlight, for which brackets are taken."""

FIXED_EV = (1.0, 2.0, 3.0)
"""How far brackets of fixed steps reach to either side."""

REACH_EV = (-FARTHEST_EV, FARTHEST_EV)

COUNTS = range(FEWEST, MOST + 1)

CHOSEN = "chosen"
SOFT = "chosen, attention as it is"
AT_ONCE = "chosen, all at once"
WHOLE, WHOLE_AT_ONCE = "whole picture: chosen, all places alike", "whole picture: the same, all at once"
WHOLE_FIXED = "whole picture: +-2 EV around attention"
CELLS = "by the exposure map alone"
KNOWING = "light and mask known"
"""What could be had: the best set of exposures for one who knows both."""

OURS, NATIVE = "attention", "matrix"

Shares = dict[str, list[float]]
"""Row of the table -> the share of the subject that is well exposed in some picture, for each of COUNTS."""


class RelitView:
    """A photograph (gamma 2.2) whose background gets ``background_ev`` more light, at any exposure."""

    _codes = encode_table(gamma())

    def __init__(self, picture: Pixels, mask: NDArray[np.uint8], background_ev: float) -> None:
        self.area: NDArray[np.bool_] = mask >= SUBJECT_CODE
        self.light: Floats = linear_light(picture, gamma()) * Lighting(background_ev).gain(mask)

    def shown(self, ev: float) -> Pixels:
        """(H, W, 3) uint8 as taken with ``ev`` more exposure than the photograph."""
        return check_pixels(expose_linear(self.light * np.float32(2.0**ev), self._codes))


def bracket(config: StudyConfig, world: World, tell: Tell) -> Outcome:
    """``bracket.{median,mean,p10}`` with the figures of each row for each count; ``scenes``."""
    masked = [int(place) for place in world.test if place < len(world.masks)]
    if not masked:
        raise ConfigError("bracket needs photographs with masks of their subject: name a folder with --subjects")
    key = ["bracket", config.model_sha256, world.identity, BACKGROUNDS_EV, FIXED_EV, SHARPNESS, WHOLE]
    found: list[Shares] = kept(config.out / "points", key, lambda: _measure(config, world, masked, tell))
    shares = {row: np.array([each[row] for each in found]) for row in found[0]}  # (scenes, counts)
    statistics: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
        "median": lambda values: np.median(values, axis=0),
        "mean": lambda values: values.mean(axis=0),
        "p10": lambda values: np.quantile(values, 0.1, axis=0),
    }
    figures = {
        name: {row: of(values).round(4).tolist() for row, values in shares.items()} for name, of in statistics.items()
    }
    table = [["well exposed in one of them, median / worst tenth", *(f"{count} pictures" for count in COUNTS)]]
    table += [
        [row, *(f"{mid:.1%} / {low:.1%}" for mid, low in zip(figures["median"][row], figures["p10"][row], strict=True))]
        for row in shares
    ]
    return Outcome(
        "bracket", {"bracket": figures | {"scenes": len(found)}}, table, _summary(len(found), figures["median"])
    )


def _summary(scenes: int, median: Mapping[str, Sequence[float]]) -> str:
    def ahead(of: Sequence[float]) -> str:
        return ", ".join(f"{100 * (ours - other):+.0f}" for ours, other in zip(median[CHOSEN], of, strict=True))

    best = [max(median[_fixed(reach_ev, OURS)][place] for reach_ev in FIXED_EV) for place in range(len(COUNTS))]
    words = [f"{scenes} scenes; {CHOSEN} is ahead by so many points with {FEWEST} to {MOST} pictures"]
    words += [
        f"of {name} {ahead(median[name])}" for name in (_fixed(2.0, OURS), _fixed(1.0, OURS), _fixed(2.0, NATIVE))
    ]
    return "; ".join([*words, f"of the best fixed one of each count {ahead(best)}"])


def _fixed(reach_ev: float, meter: str) -> str:
    return f"+-{reach_ev:g} EV around {meter}"


def _measure(config: StudyConfig, world: World, masked: Sequence[int], tell: Tell) -> list[Shares]:
    network = OnnxPolicy(config.model)
    own_meter = MatrixMeter(config=MeteringConfig(response=gamma()))
    found = []
    for number, (place, light) in enumerate(zip(masked, itertools.cycle(BACKGROUNDS_EV), strict=False), 1):
        view = RelitView(check_pixels(world.pictures[place]), world.masks[place], light)
        found.append(_shares(view, network, {OURS: _rest_ev(network, view), NATIVE: _rest_ev(own_meter, view)}))
        tell("taking brackets", number / len(masked))
    return found


def _shares(view: RelitView, network: Policy, rests_ev: Mapping[str, float]) -> Shares:
    whole = np.ones_like(view.area)

    def share(evs: Sequence[float], area: NDArray[np.bool_] = view.area) -> float:
        return well_exposed_share([view.shown(ev) for ev in evs], area)

    ours_ev = rests_ev[OURS]
    looks = _Looks(view, network)
    shares: Shares = {
        CHOSEN: [share(looks.in_turn(ours_ev, count)) for count in COUNTS],
        AT_ONCE: [share(looks.at_once(ours_ev, count)) for count in COUNTS],
        SOFT: [share(looks.in_turn(ours_ev, count, sharpness=1)) for count in COUNTS],
    }
    decision = looks.decision(ours_ev)
    assert decision.attention is not None
    assert decision.exposure_map is not None
    scene = SceneLight(gamma())
    wishes = {
        CELLS: (ours_ev + decision.exposure_map, decision.attention),
        KNOWING: (scene.wishes_of(view.light), view.area),
    }
    for row, (wishes_ev, weights) in wishes.items():
        shares[row] = [share(choose(wishes_ev, weights, count, REACH_EV, scene.width_ev)) for count in COUNTS]
    for meter, rest_ev in rests_ev.items():
        for reach_ev in FIXED_EV:
            shares[_fixed(reach_ev, meter)] = [share(_steps_ev(rest_ev, reach_ev, count)) for count in COUNTS]
    shares[WHOLE] = [share(looks.in_turn(ours_ev, count, sharpness=0), whole) for count in COUNTS]
    shares[WHOLE_AT_ONCE] = [share(looks.at_once(ours_ev, count, sharpness=0), whole) for count in COUNTS]
    shares[WHOLE_FIXED] = [share(_steps_ev(ours_ev, 2.0, count), whole) for count in COUNTS]
    return shares


def _steps_ev(middle_ev: float, reach_ev: float, count: int) -> list[float]:
    return [float(ev) for ev in np.linspace(middle_ev - reach_ev, middle_ev + reach_ev, count)]


class _Looks:
    """What the network says of one view at the exposures it was asked for; the same exposure is asked once."""

    def __init__(self, view: RelitView, network: Policy) -> None:
        self._view = view
        self._network = network
        self._seen: dict[float, tuple[Preview, Decision]] = {}

    def at(self, ev: float) -> tuple[Preview, Decision]:
        if ev not in self._seen:
            preview = make_preview(self._view.shown(ev))
            self._seen[ev] = preview, self._network.decide(preview)
        return self._seen[ev]

    def decision(self, ev: float) -> Decision:
        return self.at(ev)[1]

    def in_turn(self, rest_ev: float, count: int, sharpness: float = SHARPNESS) -> list[float]:
        """The exposures of a bracket, each chosen by the pictures before."""
        choice, taken_ev = ExposureChoice(count, gamma(), sharpness), []
        next_ev = choice.next_ev(self.at(rest_ev)[0], rest_ev, self.decision(rest_ev), REACH_EV)
        while next_ev is not None:
            taken_ev.append(ev := next_ev)
            next_ev = choice.next_ev(self.at(ev)[0], ev, self.decision(ev), REACH_EV)
        return taken_ev

    def at_once(self, rest_ev: float, count: int, sharpness: float = SHARPNESS) -> tuple[float, ...]:
        """The same, all chosen by the picture before the first of them."""
        preview, decision = self.at(rest_ev)
        scene = SceneLight(gamma(), sharpness)
        scene.add(preview, rest_ev, decision.attention, decision.exposure_map)
        return choose(scene.wishes_ev, scene.weights, count, REACH_EV, scene.width_ev)


def _rest_ev(policy: Policy, view: RelitView) -> float:
    """Where the loop comes to rest, EV from the photograph's own exposure."""
    ev = 0.0
    for _ in range(ROUNDS):
        preview = make_preview(view.shown(ev))
        decision = policy.decide(preview)
        step_ev = (look_ahead(policy, preview, decision, gamma()) if policy.coarse else decision).delta_ev
        ev = min(max(ev + step_ev, -FARTHEST_EV), FARTHEST_EV)
        if abs(step_ev) < CONTENT_EV:
            break
    return ev
