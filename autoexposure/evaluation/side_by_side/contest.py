"""Every law before every scene, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from autoexposure.errors import ConfigError
from autoexposure.evaluation.known_laws import CentreCodeMeter, EntropyMeter
from autoexposure.evaluation.laws.table import PUBLISHED
from autoexposure.evaluation.side_by_side.figures import Figures, Tally
from autoexposure.evaluation.side_by_side.play import Play, Played, play_law, play_policy
from autoexposure.evaluation.side_by_side.trial import Setup, Trial
from autoexposure.metering.meters import ATTENTION, METERS
from autoexposure.metering.policy import Policy
from autoexposure.process.long_work import Tell, tell_nobody

NETWORK, METER, PUBLISHED_LAW = "network", "meter", "published"
"""What a contender is: the network or another meter, both in this program's loop; or a published law with its own."""

SHOWN_TRIAL, SHOWN_SETUP = "steps", Setup(5)
"""The trace that is drawn of each law: the first scene in steps, before a camera with a long queue."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One law.

    Attributes
    ----------
    name : as in ``--laws``. label : as tables show it.
    group : NETWORK, METER or PUBLISHED_LAW.
    source : where it is published. assumed : what was assumed of it; both empty for what is this program's own.
    play : plays it.
    """

    name: str
    label: str
    group: str
    source: str
    assumed: str
    play: Play


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one contender.

    Attributes
    ----------
    shown : its play of the trial that is drawn; None if that was not played.
    """

    contender: Contender
    figures: Figures
    shown: Played | None


def contenders(make_network: Callable[[], Policy]) -> dict[str, Contender]:
    """Every law there is, by name: the network first, then the meters, then the published laws."""
    policies: dict[str, tuple[str, str, Callable[[], Policy]]] = {
        ATTENTION: ("attention network", NETWORK, make_network)
    }
    for meter in METERS.values():
        if meter.make is not None:
            policies[meter.name] = (f"{meter.label.lower()} meter", METER, meter.make)
    policies["centre_code"] = ("centre mean of codes", METER, CentreCodeMeter)
    policies["entropy"] = ("entropy (Lu 2010)", METER, EntropyMeter)
    found = {
        name: Contender(name, label, group, "", "", partial(play_policy, make))
        for name, (label, group, make) in policies.items()
    }
    for law in PUBLISHED:
        play = partial(play_law, law)
        found[law.name] = Contender(law.name, law.label, PUBLISHED_LAW, law.source, law.assumed, play)
    return found


def chosen(all_of_them: dict[str, Contender], names: Sequence[str]) -> list[Contender]:
    """Those that are named, in the order of the table; all without a name. Raises ConfigError for an unknown one."""
    unknown = [name for name in names if name not in all_of_them]
    if unknown:
        raise ConfigError(f"there is no law {unknown[0]!r}; choose from {', '.join(all_of_them)}")
    return [law for name, law in all_of_them.items() if not names or name in names]


def compete(laws: Sequence[Contender], trials: Sequence[Trial], tell: Tell = tell_nobody) -> list[Result]:
    """Play all ``trials`` with every one of the ``laws``."""
    games = [(trial, setup) for trial in trials for setup in trial.setups]
    shown_game = next((game for game in games if game[0].kind == SHOWN_TRIAL and game[1] == SHOWN_SETUP), None)
    frames = sum(trial.frames for trial, _ in games)
    results = []
    for number, law in enumerate(laws):
        tally, shown, done = Tally(), None, 0
        for game in games:
            tell(law.label, (number + done / frames) / len(laws))
            played = law.play(*game)
            tally.add(*game, played)
            shown = played if game is shown_game else shown
            done += game[0].frames
        results.append(Result(law, tally.figures(), shown))
    return results
