"""Contention: what to do when another program changes the exposure while it is ours. Pure; the loop asks and acts.

It is set back at once, then at most once a pause; after some tries in a row the other program wins, a notice names
it, and the camera is left to it for a while. Two programs that both insist would otherwise make the picture
flicker forever.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from autoexposure.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ContentionConfig:
    """How long to insist; checked on construction.

    Attributes
    ----------
    tries : reassertions, each undone again, after which the other program wins.
    pause_s : least time between two reassertions.
    peace_s : time without a disturbance after which earlier tries no longer count.
    truce_s : how long the winner keeps the camera before it is tried once more.
    notice_s : how long a notice of a reassertion that held is shown.

    Raises
    ------
    ConfigError
        If there is no try, or the pause is longer than the truce.
    """

    tries: int = 3
    pause_s: float = 1.0
    peace_s: float = 20.0
    truce_s: float = 60.0
    notice_s: float = 4.0

    def __post_init__(self) -> None:
        if self.tries < 1 or not 0 < self.pause_s <= self.truce_s:
            raise ConfigError(f"the rules of contention need at least one try and 0 < pause_s <= truce_s, given {self}")


class Contention:
    """Decides when to reassert, and which notice the user sees meanwhile.

    Attributes
    ----------
    calm : as far as is known no other program's setting is in force; only then the picture shows what we set.
    """

    def __init__(self, config: ContentionConfig | None = None) -> None:
        self.config = config or ContentionConfig()
        self.reset()

    def reset(self) -> None:
        """Forget everything: another camera, or the user insists."""
        self.calm = True
        self._tries = 0
        self._what = ""
        self._disturbed_s = -math.inf
        self._tried_s = -math.inf

    def insist(self) -> None:
        """The user wants the camera back: reassert at once, with all tries before us."""
        self._tries = 0
        self._tried_s = -math.inf

    def disturbed(self, what: str, now_s: float) -> None:
        """Another program did ``what``, as in 'another program switched the automatic exposure on'."""
        # A fight long ago is over. One that was lost is not: the truce decides when that one is tried again.
        if now_s - max(self._disturbed_s, self._tried_s) > self.config.peace_s and not self.yielded:
            self._tries = 0
        self.calm = False
        self._what = what
        self._disturbed_s = now_s

    @property
    def yielded(self) -> bool:
        """Whether the other program has won, for now."""
        return not self.calm and self._tries >= self.config.tries

    def due(self, now_s: float) -> bool:
        """Whether to reassert now."""
        pause_s = self.config.truce_s if self.yielded else self.config.pause_s
        return not self.calm and now_s - self._tried_s >= pause_s

    def reasserted(self, now_s: float) -> None:
        """It was set back; whether that holds will show."""
        self._tries = min(self._tries + 1, self.config.tries)  # after a truce it is one try, not all of them again
        self._tried_s = now_s
        self.calm = True

    def notice(self, now_s: float) -> str:
        """What the user has to know now; empty in peace."""
        what = self._what[:1].upper() + self._what[1:]
        if self.yielded:
            close = "close that program, or " if "program" in self._what else ""
            return (
                f"{what} again after {self.config.tries} tries to set it back, and wins: {close}lock the exposure "
                f"here; otherwise it is tried again after {self.config.truce_s:.0f} s."
            )
        if not self.calm:
            return f"{what}; it will be set back."
        if now_s - self._disturbed_s < self.config.notice_s:
            return f"{what}; it was set back."
        return ""
