"""Bracketing by attention (paper 9.4) against brackets of fixed steps: how much of a subject is well exposed once.

Subjects are relit, so that they and what is behind them disagree by up to 4 EV. A bracket is chosen as in the live
loop, from the network's maps and the pictures taken so far; the mask only judges. Brackets of fixed steps reach equally
far to both sides of where a meter comes to rest: the network, or a matrix meter like a camera's own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
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
from autoexposure.simulation.light import STEADY_S
from autoexposure.simulation.scene import REFERENCE, Size
from autoexposure.simulation.scene_files import load_scene
from models.data.exposure_ladder import encode_table, expose_linear, linear_light
from models.data.hdr_views import find_hdr
from models.data.masks import SUBJECT_CODE
from models.data.relighting import Lighting
from models.experiments.plots import Curve, plot_curves
from models.experiments.study import Outcome, StudyConfig, World, kept
from models.inference.onnx_policy import OnnxPolicy
from models.meters import CONTENT_EV, FARTHEST_EV, ROUNDS

BACKGROUNDS_EV = (-2.0, 1.0, 2.0, 3.0, 4.0)
"""Light on the backgrounds, a subject each, in turn: mostly backlight, for which brackets are taken."""

SHADES_EV = (0.0, 1.5, 3.0)
"""How much less light falls on subjects before HDR scenes than on these on average: up to a room before its window."""

FIXED_EV = (1.0, 2.0, 3.0)
"""How far brackets of fixed steps reach to either side."""

REACH_EV = (-FARTHEST_EV, FARTHEST_EV)

COUNTS = range(FEWEST, MOST + 1)

CHOSEN = "chosen"
SOFTER = {f"chosen, attention to the power of {sharpness}": float(sharpness) for sharpness in (1, 2)}
"""Row -> sharpness, to be held against what is in use."""
AT_ONCE = "chosen, all at once"
WHOLE = "whole picture: "
"""Before a row whose area is the whole picture instead of the subject."""
ALIKE, ALIKE_AT_ONCE = "chosen, all places alike", "chosen, all places alike, all at once"
CELLS = "by the exposure map alone"
KNOWING = "light and mask known"
"""What could be had: the best set of exposures for one who knows both."""

OURS, NATIVE = "attention", "matrix"

RELIT, HDR = "relit", "hdr"
SHOWN = {RELIT: "{} relit subjects", HDR: "{} subjects before HDR scenes"}

Shares = dict[str, list[float]]
"""Row of the table -> the share of the subject that is well exposed in some picture, for each of COUNTS."""


class View:
    """A subject in its light, at any exposure.

    Parameters
    ----------
    light : (H, W, 3) linear, 1 = saturation at 0 EV.
    mask : (H, W) uint8, 255 = subject.
    """

    _codes = encode_table(gamma())

    def __init__(self, light: Floats, mask: NDArray[np.uint8]) -> None:
        self.light = light
        self.area: NDArray[np.bool_] = mask >= SUBJECT_CODE

    def shown(self, ev: float) -> Pixels:
        """(H, W, 3) uint8 as taken at ``ev``."""
        return check_pixels(expose_linear(self.light * np.float32(2.0**ev), self._codes))


def bracket(config: StudyConfig, world: World, tell: Tell) -> Outcome:
    """``bracket.{relit,hdr}.{median,mean,p10}``: row of the table -> a figure for each count; and ``scenes``."""
    masked = [int(place) for place in world.test if place < len(world.masks)]
    if not masked:
        raise ConfigError("bracket needs photographs with masks of their subject: name a folder with --subjects")
    unseen = find_hdr(config.hdr, free_only=config.free_only) if config.hdr else None
    scenes = [*unseen.of("test"), *unseen.of("validation")] if unseen is not None else []
    key = ["bracket", config.model_sha256, world.identity, BACKGROUNDS_EV, FIXED_EV, SHARPNESS, len(scenes)]
    found: dict[str, list[Shares]] = kept(
        config.out / "points", key, lambda: _measure(config, world, masked, scenes, tell)
    )
    figures = {kind: _statistics(shares) for kind, shares in found.items() if shares}
    curves = [
        Curve(f"{row}, {kind}", list(COUNTS), of["median"][row], dashed=kind == HDR)
        for kind, of in figures.items()
        for row in (CHOSEN, _fixed(2.0, OURS), _fixed(1.0, OURS))
    ]
    note = "medians; " + ", ".join(SHOWN[kind].format(len(found[kind])) for kind in figures)
    plot_curves(curves, "pictures", "share well exposed in one of them", note, config.out / "bracket.png")
    table = [["well exposed in one of them, median / worst tenth", *(f"{count} pictures" for count in COUNTS)]]
    for kind, of in figures.items():
        rows = [*of["median"]] if kind == RELIT else [row for row in of["median"] if row in HDR_ROWS]
        for row in rows:
            cells = (f"{mid:.1%} / {low:.1%}" for mid, low in zip(of["median"][row], of["p10"][row], strict=True))
            table.append([row if kind == RELIT else f"HDR scenes: {row}", *cells])
    counts = {kind: len(shares) for kind, shares in found.items()}
    summary = "; ".join(_ahead(SHOWN[kind].format(counts[kind]), of["median"]) for kind, of in figures.items())
    return Outcome("bracket", {"bracket": figures, "scenes": counts}, table, summary)


def _statistics(found: Sequence[Shares]) -> dict[str, dict[str, list[float]]]:
    shares = {row: np.array([each[row] for each in found]) for row in found[0]}  # (scenes, counts)
    return {
        "median": {row: [float(x) for x in np.median(values, axis=0).round(4)] for row, values in shares.items()},
        "mean": {row: [float(x) for x in values.mean(axis=0).round(4)] for row, values in shares.items()},
        "p10": {row: [float(x) for x in np.quantile(values, 0.1, axis=0).round(4)] for row, values in shares.items()},
    }


def _ahead(scenes: str, median: Mapping[str, Sequence[float]]) -> str:
    def points(of: Sequence[float]) -> str:
        return "/".join(f"{100 * (ours - other):+.0f}" for ours, other in zip(median[CHOSEN], of, strict=True))

    best = [max(median[_fixed(reach_ev, OURS)][place] for reach_ev in FIXED_EV) for place in range(len(COUNTS))]
    others = (_fixed(2.0, OURS), _fixed(1.0, OURS), _fixed(2.0, NATIVE))
    ahead = [f"{points(median[row])} of {row}" for row in others]
    ahead.append(f"{points(best)} of the best fixed one of each count around {OURS}")
    return f"{scenes}, points ahead with {'/'.join(map(str, COUNTS))} pictures: {', '.join(ahead)}"


def _fixed(reach_ev: float, meter: str) -> str:
    return f"+-{reach_ev:g} EV around {meter}"


HDR_ROWS = (CHOSEN, *SOFTER, KNOWING, *(_fixed(reach_ev, OURS) for reach_ev in FIXED_EV), _fixed(2.0, NATIVE))
"""What the table has of HDR scenes; the JSON has all."""


def _measure(
    config: StudyConfig, world: World, masked: Sequence[int], scenes: Sequence[Path], tell: Tell
) -> dict[str, list[Shares]]:
    network = OnnxPolicy(config.model)
    own_meter = MatrixMeter(config=MeteringConfig(response=gamma()))
    pasted = len(scenes) * len(SHADES_EV)
    kinds = {RELIT: _relit_views(world, masked), HDR: _pasted_views(world, masked, scenes)}
    found: dict[str, list[Shares]] = {kind: [] for kind in kinds}
    done = 0
    for kind, views in kinds.items():
        for view in views:
            found[kind].append(
                _shares(view, network, {OURS: _rest_ev(network, view), NATIVE: _rest_ev(own_meter, view)})
            )
            done += 1
            tell("taking brackets", done / (len(masked) + pasted))
    return found


def _relit_views(world: World, masked: Sequence[int]) -> Iterator[View]:
    """Each subject before its own background, with more or less light on that."""
    for place, background_ev in zip(masked, itertools.cycle(BACKGROUNDS_EV), strict=False):
        mask = world.masks[place]
        yield View(
            linear_light(check_pixels(world.pictures[place]), gamma()) * Lighting(background_ev).gain(mask), mask
        )


def _pasted_views(world: World, masked: Sequence[int], scenes: Sequence[Path]) -> Iterator[View]:
    """Before each HDR scene one subject after the other, with less light on it than on the scene's average."""
    subjects = itertools.cycle(masked)
    for path in scenes:
        scene = load_scene(path, Size(256, 192)).radiance(STEADY_S) * np.float32(REFERENCE.time_s)
        for shade_ev in SHADES_EV:
            place = next(subjects)
            mask = world.masks[place]
            subject = linear_light(check_pixels(world.pictures[place]), gamma()) * np.float32(2.0**-shade_ev)
            behind = cv2.resize(scene, mask.shape[::-1], interpolation=cv2.INTER_AREA)
            share = (mask / np.float32(255))[..., np.newaxis]
            yield View(np.asarray(subject * share + behind * (1 - share), np.float32), mask)


