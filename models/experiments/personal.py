"""What training a person's own network adds to the live layer, with the answers as people give them: end to end.

A simulated person answers a camera that is in use: each picture is shown where the loop comes to rest with the layer as
it is then, the answer is stored, and the layer learns it. Then the network is trained as the command ``personalise``
does, its acceptance test and all. Measured is where the loop comes to rest on pictures that nobody answered, before and
after, with the layer on top both times.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from autoexposure.feedback.reward import label_of
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame, Pixels, check_pixels
from autoexposure.metering.policy import Policy
from autoexposure.metering.preview import make_preview
from autoexposure.personal.learner import LiveConfig
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.personal.model_store import PersonalModels
from autoexposure.personal.recall import recall
from autoexposure.process.long_work import Tell, part_of
from autoexposure.response import gamma
from autoexposure.states import AeState
from models.data.exposure_ladder import re_expose
from models.data.simulated_experts import EXPERTS
from models.experiments.plots import Curve, plot_curves
from models.experiments.study import Outcome, StudyConfig, World, kept
from models.inference.onnx_policy import OnnxPolicy
from models.meters import PolicyMeter, rest_ev
from models.training.answered import expose_at
from models.training.finetune import FineTuneConfig
from models.training.personal.layered import layer_on
from models.training.personal.personalise import PersonaliseConfig
from models.training.personal.personalise import personalise as train

STARTS_EV = 1.0
"""A picture first comes in at most this far from its photograph; from there the loop looks for its rest."""

FARTHEST_EV = 3.0
"""How far from its photograph a picture is shown: no taste here asks for much more than half of that."""


class Measured(TypedDict):
    """One person after so many answers: mean distance of the rest from the wish, and what the test said."""

    bare_ev: float
    before_ev: float
    after_ev: float
    used: bool
    steps: int
    verdict: str


def personalise(config: StudyConfig, world: World, tell: Tell) -> Outcome:
    """``personalise.{A..E}.{30,100,300}`` with the fields of `Measured`: EV without any answer, before, after.

    ``gained.{..}``: the mean over people of 1 - after / before, and ``worst_ev``: by how much anybody got worse.
    """
    counts = config.sizes.answers
    found: dict[str, dict[str, Measured]] = {}
    for person in (expert.name for expert in EXPERTS):
        found[person] = {}
        for answers in counts:
            told = part_of(tell, f"{answers} answers of {person}")
            shape = [config.sizes.person_steps, str(LiveConfig())]
            key: list[object] = ["personalise", person, answers, config.model_sha256, world.identity, *shape]
            measure = partial(_measure, config, world, person, answers, told)
            found[person][str(answers)] = kept(config.out / "points", key, measure)
    gained: dict[str, float] = {}
    for count in map(str, counts):
        cuts = [1 - row[count]["after_ev"] / row[count]["before_ev"] for row in found.values()]
        gained[count] = float(np.mean(cuts))
    worst_ev = max(each["after_ev"] - each["before_ev"] for row in found.values() for each in row.values())
    table = [["person", "answers", "no answer, EV", "layer, EV", "trained, EV", "in use", "batches", "the test"]]
    table += [
        [
            name,
            count,
            *(f"{ev:.3f}" for ev in (each["bare_ev"], each["before_ev"], each["after_ev"])),
            "new" if each["used"] else "old",
            str(each["steps"]),
            each["verdict"],
        ]
        for name, row in found.items()
        for count, each in row.items()
    ]
    curves = []
    for name, row in found.items():
        xs = [float(count) for count in row]
        curves.append(Curve(f"{name}, layer", xs, [each["before_ev"] for each in row.values()], dashed=True))
        curves.append(Curve(f"{name}, trained", xs, [each["after_ev"] for each in row.values()]))
    note = f"{world.people}; {len(world.test)} pictures that nobody answered"
    label = "distance from the wish where the loop settles, EV"
    plot_curves(curves, "answers", label, note, config.out / "personalise.png")
    most = str(counts[-1])
    used = sum(row[most]["used"] for row in found.values())
    summary = (
        f"after {most} answers training takes off another {gained[most]:.0%} on average, and a new model is used by"
        f" {used} of {len(found)}; nobody got worse by more than {max(0.0, worst_ev):.3f} EV"
    )
    figures = {"personalise": found, "gained": gained, "worst_ev": worst_ev}
    return Outcome("personalise", figures, table, summary)


def _measure(config: StudyConfig, world: World, person: str, count: int, tell: Callable[[float], None]) -> Measured:
    network = OnnxPolicy(config.model)
    with TemporaryDirectory(dir=config.out) as folder:
        models = PersonalModels(person, Path(folder))
        with FeedbackStore(Path(folder) / "feedback.sqlite", profile=person) as store:
            answer(store, layer_on(network), world, person, count)
            before = layer_on(network)
            recall(before, store, network.sha256)
            training = FineTuneConfig(method="ordinal", steps=config.sizes.person_steps, threads=config.threads)
            outcome = train(store, models, PersonaliseConfig(training, config.model), lambda _, done: tell(done))
            after = before
            if outcome.model is not None:
                own = OnnxPolicy(outcome.model.path)
                after = layer_on(own)
                recall(after, store, own.sha256)
            return Measured(
                bare_ev=rest_error_ev(network, world, person),
                before_ev=rest_error_ev(before, world, person),
                after_ev=rest_error_ev(after, world, person),
                used=outcome.model is not None,
                steps=outcome.steps,
                verdict=str(outcome.verdict),
            )


def answer(store: FeedbackStore, layer: LiveLayer, world: World, person: str, count: int) -> None:
    """Have a person answer ``count`` pictures in a row, all stored, and the layer learn from them as it goes."""
    random = np.random.default_rng(0)
    order = random.permutation(world.train)
    for number in range(count):
        again, row = divmod(number, len(order))
        place = int(order[row])
        picture = check_pixels(world.pictures[place])
        if again % 2:
            picture = check_pixels(np.ascontiguousarray(picture[:, ::-1]))
        start_ev = float(random.uniform(-STARTS_EV, STARTS_EV))
        shown_ev = rest_ev(PolicyMeter(layer), partial(expose_at, picture, gamma()), start_ev, farthest_ev=FARTHEST_EV)
        shown: Pixels = re_expose(picture, gamma(), shown_ev)
        label = label_of(float(world.wishes_ev[person][place]) - shown_ev)
        stored = store.add(
            Frame(shown, 0.0, number),
            label,
            camera="",
            meter=layer.name,
            ae_state=AeState.CONVERGED,
            delta_ev=0.0,
            model_hash=layer.sha256,
        )
        layer.click(make_preview(shown), label, answer=stored)


def rest_error_ev(policy: Policy, world: World, person: str) -> float:
    """Mean distance of where a loop comes to rest from what a person wants, over the test pictures."""
    off_ev: list[float] = []
    wishes: NDArray[np.float64] = world.wishes_ev[person][world.test]
    for place, wish_ev in zip(world.test, wishes, strict=True):
        shown = partial(expose_at, world.pictures[int(place)], gamma())
        off_ev.append(abs(rest_ev(PolicyMeter(policy), shown, farthest_ev=FARTHEST_EV) - float(wish_ev)))
    return float(np.mean(off_ev))
