"""How much answers teach the live layer about people who are as hard to know as real ones (`models.people.panel`).

As in use: every answer is about a picture as the running loop shows it, with all that was learned by then, on
photographs that the network was not trained on; others are measured. Beside the layer stand what one bias learns from
answers, and what somebody who knew every wish could do: with a bias, and with the very description the layer has.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np

from autoexposure.feedback.answer import Label
from autoexposure.files.atomic_file import atomic_write
from autoexposure.personal.belief import believe
from autoexposure.personal.features import FACTS
from autoexposure.personal.known_people import KnownPeople, known_people, people_bytes, people_path
from autoexposure.personal.learner import ClickFeatures, Learner
from autoexposure.personal.taste import CARELESS, FAR_MORE, HALF_FOLLOWED, NOISE_EV, UNLIKE_OTHERS
from autoexposure.process.long_work import Tell, tell_nobody
from models.experiments.plots import Curve, plot_bars, plot_curves
from models.experiments.study import (
    Outcome,
    StudyConfig,
    World,
    in_checkout,
    kept,
    open_study_photos,
    scene_at,
)
from models.inference.onnx_policy import OnnxPolicy
from models.people.audience import Change, Scenes, linear, no_change, rest_ev, see_scenes
from models.people.looks import Described, Evs, Places, look
from models.people.panel import OFFSET_EV, Person, panel
from models.people.prior import best_weights, cross_fitted_weights, learn_people

ORDERS = 3
"""In which each person answers; figures are their mean."""

ANSWERS = (3, 10, 30, 100)
"""After how many it is measured."""

TRIAL_ANSWERS, TRIAL_PEOPLE = (3, 6), 2
"""The same for a quick trial, with the first of the panel only."""

WORSE_EV = 0.02
"""Somebody is worse off whose pictures miss by this much more than without any answer."""

TRUE_WITHIN = 0.1
"""A share that is told is true if it misses by no more: ten points."""

FEWEST_TO_LEARN_FROM = 100
"""Validation photographs; with fewer, a prior is learned from all there are."""

WHAT = f"3 {NOISE_EV} {CARELESS} {HALF_FOLLOWED} {UNLIKE_OTHERS} {FAR_MORE}"
"""Changes with the learner, so that figures of another are not taken for this one's. The number is raised by hand."""


class Follower(Protocol):
    """Learns from answers which change of the network's answers a person wants."""

    def learn(self, features: ClickFeatures, label: Label) -> None:
        """Learn one answer."""

    def change(self) -> Change:
        """What follows from all answers so far."""


class Layer:
    """The live layer's learner."""

    def __init__(self, known: KnownPeople) -> None:
        self.learner = Learner(known)

    def learn(self, features: ClickFeatures, label: Label) -> None:
        """See `Follower`."""
        self.learner.learn(features, label)

    def change(self) -> Change:
        """See `Follower`."""
        return lambda descriptions: np.array([self.learner.change_ev(each) for each in descriptions])


class OneBias:
    """A single number, learned from the same intervals with the same noise: what a person would set by hand."""

    def __init__(self, known: KnownPeople) -> None:
        self._learner = Learner(known)

    def learn(self, features: ClickFeatures, label: Label) -> None:
        """See `Follower`."""
        self._learner.learn(features, label)

    def change(self) -> Change:
        """See `Follower`."""
        if not self._learner.clicks:
            return no_change
        seen = self._learner.intervals
        ones = replace(seen, descriptions=seen.descriptions[:, :1])
        return linear(believe(ones, np.zeros(1), np.full(1, OFFSET_EV**2), CARELESS).mean)


@dataclass(frozen=True, slots=True, eq=False)
class Audience:
    """Photographs to answer about (``clicked``) and to measure on, described, with what people see in them."""

    described: Described
    scenes: Scenes
    clicked: Places
    measured: Places

    def wanted_ev(self, person: Person, order: int) -> Evs:
        """(N,) what a person wants of all of them, on other days and in other moods for each order."""
        lasting_ev = self.scenes.lasting_ev(person)
        passing = [person.passing_ev(number, f"measured {order}") for number in range(len(lasting_ev))]
        wanted: Evs = lasting_ev + np.array(passing, np.float64)
        return wanted