def _shares(view: View, network: Policy, rests_ev: Mapping[str, float]) -> Shares:
    whole = np.ones_like(view.area)

    def share(evs: Sequence[float], area: NDArray[np.bool_] = view.area) -> float:
        return well_exposed_share([view.shown(ev) for ev in evs], area)

    ours_ev = rests_ev[OURS]
    looks = _Looks(view, network)
    chosen = [looks.in_turn(ours_ev, count) for count in COUNTS]
    shares: Shares = {
        CHOSEN: [share(each) for each in chosen],
        WHOLE + CHOSEN: [share(each, whole) for each in chosen],
        AT_ONCE: [share(looks.at_once(ours_ev, count)) for count in COUNTS],
    }
    for row, sharpness in SOFTER.items():
        brackets = [looks.in_turn(ours_ev, count, sharpness) for count in COUNTS]
        shares[row] = [share(each) for each in brackets]
        shares[WHOLE + row] = [share(each, whole) for each in brackets]
    decision = looks.decision(ours_ev)
    assert decision.attention is not None
    assert decision.exposure_map is not None
    scene = SceneLight(gamma())
    wishes: dict[str, tuple[Floats, Floats]] = {
        CELLS: (np.float32(ours_ev) + decision.exposure_map, decision.attention),
        KNOWING: (scene.wishes_of(view.light), view.area.astype(np.float32)),
    }
    for row, (wishes_ev, weights) in wishes.items():
        shares[row] = [share(choose(wishes_ev, weights, count, REACH_EV, scene.width_ev)) for count in COUNTS]
    for meter, rest_ev in rests_ev.items():
        for reach_ev in FIXED_EV:
            shares[_fixed(reach_ev, meter)] = [share(_steps_ev(rest_ev, reach_ev, count)) for count in COUNTS]
    shares[WHOLE + ALIKE] = [share(looks.in_turn(ours_ev, count, sharpness=0), whole) for count in COUNTS]
    shares[WHOLE + ALIKE_AT_ONCE] = [share(looks.at_once(ours_ev, count, sharpness=0), whole) for count in COUNTS]
    shares[WHOLE + _fixed(2.0, OURS)] = [share(_steps_ev(ours_ev, 2.0, count), whole) for count in COUNTS]
    # Those of the whole picture stand last.
    return dict(sorted(shares.items(), key=lambda row: row[0].startswith(WHOLE)))


def _steps_ev(middle_ev: float, reach_ev: float, count: int) -> list[float]:
    return [float(ev) for ev in np.linspace(middle_ev - reach_ev, middle_ev + reach_ev, count)]


class _Looks:
    """What the network says of one view at the exposures it was asked for; the same exposure is asked once."""

    def __init__(self, view: View, network: Policy) -> None:
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


def _rest_ev(policy: Policy, view: View) -> float:
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
