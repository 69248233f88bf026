"""How fast the live layer learns a person's taste: the error against the number of clicks.

As in use: every click is on a picture as the running loop shows it, with the layer as it is then, and the answer is
what the (simulated) person says of that exposure. Pictures that were clicked on are never measured on. Where there are
fewer pictures than clicks they come again, mirrored and from another exposure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from autoexposure.feedback.reward import label_of
from autoexposure.metering.policy import Policy
from autoexposure.metering.preview import Preview, make_preview
from autoexposure.personal.learner import LiveConfig
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.process.long_work import Tell, part_of, tell_nobody
from autoexposure.response import gamma
from models.data.simulated_experts import EXPERTS
from models.experiments.plots import Curve, plot_curves
from models.experiments.study import Outcome, StudyConfig, World, kept
from models.inference.onnx_policy import OnnxPolicy
from models.meters import PolicyMeter, rest_ev
from models.training.answered import Picture, expose_at

FARTHEST_EV = 3.0
"""How far from its photograph a picture is shown: no taste here asks for much more than half of that."""


@dataclass(frozen=True, slots=True)
class TasteError:
    """How far a loop comes to rest from what a person wants, mean over pictures; and over the ladder, asked once."""

    settled_ev: float
    ladder_ev: float


def clicks(config: StudyConfig, world: World, tell: Tell = tell_nobody) -> Outcome:
    """``clicks.{A..E}.{0,10,30,100,300}``: mean distance in EV of where the loop settles from the wish.

    ``clicks_ladder.{..}.{..}``: mean absolute error of single answers over the ladder. ``cut.{..}.{..}``: share of the
    error at 0 clicks that is gone, and ``cut.average``.
    """
    wanted, points = list(config.sizes.clicks), config.out / "points"
    found: dict[str, dict[str, TasteError]] = {}
    for expert in EXPERTS:
        told = part_of(tell, f"clicks of {expert.name}")
        told(0.0)
        key: list[object] = [
            "clicks",
            expert.name,
            config.model_sha256,
            world.identity,
            wanted,
            str(LiveConfig()),
            config.sizes.orders,
        ]

        def run(
            name: str = expert.name, told: Callable[[float], None] = told, key: list[object] = key
        ) -> dict[str, list[float]]:
            network, orders = OnnxPolicy(config.model), config.sizes.orders

            def learned(order: int) -> dict[str, list[float]]:
                errors = learn(network, world, name, wanted, order, lambda done: told((order + done) / orders))
                return {str(count): [error.settled_ev, error.ladder_ev] for count, error in errors.items()}

            # An order takes minutes: each is kept by itself, so that a kill costs no more than one.
            runs = [kept(points, [*key, "order", order], partial(learned, order)) for order in range(orders)]
            return {count: [float(np.mean([run[count][i] for run in runs])) for i in (0, 1)] for count in runs[0]}

        values = kept(points, key, run)
        found[expert.name] = {count: TasteError(*pair) for count, pair in values.items()}
    settled = {name: {count: error.settled_ev for count, error in row.items()} for name, row in found.items()}
    ladder = {name: {count: error.ladder_ev for count, error in row.items()} for name, row in found.items()}
    cut = {name: {count: 1 - error / row["0"] for count, error in row.items()} for name, row in settled.items()}
    cut["average"] = {str(count): float(np.mean([cut[e.name][str(count)] for e in EXPERTS])) for count in wanted}
    table = [["clicks", *settled, "average cut"]]
    table += [
        [count, *(f"{row[count]:.3f}" for row in settled.values()), f"{cut['average'][count]:.1%}"]
        for count in map(str, wanted)
    ]
    curves = [Curve(name, [float(count) for count in row], list(row.values())) for name, row in settled.items()]
    note = f"{world.people}; {len(world.test)} pictures that were not clicked on"
    plot_curves(curves, "clicks", "distance from the wish where the loop settles, EV", note, config.out / "clicks.png")
    shown = str(30 if 30 in wanted else wanted[-1])
    worse = sum(row[shown] > row["0"] for row in settled.values())
    summary = (
        f"{shown} clicks cut the error by {cut['average'][shown]:.0%} on average, worse for {worse} of {len(EXPERTS)}"
    )
    return Outcome("clicks", {"clicks": settled, "clicks_ladder": ladder, "cut": cut}, table, summary)


def learn(
    network: OnnxPolicy,
    world: World,
    person: str,
    counts: list[int],
    seed: int = 0,
    told: Callable[[float], None] | None = None,
) -> dict[int, TasteError]:
    """Click as often as the largest of ``counts``, in an order that ``seed`` draws, and measure after each of them."""
    random = np.random.default_rng(seed)
    layer = LiveLayer(network)
    order = random.permutation(world.train)
    errors = {}
    for number in range(max(counts) + 1):
        if told is not None:
            told(number / (max(counts) + 1))
        if number in counts:
            errors[number] = taste_error(layer, world, person)
        if number < max(counts):
            again, place = divmod(number, len(order))
            picture, wish_ev = world.pictures[int(order[place])], float(world.wishes_ev[person][order[place]])
            if again % 2:
                picture = picture[:, ::-1]
            shown_ev = settle(layer, picture, float(random.uniform(-1, 1)))
            layer.click(_seen(picture, shown_ev), label_of(wish_ev - shown_ev))
    return errors


def settle(policy: Policy, picture: Picture, start_ev: float = 0.0) -> float:
    """The exposure at which a loop comes to rest, EV relative to the picture."""
    return rest_ev(PolicyMeter(policy), partial(expose_at, picture, gamma()), start_ev, farthest_ev=FARTHEST_EV)


def taste_error(policy: Policy, world: World, person: str) -> TasteError:
    """Measured on the test pictures, settling from their own exposure; the ladder in steps of 0.8 EV."""
    ladder_ev: NDArray[np.float64] = np.linspace(-1.6, 1.6, 5)
    settled, asked = [], []
    for index in world.test:
        picture, wish_ev = world.pictures[int(index)], float(world.wishes_ev[person][index])
        settled.append(abs(settle(policy, picture) - wish_ev))
        for offset_ev in ladder_ev:
            answer_ev = policy.decide(_seen(picture, float(offset_ev))).delta_ev
            right_ev = min(max(wish_ev - float(offset_ev), -2.0), 2.0)
            asked.append(abs(min(max(answer_ev, -2.0), 2.0) - right_ev))
    return TasteError(float(np.mean(settled)), float(np.mean(asked)))


def _seen(picture: Picture, offset_ev: float) -> Preview:
    """The picture as a camera would show it to the meter."""
    return make_preview(expose_at(picture, gamma(), offset_ev))
