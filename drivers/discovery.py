"""Which cameras there are, and opening one by its specification: ``family:rest``.

A family is one record (`autoexposure.family.Family`). Those that come with the program are in ``drivers/*/family.py``;
other packages add theirs through the entry-point group ``autoexposure.drivers``. Camera libraries are imported only
when they are used.
"""

from __future__ import annotations

import logging
import pkgutil
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

import drivers
from autoexposure.camera import Camera, CameraInfo
from autoexposure.clock import Clock
from autoexposure.errors import AutoexposureError, CameraNotFound, ConfigError
from autoexposure.family import Family, Kind, family_name
from autoexposure.spec_text import FILE_FAMILIES, quiet_errors, shown
from drivers.common.controls_only import CONTROLS
from drivers.plugins.record import load_family
from drivers.simulated.family import SIMULATED
from drivers.v4l2.family import V4L2

log = logging.getLogger(__name__)

GROUP = "autoexposure.drivers"


def _open_controls(rest: str, clock: Clock | None) -> Camera:
    """The controls alone where they can be had without the pictures, else the whole camera."""
    named = _with_family(rest.strip())
    spec = named or _default()[0]
    family = find_family(spec)
    if family is None or family.open_controls is None:
        return open_camera(named, clock=clock)
    return family.open_controls(spec.partition(":")[2])


def _same_controls(info: CameraInfo) -> str | None:
    spec = _found_again(replace(info, spec=info.spec.partition(":")[2]))
    return f"{CONTROLS}:{spec}" if spec is not None else None


def _built_in() -> Iterator[Family]:
    yield Family(CONTROLS, _open_controls, same=_same_controls)
    for room in pkgutil.iter_modules(drivers.__path__, "drivers."):
        if room.ispkg and find_spec(f"{room.name}.family") is not None:
            yield from import_module(f"{room.name}.family").FAMILIES


FAMILIES: dict[str, Family] = {family.name: family for family in _built_in()}
"""The families that come with the program; they win over plug-ins of the same name."""

FILE_FAMILIES.update(family.name for family in FAMILIES.values() if family.names_files)

_PLUGINS: dict[str, Family] = {}
"""The plug-ins' families loaded so far."""

_TOLD: set[str] = set()
"""What was logged already: once is enough, and lists are made often."""

_REMARKS: weakref.WeakKeyDictionary[Camera, str] = weakref.WeakKeyDictionary()
"""Why an open camera was chosen, where that needs saying."""

MOST_PASSED_OVER = 3
"""So many cameras are named in the sentence that says why none of them was chosen."""


def find_family(spec: str) -> Family | None:
    """The record of the family that ``spec`` names, None if there is none. Raises ConfigError for a faulty plug-in."""
    family = loaded_family(spec)
    if family is None and (entry := _entries().get(family_name(spec))) is not None:
        family = _PLUGINS[entry.name] = load_family(entry)
        if family.names_files:
            FILE_FAMILIES.add(family.name)
    return family


def loaded_family(spec: str) -> Family | None:
    """As `find_family`, without looking for plug-ins, which takes a while; a camera listed or open is known."""
    name = family_name(spec)
    return FAMILIES.get(name) or _PLUGINS.get(name)


def families() -> list[Family]:
    """Every family that can be used, in the order of lists: by kind, those of the program before plug-ins."""
    found = list(FAMILIES.values())
    entries = _entries()
    for name in sorted(entries.keys() & FAMILIES.keys()):
        _tell_once(f"the camera plug-in {name!r} ({entries[name].value}) is left out: a built-in family has its name")
    for name in sorted(entries.keys() - FAMILIES.keys()):
        try:
            family = find_family(name)
        except ConfigError as error:
            _tell_once(str(error))
            continue
        if family is not None:
            found.append(family)
    kinds = list(Kind)
    return sorted(found, key=lambda family: kinds.index(family.kind))


def list_cameras() -> list[CameraInfo]:
    """Every camera found, real ones first, then simulated ones, then a phone that may come.

    Those that can't be used say why in ``trouble``.
    """
    return [info for family in families() for info in _listed(family)]


def watched_files() -> tuple[str, ...]:
    """Patterns of the files that come and go with cameras; loads every plug-in."""
    return tuple(pattern for family in families() for pattern in family.watch)


def same_camera(info: CameraInfo) -> str:
    """The specification that opens this very camera again, wherever it is plugged in by then."""
    spec = _found_again(info)
    return info.spec if spec is None else spec


def open_same(info: CameraInfo, otherwise: Callable[[], Camera], *, clock: Clock | None = None) -> Camera:
    """Open the camera that ``info`` was of, wherever it is plugged in by now.

    ``otherwise`` opened it before, and does so again where a family names its cameras by what they are anyway.
    """
    spec = _found_again(info)
    return otherwise() if spec is None else open_camera(spec, clock=clock)


