"""What a study found: percentages for every person and their mean, as the paper's Figure 13, with how sure they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from statistics import fmean

from autoexposure.evaluation.comparison import Choice, Side
from autoexposure.study.pairs import Study
from autoexposure.study.statistics import SignTest, sign_test, wilson_interval
from autoexposure.study.verdicts import Said


class Outcome(StrEnum):
    """What a verdict comes to."""

    OURS = "ours"
    EQUAL = "equal"
    NATIVE = "native"


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the verdicts, 0..1, and its 95 % interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PersonResult:
    """One person: how many pairs they answered, and the share of every outcome, with Wilson's interval."""

    person: str
    answered: int
    shares: dict[Outcome, Share]


@dataclass(frozen=True, slots=True)
class StudyResult:
    """A study so far.

    Attributes
    ----------
    pairs : of the study; ``answered`` of them were answered by somebody.
    persons : in the order of their names.
    mean : of the persons' shares, each person counted alike. Its interval is Wilson's for as many observations as
        pairs were answered: persons who see the same pairs tend to agree, so they are no further observations.
    by_pair : each pair counts once, for the side that more of the persons preferred (ours first, native second).
    by_side : how often the left and the right picture was preferred. It should not matter.
    strangers : verdicts on pairs that this study doesn't have; they are left out.
    """

    pairs: int
    answered: int
    persons: tuple[PersonResult, ...]
    mean: dict[Outcome, Share]
    by_pair: SignTest
    by_side: SignTest
    strangers: int

    def as_json(self) -> dict[str, object]:
        """The same for ``json.dumps``."""
        return asdict(self)


def evaluate(study: Study, verdicts: Iterable[Said]) -> StudyResult:
    """Count the newest verdicts, as `VerdictStore.read` gives them; without any, every interval is 0..1."""
    names = {pair.name for pair in study.pairs}
    everything = list(verdicts)
    known = [said for said in everything if said.pair in names]
    by_person: dict[str, Counter[Outcome]] = {}
    by_pair: dict[str, Counter[Outcome]] = {}
    sides = Counter(said.verdict.choice for said in known)
    for said in known:
        outcome = _outcome(said)
        by_person.setdefault(said.person, Counter())[outcome] += 1
        by_pair.setdefault(said.pair, Counter())[outcome] += 1
    persons = tuple(_person(name, by_person[name]) for name in sorted(by_person))
    leads = [counts[Outcome.OURS] - counts[Outcome.NATIVE] for counts in by_pair.values()]
    mean = {}
    for outcome in Outcome:
        share = fmean(person.shares[outcome].share for person in persons) if persons else 0.0
        mean[outcome] = Share(share, *wilson_interval(share, len(by_pair)))
    return StudyResult(
        pairs=len(study.pairs),
        answered=len(by_pair),
        persons=persons,
        mean=mean,
        by_pair=sign_test(sum(lead > 0 for lead in leads), sum(lead < 0 for lead in leads)),
        by_side=sign_test(sides[Choice.LEFT], sides[Choice.RIGHT]),
        strangers=len(everything) - len(known),
    )


def _outcome(said: Said) -> Outcome:
    match said.verdict.preferred:
        case None:
            return Outcome.EQUAL
        case Side.OURS:
            return Outcome.OURS
        case Side.NATIVE:
            return Outcome.NATIVE


def _person(name: str, counts: Counter[Outcome]) -> PersonResult:
    answered = counts.total()
    shares = {outcome: counts[outcome] / answered for outcome in Outcome}
    return PersonResult(
        name, answered, {outcome: Share(share, *wilson_interval(share, answered)) for outcome, share in shares.items()}
    )
