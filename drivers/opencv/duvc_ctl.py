"""As much of the package duvc_ctl as is used, and where it can be had."""

from __future__ import annotations

import platform
import sys
from typing import Protocol, TypeVar

from autoexposure.extras import not_installed

T_co = TypeVar("T_co", covariant=True)


class Failure(Protocol):
    """Why a call failed."""

    def description(self) -> str:
        """In words."""


class Result(Protocol[T_co]):
    """What every call returns: a value, or a failure."""

    def is_ok(self) -> bool:
        """Whether there is a value."""

    def value(self) -> T_co:
        """The value."""

    def error(self) -> Failure:
        """The failure."""


class Setting(Protocol):
    """A PropSetting: raw value and mode."""

    value: int
    mode: object


class Range(Protocol):
    """A PropRange. Its ``default_mode`` is no default: it is Auto where the camera has an automatic for it."""

    min: int
    max: int
    step: int
    default_val: int
    default_mode: object


class DuvcDevice(Protocol):
    """A camera as DirectShow lists it."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    @property
    def path(self) -> str:
        """Windows' own identification."""


class DuvcCamera(Protocol):
    """As much of one of duvc-ctl's cameras as is used."""

    def get(self, prop: object) -> Result[Setting]:
        """Read a property."""

    def set(self, prop: object, setting: object) -> Result[object]:
        """Write a property."""

    def get_range(self, prop: object) -> Result[Range]:
        """What a property can be."""


def duvc_missing(needed: str) -> str:
    """Say, without a full stop, how duvc-ctl can be had; ``needed`` says for what it is needed.

    It has wheels for these systems alone (pyproject.toml names the same), and its source archive builds nowhere.
    """
    if sys.version_info >= (3, 13) or platform.machine() != "AMD64":
        return (
            f"{needed}, which exists for Python 3.11 and 3.12 on 64-bit x86 only: start autoexposure with one of those"
        )
    return not_installed(needed, "opencv")
