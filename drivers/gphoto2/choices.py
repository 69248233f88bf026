"""Shutter speeds and ISO numbers as still cameras write them: texts to choose from, made into numbers and back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from autoexposure.camera import ControlRange, believed_times

_TIME = re.compile(r"(\d{1,9}(?:[.,]\d{1,9})?)(?:/(\d{1,9}(?:[.,]\d{1,9})?))?\s*(?:s|sec|\")?", re.IGNORECASE)
_ISO = re.compile(r"(?:iso\s*)?(\d{1,9})", re.IGNORECASE)


def shutter_seconds(text: str) -> float | None:
    """``1/125``, ``0.0080s``, ``1.3``, ``13/10``, ``30"``; None for Bulb, Time, Auto and the like."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    over, under = (float((part or "1").replace(",", ".")) for part in found.groups())
    return over / under if over > 0 and under > 0 else None


def iso_number(text: str) -> float | None:
    """``100``, ``ISO 100``; None for Auto and for the special modes that some cameras list with the numbers."""
    found = _ISO.fullmatch(text.strip())
    return float(found[1]) if found is not None and int(found[1]) > 0 else None


@dataclass(frozen=True, slots=True)
class Choices:
    """What one configuration entry of a camera can be.

    Attributes
    ----------
    texts : the choices that are numbers, by rising number; of several with one number only the first.
    numbers : what they are worth.
    others : the rest: Auto, Bulb.
    """

    texts: tuple[str, ...]
    numbers: tuple[float, ...]
    others: tuple[str, ...]

    @classmethod
    def times(cls, texts: Iterable[str]) -> Choices:
        """Of a shutter speed, in seconds."""
        return cls._of([(text, shutter_seconds(text)) for text in texts])

    @classmethod
    def isos(cls, texts: Iterable[str]) -> Choices:
        """Of an ISO."""
        return cls._of([(text, iso_number(text)) for text in texts])

    @classmethod
    def _of(cls, choices: list[tuple[str, float | None]]) -> Choices:
        by_number: dict[float, str] = {}
        for text, number in choices:
            if number is not None:
                by_number.setdefault(number, text)
        numbers = tuple(sorted(by_number))
        others = tuple(text for text, number in choices if number is None)
        return cls(tuple(by_number[number] for number in numbers), numbers, others)

    def range(self, unit: float = 1.0) -> ControlRange | None:
        """The numbers as a control, in multiples of ``unit``; None if there is nothing to choose."""
        if len(self.numbers) < 2:
            return None
        values = tuple(number * unit for number in self.numbers)
        return believed_times(values[0], values[-1], values=values)

    def nearest(self, number: float) -> str:
        """The choice that differs least from ``number`` as a ratio."""
        control = self.range()
        wanted = control.nearest(number) if control is not None else self.numbers[0]
        return self.texts[self.numbers.index(wanted)]

    def automatic(self) -> str | None:
        """The choice that leaves it to the camera."""
        return next((text for text in self.others if "auto" in text.lower()), None)
