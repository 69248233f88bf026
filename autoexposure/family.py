"""What a driver is to the rest of the program: one record a family of cameras.

The part of a camera's specification before the colon names its family: ``v4l2:/dev/video0``. Built-in families keep
their record in ``drivers/FOLDER/family.py``; a package of its own names it as an entry point::

    [project.entry-points."autoexposure.drivers"]
    slides = "slide_camera:FAMILY"

Everything that the program does with a family it does through this record, so that both can do the same. Import camera
libraries inside the functions, not beside the record: it is loaded for every list of cameras.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from autoexposure.abilities.moded import PictureMode
from autoexposure.camera import Camera, CameraInfo
from autoexposure.clock import Clock
from autoexposure.errors import ConfigError

_NAME = re.compile(r"\w[\w.+-]*")


class Kind(StrEnum):
    """Where a family's pictures come from; lists of cameras are in this order."""

    DEVICE = "device"
    RECORDING = "recording"
    SIMULATION = "simulation"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Family:
    """The cameras that one driver opens.

    Attributes
    ----------
    name : what stands before the colon in a specification: letters, digits and ``_.+-``.
    open : opens the camera that the text behind the colon names (empty for the first there is). The clock moves a
        camera whose time can be played; None is real time, and hardware ignores it. Raises CameraNotFound, CameraBusy,
        another CameraError, or ConfigError for text that can't be understood.
    list : the cameras there are now, opening none if that can be avoided; None where they can't be found, but only
        named. Their ``spec`` begins with ``name`` and a colon; one that can't be used says so in its ``trouble``.
    same : the specification that opens this very camera again after it was plugged in elsewhere; ``by_stable_id`` where
        ``open`` understands stable ids. It returns None for a camera that it can't tell from others. None instead of a
        callable: a ``spec`` always means the same camera.
    hint : how a camera is named, with an example, for users whose camera is not in the list: "a network camera by
        its address, onvif:192.168.1.20". No full stop.
    kind : where its pictures come from.
    names_files : what stands behind the colon may hold a file's name, and an ``@`` in it ends no login.
    always_listed : its cameras are listed whether anything is plugged in or not.
    watch : patterns of files that come and go with its cameras, ``/dev/video*``: lists are made anew when they do.
    first : the specification of the first camera whose exposure can be set, for a user who names none. None: the
        cameras of ``list`` are opened until one is found.
    open_controls : opens a camera's controls without its pictures, which another program takes. None where a camera can
        only be opened whole.
    in_mode : the specification that opens the camera of the given one in another mode, at its first rate; what the mode
        leaves empty is left to the driver. None where the mode can't be chosen.
    """

    name: str
    open: Callable[[str, Clock | None], Camera]
    list: Callable[[], Iterable[CameraInfo]] | None = None
    same: Callable[[CameraInfo], str | None] | None = None
    hint: str = ""
    kind: Kind = Kind.DEVICE
    names_files: bool = False
    always_listed: bool = False
    watch: tuple[str, ...] = ()
    first: Callable[[], str | None] | None = None
    open_controls: Callable[[str], Camera] | None = None
    in_mode: Callable[[str, PictureMode], str] | None = None

    def __post_init__(self) -> None:
        """Raise ConfigError for a record that could not be used: plug-ins may write anything."""
        if not (isinstance(self.name, str) and _NAME.fullmatch(self.name)):
            raise ConfigError(f"a family's name is made of letters, digits and _.+-, given {self.name!r}")
        optional = (self.list, self.same, self.first, self.open_controls, self.in_mode)
        if not callable(self.open) or not all(call is None or callable(call) for call in optional):
            raise ConfigError(f"what the family {self.name!r} opens, lists and finds its cameras with must be callable")
        if not isinstance(self.kind, Kind):
            raise ConfigError(f"the kind of the family {self.name!r} must be a Kind, given {self.kind!r}")
        if not isinstance(self.hint, str):
            raise ConfigError(f"the hint of the family {self.name!r} must be a text, given {self.hint!r}")
        if not (isinstance(self.watch, tuple) and all(isinstance(pattern, str) for pattern in self.watch)):
            raise ConfigError(f"what the family {self.name!r} watches must be a tuple of texts, given {self.watch!r}")

    def spec(self, rest: str = "") -> str:
        """The specification of the camera that ``rest`` names."""
        return f"{self.name}:{rest}"

    def owns(self, spec: str) -> bool:
        """Whether ``spec`` names a camera of this family."""
        return family_name(spec) == self.name


def family_name(spec: str) -> str:
    """The part of a specification before its first colon."""
    return spec.partition(":")[0].strip()


def by_stable_id(info: CameraInfo) -> str:
    """``info.spec`` with the camera's stable id in place of whatever named it; options behind a comma stay.

    A ready-made ``Family.same`` for a driver whose ``open`` understands stable ids.
    """
    family, _, rest = info.spec.partition(":")
    _, comma, options = rest.partition(",")
    return f"{family}:{info.stable_id}{comma}{options}"
