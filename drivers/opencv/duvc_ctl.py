"""As much of the package duvc_ctl as is used."""

from __future__ import annotations

from typing import Protocol, TypeVar

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
    """A PropRange."""

    min: int
    max: int
    step: int


class DuvcCamera(Protocol):
    """As much of one of duvc-ctl's cameras as is used."""

    def get(self, prop: object) -> Result[Setting]:
        """Read a property."""

    def set(self, prop: object, setting: object) -> Result[object]:
        """Write a property."""

    def get_range(self, prop: object) -> Result[Range]:
        """What a property can be."""
