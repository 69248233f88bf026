"""How much of what a person wants their answers explain: what the window says of its own learning."""

from __future__ import annotations

from dataclasses import dataclass

from autoexposure.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Truth:
    """What a person's answers are worth, each held against a layer that has not learned it.

    Attributes
    ----------
    explained : share of what the person wants beyond the network's own answer that their answers explain, 0..1. The
        rest changes from picture to picture, or is not known yet.
    deviation : standard deviation of that share.
    answers : how many there are so far.
    more : about how many more would halve the deviation; 0 where it is small enough.
    """

    explained: float
    deviation: float
    answers: int
    more: int

    def __post_init__(self) -> None:
        if not (0 <= self.explained <= 1 and self.deviation >= 0 and self.answers >= 0 and self.more >= 0):
            raise ConfigError(f"a share of 0 to 1, its deviation and counts are expected, given {self}")
