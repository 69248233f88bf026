"""What training a person's own network adds to the live layer, for people who are as hard to know as real ones.

A simulated person (`models.people.panel`, the ones to judge by) answers about pictures as the loop shows them, with all
that the layer has learned by then. Then the network's heads are trained on the answers (`models.experiments.own_heads`)
and held against what is in use by the acceptance test of ``personalise``. Measured is where the loop comes to rest on
photographs that nobody answered about. Beside it stands what somebody could do who knew all of a person that can be
known: no training on answers gets nearer without knowing photographs better.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import NEED
from autoexposure.personal.known_people import KnownPeople, known_people
from autoexposure.personal.learner import ClickFeatures
from autoexposure.personal.model_store import Verdict
from autoexposure.process.long_work import Tell
from models.experiments.own_heads import (
    DIRECTIONS,
    Given,
    Heads,
    Seen,
    answers_ev,
    described_with,
    see,
    trained,
)
from models.experiments.people import NOTHING, TRIAL_PEOPLE, WHAT, Audience, Follower, Layer, OneBias
from models.experiments.plots import Curve, plot_curves
from models.experiments.study import Outcome, StudyConfig, World, kept, open_study_photos, scene_at
from models.inference.onnx_policy import OnnxPolicy
from models.people.audience import Change, linear, no_change, rest_ev, see_scenes
from models.people.looks import Described, Places, look
from models.people.panel import Person, panel
from models.training.finetune import FineTuneConfig
from models.training.personal.acceptance import choose, deal, verdict_of
from models.training.trainable import load_trainable

BIAS, LAYER, OWN, OWN_LAYER = "one bias", "layer", "own network", "own network + layer"
PERSON_KNOWN = "the person is known"
ROWS = (NOTHING, BIAS, LAYER, OWN, OWN_LAYER, PERSON_KNOWN)

LABELS = {need: label for label, need in NEED.items()}

PARTS = 3
"""Of the acceptance test here; ``personalise`` deals into five, which takes twice as long."""

LOOKS = (1 / 3, 1.0)
"""Shares of the training after which a network is looked at: two of the four of ``personalise``."""

EVERY_ANSWER, LEARNED_EVERY = 30, 20
"""The layer learns each of the first answers at once and then every twentieth time: it hardly changes by then."""

STUDENT_95 = 2.093
"""Half the 95 % interval of a mean of twenty, in standard errors (Student's t, 19 degrees of freedom)."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What is the same for everybody: photographs and people in front of them, and the settings."""

    audience: Audience
    seen: Seen
    known: KnownPeople
    training: FineTuneConfig


@dataclass(frozen=True, slots=True)
class Measured:
    """One person after so many answers.

    Attributes
    ----------
    errors_ev : of each of `ROWS`, mean distance of the rest from the wish on photographs nobody answered about.
    used : whether the acceptance test takes the new network.
    steps : after how many batches training ended; 0 if none of it helped.
    sure, old_ev, new_ev : of the verdict.
    """

    errors_ev: dict[str, float]
    used: bool
    steps: int
    sure: float
    old_ev: float | None
    new_ev: float | None

    @property
    def after_ev(self) -> float:
        """The error of what is in use afterwards."""
        return self.errors_ev[OWN_LAYER if self.used else LAYER]


def personalise(config: StudyConfig, world: World, tell: Tell) -> Outcome:
    """``personalise.{judging 1..20}.{answers}``: the fields of `Measured`. ``all.{answers}``: all together.

    Of all, ``gained`` is 1 - after / before, and ``gained_within`` half its 95 % interval over people;
    ``gained_untested`` the same if every new network were taken, ``obtainable`` for `PERSON_KNOWN`; ``worst_ev`` by how
    much anybody got worse.
    """
    network, points = OnnxPolicy(config.model), config.out / "points"
    known = known_people(config.model, network.sha256)
    training = FineTuneConfig(method="ordinal", steps=config.sizes.person_steps, threads=config.threads)

    @cache
    def table() -> Table:
        photos = open_study_photos(config, tell)
        places = np.concatenate([world.train, world.test])
        name = f"{world.identity[:16]}-{network.sha256[:8]}"
        clicked, measured = np.split(np.arange(len(places)), [len(world.train)])
        looks = look(network, photos.pictures, places, points / f"looks-{name}.npz", tell)
        audience = Audience(looks.described_by(known), see_scenes(photos, places, scene_at), clicked, measured)
        seen = see(load_trainable(config.model), photos.pictures, places, points / f"cells-{name}.npz", tell)
        return Table(audience, seen, known, training)

    persons = panel("judging")[:TRIAL_PEOPLE] if config.size == "small" else panel("judging")
    shared = [network.sha256, known.identity, world.identity, PARTS, WHAT, str(training.settings())]
    found: dict[str, dict[str, Measured]] = {}
    for number, person in enumerate(persons):
        found[person.name] = {}
        for count in config.sizes.answers:
            tell(f"people answering, {count} answers", number / len(persons))

            def run(person: Person = person, count: int = count) -> dict[str, object]:
                return asdict(measure(table(), person, count))

            fields = cast("dict[str, Any]", kept(points, ["personalise 2", person.name, count, *shared], run))
            found[person.name][str(count)] = Measured(**fields)
    return _outcome(config, world, found)


def measure(table: Table, person: Person, count: int) -> Measured:
    """Everything about one person after so many answers."""
    audience = table.audience
    wanted_ev = audience.wanted_ev(person, 0)[audience.measured]
    told_ev = audience.scenes.told_ev(person)[audience.measured]
    given = answer(table, person, count)

    def error_ev(
        change: Change, described: Described = audience.described, places: Places = audience.measured
    ) -> float:
        return float(np.abs(wanted_ev - rest_ev(described, places, change)).mean())

    everybody_ev = rest_ev(audience.described, audience.measured, linear(table.known.prior.common))
    bias, layer = OneBias(table.known), Layer(table.known)
    for follower in (bias, layer):
        _teach(follower, audience.described, given)
    own = _own(table, given)
    places = np.arange(len(audience.measured))
    said_ev = answers_ev(own.heads, table.seen.of(audience.measured))
    seen = described_with(audience.described, audience.measured, said_ev)
    errors_ev = {
        NOTHING: error_ev(no_change),
        BIAS: error_ev(bias.change()),
        LAYER: error_ev(layer.change()),
        OWN: error_ev(no_change, seen, places),
        OWN_LAYER: error_ev(own.layer.change(), seen, places),
        PERSON_KNOWN: float(np.abs(wanted_ev - everybody_ev - told_ev).mean()),
    }
    verdict, used = own.verdict, own.verdict.better and own.steps > 0
    return Measured(errors_ev, used, own.steps, verdict.sure, verdict.old_ev, verdict.new_ev)


def answer(table: Table, person: Person, count: int) -> Given:
    """Have a person answer ``count`` times about pictures as the loop shows them with the layer as it is then."""
    audience, random = table.audience, np.random.default_rng(0)
    places, lasting_ev = random.permutation(audience.clicked), audience.scenes.lasting_ev(person)
    layer = Layer(table.known)
    said: list[tuple[int, float, int]] = []
    untaught: list[tuple[ClickFeatures, Label]] = []
    for number in range(count):
        place = places[number % len(places)][np.newaxis]
        shown_ev = rest_ev(audience.described, place, layer.change(), random.uniform(-1, 1, 1))
        wish_ev = float(lasting_ev[place[0]]) + person.passing_ev(number, "order 0")
        label = person.says(wish_ev - float(shown_ev[0]), number, "order 0")
        base_ev, description = audience.described.at(place, shown_ev)
        said.append((int(place[0]), float(shown_ev[0]), NEED[label]))
        untaught.append((ClickFeatures(float(base_ev[0]), description[0]), label))
        if number < EVERY_ANSWER or number % LEARNED_EVERY == 0:
            for features, answered in untaught:
                layer.learn(features, answered)
            untaught.clear()
    places, shown_ev, needs = (np.array(column) for column in zip(*said, strict=True))
    return Given(places, shown_ev, needs)


@dataclass(frozen=True, slots=True, eq=False)
class _Own:
    """A person's own network with its layer, and what the acceptance test says of it."""

    heads: Heads
    layer: Layer
    steps: int
    verdict: Verdict


def _own(table: Table, given: Given) -> _Own:
    """Train a network on answers and judge it by them, as ``personalise`` does."""
    config, count = table.training, len(given.needs)
    looks = (0, *sorted({max(1, round(share * config.steps)) for share in LOOKS}))
    moments = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number) for number in range(count)]
    parts = deal(moments, PARTS, {}, config.seed)
    asked, places = np.unique(given.places, return_inverse=True)
    cells, given = table.seen.of(asked), replace(given, places=places)

    def seen_by(heads: Heads) -> Described:
        return described_with(table.audience.described, asked, answers_ev(heads, cells))

    base = seen_by(Heads(cells.directions).eval())
    says_ev = np.zeros((len(looks), count))
    for part in parts:
        rest = given.part(np.setdiff1d(np.arange(count), part))
        nets = trained(cells, rest, config, looks[1:])
        for row, seen in enumerate(chain([base], map(seen_by, nets))):
            layer = Layer(table.known)
            _teach(layer, seen, rest)
            base_ev, descriptions = seen.at(given.places[part], given.shown_ev[part])
            says_ev[row, part] = base_ev + layer.change()(descriptions)
    chosen_ev, steps, _ = choose(says_ev, looks, parts, np.zeros(count), given.needs)
    verdict = verdict_of(chosen_ev, says_ev[0], given.needs, config.policy.reward)
    *_, heads = trained(cells, given, config, [steps or looks[-1]])
    layer = Layer(table.known)
    _teach(layer, seen_by(heads), given)
    return _Own(heads, layer, steps, verdict)