def open_camera(spec: str | None = None, *, clock: Clock | None = None) -> Camera:
    """Open the camera that ``spec`` names; without one, the first real camera with exposure control, else ``sim:``.

    ``clock`` moves a camera whose time can be played; real ones have their own. Raises ConfigError for a family that
    doesn't exist, CameraNotFound for a camera that doesn't, CameraBusy if it is in use.
    """
    if spec and spec.strip():
        return _open(_with_family(spec.strip()), clock)
    chosen, passed_over = _default()
    camera = _open(chosen, clock)
    if passed_over:
        _REMARKS[camera] = passed_over
        _tell_once(passed_over)
    return camera


def why_chosen(camera: Camera) -> str:
    """Why ``camera`` was opened where none was named: a sentence on the real ones passed over; mostly empty."""
    return _REMARKS.get(camera, "")


def _open(spec: str, clock: Clock | None) -> Camera:
    with quiet_errors(spec):  # a login is easily written where a family takes none
        family = find_family(spec)
        if family is None:
            known = ", ".join(f"{name}:" for name in sorted({*FAMILIES, *_entries()}))
            raise ConfigError(f"a camera is named by one of {known} and what follows, given {shown(spec)!r}")
        try:
            return family.open(spec.partition(":")[2], clock)
        except ImportError as error:
            raise CameraNotFound(f"cameras of the family {family.name!r} can't be used here: {error}") from error


def open_metered_elsewhere(spec: str, meter_from: str, *, clock: Clock | None = None) -> Camera:
    """Open the controls of the camera ``spec`` (whose stream another program may own) with pictures of ``meter_from``.

    ``meter_from`` is a file, a URL or another camera. Raises as ``open_camera``.
    """
    from drivers.external.metered_elsewhere import MeteredElsewhere
    from drivers.external.picture_source import open_pictures

    pictures = open_pictures(meter_from, lambda source: open_camera(source, clock=clock))
    try:
        controls = open_camera(f"{CONTROLS}:{spec.removeprefix(f'{CONTROLS}:')}", clock=clock)
    except BaseException:
        pictures.close()
        raise
    return MeteredElsewhere(controls, pictures)


def _with_family(spec: str) -> str:
    """A bare number or device node is a V4L2 camera's."""
    return V4L2.spec(spec) if spec.isdecimal() or spec.startswith("/dev/") else spec


def _found_again(info: CameraInfo) -> str | None:
    family = find_family(info.spec)
    return None if family is None or family.same is None else family.same(info)


def _default() -> tuple[str, str]:
    """The camera for a user who names none, and a sentence on those passed over where it is no real one."""
    passed_over: list[CameraInfo] = []
    for family in families():
        if family.kind is not Kind.DEVICE or family.always_listed:
            continue
        try:
            if family.first is None:
                spec = _first(family, passed_over)
            elif not (spec := family.first()):
                passed_over += family.list() if family.list is not None else ()
        except (ImportError, AutoexposureError) as error:
            _leave_out(family, error)
            continue
        if spec:
            return spec, ""
    return SIMULATED.spec(), _instead(passed_over)


def _first(family: Family, passed_over: list[CameraInfo]) -> str | None:
    """The first listed camera whose exposure can be set, as opening it shows; those before it are added to a list."""
    for info in family.list() if family.list is not None else ():
        trouble = info.trouble
        try:
            if not trouble:
                with open_camera(info.spec) as camera:
                    if camera.capabilities.controls_exposure:
                        return info.spec
        except AutoexposureError as error:
            trouble = str(error)
        passed_over.append(replace(info, trouble=trouble))
    return None


def _instead(passed_over: list[CameraInfo]) -> str:
    """Why a simulated camera is shown while there are real ones; empty if there are none."""
    if not passed_over:
        return ""
    reasons = [f"{info.name}: {info.trouble or _NOTHING_TO_SET}" for info in passed_over[:MOST_PASSED_OVER]]
    if (more := len(passed_over) - MOST_PASSED_OVER) > 0:
        reasons.append(f"{more} more in 'autoexposure list'")
    return f"A simulated camera is shown, since none here can be controlled ({'; '.join(reasons)})."


_NOTHING_TO_SET = "can be watched, its exposure can't be set"


def _listed(family: Family) -> list[CameraInfo]:
    try:
        return list(family.list()) if family.list is not None else []
    except (ImportError, AutoexposureError) as error:
        _leave_out(family, error)
        return []


def _leave_out(family: Family, error: Exception) -> None:
    _tell_once(f"cameras of the family {family.name!r} are left out: {error}")


def _tell_once(sentence: str) -> None:
    if sentence not in _TOLD:
        _TOLD.add(sentence)
        log.warning("%s", sentence)


def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