def answered(
    audience: Audience, person: Person, follower: Follower, order: int, counts: Sequence[int]
) -> Iterator[tuple[int, Places]]:
    """Have a person answer as often as the largest of ``counts``, in an order.

    Stops after each of them, with the photographs that nobody answered about so far; those to measure on come last.
    """
    random = np.random.default_rng(order)
    places, lasting_ev = random.permutation(audience.clicked), audience.scenes.lasting_ev(person)
    for number in range(max(counts)):
        place = places[number % len(places)][np.newaxis]
        shown_ev = rest_ev(audience.described, place, follower.change(), random.uniform(-1, 1, 1))
        base_ev, description = audience.described.at(place, shown_ev)
        wish_ev = float(lasting_ev[place[0]]) + person.passing_ev(number, f"order {order}")
        label = person.says(wish_ev - float(shown_ev[0]), number, f"order {order}")
        follower.learn(ClickFeatures(float(base_ev[0]), description[0]), label)
        if number + 1 in counts:
            yield number + 1, np.concatenate([places[number + 1 :], audience.measured])


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of the layer's worth after some answers, and what was true: shares of the mean square."""

    answers: int
    order: int
    told: float
    true: float


NOTHING, BEST_BIAS, BEST = "nothing", "a bias that knows all", "all features, knows all"


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One person: mean errors in EV, mean over the orders, and what was told.

    ``errors_ev`` has `NOTHING` (no answer), who knows all (`BEST_BIAS`, `BEST`), and ``NAME COUNT`` for each follower.
    """

    errors_ev: dict[str, float]
    told: tuple[Told, ...]


FOLLOWERS: dict[str, Callable[[KnownPeople], Follower]] = {"one bias": OneBias, "layer": Layer}


def measure(audience: Audience, person: Person, known: KnownPeople, counts: Sequence[int], orders: int) -> Measured:
    """Everything about one person."""
    told_ev = audience.scenes.told_ev(person)
    all_features = linear(cross_fitted_weights(audience.described, told_ev, audience.clicked))
    bias = linear(best_weights(audience.described, told_ev, audience.clicked, numbers=1))
    errors: dict[str, float] = defaultdict(float)
    told = []
    for order in range(orders):
        wanted_ev = audience.wanted_ev(person, order)

        def missed_ev(change: Change, places: Places, wanted_ev: Evs = wanted_ev) -> Evs:
            return wanted_ev[places] - rest_ev(audience.described, places, change)

        for name, change in ((NOTHING, no_change), (BEST_BIAS, bias), (BEST, all_features)):
            errors[name] += float(np.abs(missed_ev(change, audience.measured)).mean()) / orders
        for name, make in FOLLOWERS.items():
            follower = make(known)
            for count, unasked in answered(audience, person, follower, order, counts):
                left_ev = missed_ev(follower.change(), unasked)
                errors[f"{name} {count}"] += float(np.abs(left_ev[-len(audience.measured) :]).mean()) / orders
                if isinstance(follower, Layer) and (truth := follower.learner.truth) is not None:
                    true = 1 - float((left_ev**2).mean() / (missed_ev(no_change, unasked) ** 2).mean())
                    told.append(Told(count, order, truth.explained, true))
    return Measured(dict(errors), tuple(told))


def people(config: StudyConfig, world: World, tell: Tell = tell_nobody) -> Outcome:
    """``people.{judging 1..20}``: everything about each; ``cut.{answers}.{..}``: of their errors taken together.

    ``worst_ev.{answers}`` is the largest error that the layer added to any person's, ``worse`` how many it added more
    than 0.02 EV to, ``told_true.{answers}`` for how many the share that is told was right within ten points.
    """
    cache = open_study_photos(config, tell)
    trial, network, points = config.size == "small", OnnxPolicy(config.model), config.out / "points"
    counts, orders = (TRIAL_ANSWERS, 1) if trial else (ANSWERS, ORDERS)
    persons = panel("judging")[:TRIAL_PEOPLE] if trial else panel("judging")
    known = known_people(config.model, network.sha256)
    places = np.concatenate([world.train, world.test])
    looks = look(
        network, cache.pictures, places, points / f"looks-{world.identity[:16]}-{network.sha256[:8]}.npz", tell
    )
    audience = Audience(
        looks.described_by(known),
        see_scenes(cache, places, scene_at),
        np.arange(len(world.train)),
        np.arange(len(world.train), len(places)),
    )
    told = [known.identity, known.prior.common.tolist(), known.prior.deviations.tolist()]
    key = ["people", *told, network.sha256, world.identity, counts, orders, WHAT]
    found = {}
    for number, person in enumerate(persons):
        tell("people answering", number / len(persons))

        def run(person: Person = person) -> dict[str, object]:
            return asdict(measure(audience, person, known, counts, orders))

        found[person.name] = kept(points, [*key, person.name], run)
    note = f"{len(found)} SIMULATED people; {len(world.test)} pictures that nobody answered about"
    return _outcome([_measured(each) for each in found.values()], found, counts, config.out / "people.png", note)


def _measured(value: Mapping[str, object]) -> Measured:
    """What `asdict` made of it, back from JSON."""
    fields = cast("dict[str, Any]", value)
    return Measured(**fields | {"told": tuple(Told(**each) for each in fields["told"])})


def _outcome(
    found: Sequence[Measured], kept_as: Mapping[str, object], counts: Sequence[int], plot: Path, note: str
) -> Outcome:
    def error_ev(name: str) -> float:
        return float(np.mean([each.errors_ev[name] for each in found]))

    def added_ev(count: int) -> float:
        return max(each.errors_ev[f"layer {count}"] - each.errors_ev[NOTHING] for each in found)

    rows = {
        str(count): {NOTHING: error_ev(NOTHING)}
        | {name: error_ev(f"{name} {count}") for name in FOLLOWERS}
        | {name: error_ev(name) for name in (BEST_BIAS, BEST)}
        for count in counts
    }
    cut = {count: {name: 1 - error / row[NOTHING] for name, error in row.items()} for count, row in rows.items()}
    worst_ev = {str(count): added_ev(count) for count in counts}
    told_true = {str(count): sum(_true(each, count) for each in found) for count in counts}
    table = [["answers", NOTHING, *FOLLOWERS, BEST_BIAS, BEST, "worst person", "told true"]]
    for count, row in rows.items():
        cells = [f"{error:.3f} ({cut[count][name]:.1%})" for name, error in row.items() if name != NOTHING]
        table.append(
            [count, f"{row[NOTHING]:.3f}", *cells, f"{worst_ev[count]:+.3f}", f"{told_true[count]} of {len(found)}"]
        )
    most = 30 if 30 in counts else counts[-1]
    shown = cut[str(most)]
    worse = sum(
        any(each.errors_ev[f"layer {count}"] - each.errors_ev[NOTHING] > WORSE_EV for count in counts) for each in found
    )
    of_best, of_bias = shown["layer"] / shown[BEST], shown["layer"] / shown["one bias"]
    summary = (
        f"{most} answers cut the error by {shown['layer']:.1%}: {of_best:.0%} of what its features could, {of_bias:.2f}"
        f" times what one bias gets; ever worse by more than {WORSE_EV} EV: {worse} of {len(found)}"
    )
    curves = [
        Curve(name, list(counts), [100 * row[name] for row in cut.values()], name in (BEST, BEST_BIAS))
        for name in (*FOLLOWERS, BEST_BIAS, BEST)
    ]
    plot_curves(curves, "answers", "error that is gone, %", note, plot, logarithmic=True)
    figures = {"people": kept_as, "cut": cut, "worst_ev": worst_ev, "worse": worse, "told_true": told_true}
    return Outcome("people", figures, table, summary)


def _true(each: Measured, answers: int) -> bool:
    """Whether what this person was told after some answers was right, over the orders."""
    told = [one for one in each.told if one.answers == answers]
    if not told:
        return False
    return abs(float(np.mean([one.told - one.true for one in told]))) <= TRUE_WITHIN


def prior(config: StudyConfig, world: World, tell: Tell = tell_nobody) -> Outcome:
    """Learn from the people to tune on what is known before anybody answers; written beside the model in a checkout.

    ``deviations_ev`` and ``common_ev``: by fact, then by direction of the network's features.
    """
    cache = open_study_photos(config, tell)
    network = OnnxPolicy(config.model)
    places = cache.indices("validation")
    places = places if len(places) >= FEWEST_TO_LEARN_FROM else np.arange(len(cache.photos))
    key = hashlib.sha256("".join(cache.photos[int(place)].sha256 for place in places).encode()).hexdigest()
    looks = look(
        network, cache.pictures, places, config.out / "points" / f"looks-{key[:16]}-{network.sha256[:8]}.npz", tell
    )
    scenes = see_scenes(cache, places, scene_at)
    learned = learn_people(looks, [scenes.told_ev(person) for person in panel("tuning")])
    data = people_bytes(learned, network.sha256)
    atomic_write(people_path(config.out / config.model.name), data)
    if config.size != "small" and in_checkout():
        atomic_write(people_path(config.model), data)
    names = [*FACTS, *(f"feature {number + 1}" for number in range(learned.size - len(FACTS)))]
    rows = zip(names, learned.prior.deviations.tolist(), learned.prior.common.tolist(), strict=True)
    table = [["what", "people differ by, EV", "in common, EV"]]
    table += [[name, f"{deviation:.3f}", f"{common:.3f}"] for name, deviation, common in rows]
    figures = {
        "deviations_ev": dict(zip(names, learned.prior.deviations.tolist(), strict=True)),
        "common_ev": dict(zip(names, learned.prior.common.tolist(), strict=True)),
    }
    bars = {"people differ by": figures["deviations_ev"], "in common": figures["common_ev"]}
    plot_bars(bars, "EV", "SIMULATED people to tune on", config.out / "prior.png")
    summary = f"{learned.size} numbers describe a picture, learned from {len(places)} photographs"
    return Outcome("prior", figures, table, summary)