def _teach(follower: Follower, seen: Described, given: Given) -> None:
    base_ev, descriptions = seen.at(given.places, given.shown_ev)
    for number, need in enumerate(given.needs.tolist()):
        follower.learn(ClickFeatures(float(base_ev[number]), descriptions[number]), LABELS[need])


def _outcome(config: StudyConfig, world: World, found: Mapping[str, Mapping[str, Measured]]) -> Outcome:
    """Figures, table and plot. A gain is of the errors of all people together; its interval is over people."""
    people, counts = list(found.values()), [str(count) for count in config.sizes.answers]
    head = ["answers", *ROWS, "in use after", "gained", "obtainable", "new used", "worst person"]
    table: list[list[str]] = [head]
    figures: dict[str, dict[str, Any]] = {}
    for count in counts:
        of_all = [each[count] for each in people]
        errors_ev = {row: float(np.mean([each.errors_ev[row] for each in of_all])) for row in ROWS}
        before_ev = np.array([each.errors_ev[LAYER] for each in of_all])
        after_ev = np.array([each.after_ev for each in of_all])
        gains = [*_gain(before_ev, after_ev), *_gain(before_ev, [each.errors_ev[OWN_LAYER] for each in of_all])]
        known = _gain(before_ev, [each.errors_ev[PERSON_KNOWN] for each in of_all])
        used = sum(each.used for each in of_all)
        figures[count] = {
            "errors_ev": errors_ev,
            "gained": gains[0],
            "gained_within": gains[1],
            "gained_untested": gains[2],
            "gained_untested_within": gains[3],
            "obtainable": known[0],
            "obtainable_within": known[1],
            "used": used,
            "worst_ev": float((after_ev - before_ev).max()),
            "worst_untested_ev": max(each.errors_ev[OWN_LAYER] - each.errors_ev[LAYER] for each in of_all),
        }
        table.append(
            [
                count,
                *(f"{errors_ev[row]:.3f}" for row in ROWS),
                f"{after_ev.mean():.3f}",
                _share(figures[count], "gained"),
                _share(figures[count], "obtainable"),
                f"{used} of {len(of_all)}",
                f"{figures[count]['worst_ev']:+.3f}",
            ]
        )
    most, worst_ev = figures[counts[-1]], max(figures[count]["worst_ev"] for count in counts)
    let_through, untested, obtainable = (_share(most, name) for name in ("gained", "gained_untested", "obtainable"))
    summary = (
        f"after {counts[-1]} answers, what the test lets through takes {let_through} off the layer's error, and a new"
        f" network for everybody would take {untested}; knowing all of a person that can be known would take"
        f" {obtainable}. After any number of answers nobody got worse by more than {max(0.0, worst_ev):.3f} EV. The"
        f" network's change lies along {DIRECTIONS} directions of its features, and the test has {PARTS} parts"
    )
    xs = [float(count) for count in counts]
    curves = [
        Curve(row, xs, [figures[count]["errors_ev"][row] for count in counts], row == PERSON_KNOWN) for row in ROWS
    ]
    note = f"{len(people)} SIMULATED people; {len(world.test)} pictures that nobody answered about"
    plot_curves(
        curves, "answers", "distance from the wish where the loop settles, EV", note, config.out / "personalise.png"
    )
    everybody = {name: {count: asdict(each) for count, each in row.items()} for name, row in found.items()}
    return Outcome("personalise", {"personalise": everybody, "all": figures}, table, summary)


def _share(figures: Mapping[str, Any], name: str) -> str:
    """A share with its 95 % interval, in words."""
    return f"{figures[name]:.1%} ± {100 * figures[name + '_within']:.1f}"


def _gain(before_ev: NDArray[np.float64], after_ev: Sequence[float] | NDArray[np.float64]) -> tuple[float, float]:
    """Share of the error of all people together that is gone, and half the width of its 95 % interval over people."""
    gone_ev = before_ev - np.asarray(after_ev)
    spread = float(gone_ev.std(ddof=1)) / math.sqrt(len(gone_ev)) if len(gone_ev) > 1 else math.nan
    return float(gone_ev.sum() / before_ev.sum()), STUDENT_95 * spread / float(before_ev.mean())
