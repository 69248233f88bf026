"""Setting several controls beside exposure at once: as they were, as they were saved, as people say it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from autoexposure.abilities.adjustable import AUTOMATICS, NAMES, Adjustable, Adjustment, in_order
from autoexposure.errors import CameraDisconnected, CameraError, ConfigError, SettledOtherwise

log = logging.getLogger(__name__)


def put_back(camera: Adjustable, originals: Mapping[str, float]) -> None:
    """Set controls to what they were: values first, while their automatics are off, then the automatics.

    Goes on after a control that refuses. Raises its CameraError at the end; SettledOtherwise if all were set and one is
    otherwise, where no automatic has it.
    """
    names = [name for name in NAMES if name in originals]
    automatics = [name for name in names if name in AUTOMATICS.values()]
    steps = [(AUTOMATICS[name], 0.0) for name in names if AUTOMATICS.get(name) in originals]
    steps += [(name, originals[name]) for name in names if name not in automatics]
    steps += [(name, originals[name]) for name in automatics]
    refused: CameraError | None = None
    really: dict[str, float] = {}
    for name, value in dict.fromkeys(steps):
        try:
            really[name] = camera.adjust(name, value)
        except CameraDisconnected:
            raise
        except ConfigError as error:  # it read as what it can't be set to, as an entry that its menu lacks
            log.warning("%s", error)
        except CameraError as error:
            log.warning("%s", error)
            refused = refused or error
    if refused is not None:
        raise refused
    if differing := _differing(camera, in_order(originals), really):
        words = " and ".join(
            f"its {NAMES[name].lower()} is {now:g}, not {was:g}" for name, (was, now) in differing.items()
        )
        raise SettledOtherwise(f"everything was set back, but {words}")


def _differing(
    camera: Adjustable, originals: Mapping[str, float], really: Mapping[str, float]
) -> dict[str, tuple[float, float]]:
    """What is a step or more from what it was: that, and what it is. Automatics leave values between two steps."""
    differing = {name: (was, really.get(name, was)) for name, was in originals.items() if really.get(name, was) != was}
    if not differing:
        return {}
    steps = {each.name: each.step for each in camera.adjustments()}
    return {name: (was, now) for name, (was, now) in differing.items() if abs(now - was) >= steps.get(name, 0.0)}


def changes(adjustments: Sequence[Adjustment], wanted: Mapping[str, float]) -> list[tuple[str, float]]:
    """What to set, in this order, so that ``adjustments`` come to be as ``wanted``: (name, value).

    An automatic that goes off comes before the values it moves. One that goes on comes after them: it hides what they
    were set to by hand, which would be back as soon as it is off again. Names that the camera lacks are left out.
    """
    now = {adjustment.name: adjustment.value for adjustment in adjustments}
    goal = {**now, **{name: value for name, value in wanted.items() if name in now}}
    goes_on = {name for name in AUTOMATICS.values() if goal.get(name) and not now.get(name)}
    hidden = [(name, goal[name]) for name in NAMES if AUTOMATICS.get(name) in goes_on and name in goal]

    def freed(name: str) -> bool:
        """Whether it is to stand somewhere from now on, and until now stood wherever its automatic had moved it."""
        return name in wanted and bool(now.get(AUTOMATICS.get(name, "")))

    steps = [*hidden, *in_order(goal).items()]
    return [(name, value) for name, value in steps if value != now[name] or freed(name)]


def meant(adjustments: Sequence[Adjustment], wanted: Mapping[str, str]) -> dict[str, float]:
    """What people want of a camera's controls, by name, as values in the order in which to set them.

    Raises ConfigError for a control that isn't among ``adjustments``, a value it can't take, and one that obeys only
    while what is switched on along with it is off.
    """
    there = {adjustment.name: adjustment for adjustment in adjustments}
    for name in wanted.keys() - there.keys():
        raise ConfigError(f"the camera has no control {name!r}; it has {', '.join(there) or 'none beside exposure'}")
    values = {name: there[name].read(text) for name, text in wanted.items()}
    ordered = in_order(values)
    for name in values.keys() - ordered.keys():
        raise ConfigError(f"{name} obeys only while {AUTOMATICS[name]} is off: leave one of them out")
    return ordered
