"""Which pictures to ask about: "how is this one?" when the meter is least sure, seldom, and only if allowed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from autoexposure.errors import ConfigError
from autoexposure.metering.policy import Decision
from autoexposure.states import AeState


@dataclass(frozen=True, slots=True)
class AskingConfig:
    """When to ask.

    Attributes
    ----------
    on : nobody is asked unless they said so.
    pause_s : at least so long between two questions, and after an answer that was given unasked.
    unsure_ev : ask of nothing about which the meter is surer than this.
    quantile : ask only of pictures that are among this share of the least sure ones of late.
    remembered : settled pictures that "of late" means.
    """

    on: bool = False
    pause_s: float = 60.0
    unsure_ev: float = 0.2
    quantile: float = 0.25
    remembered: int = 300

    def __post_init__(self) -> None:
        if not (self.pause_s >= 60 and 0 < self.quantile <= 1 and self.remembered >= 1):
            raise ConfigError(
                f"a pause of at least 60 s, a quantile above 0 and something to remember are expected, given {self}"
            )


class Asker:
    """Decides whether to ask about the picture on screen. Pure: it is told the time."""

    def __init__(self, config: AskingConfig | None = None) -> None:
        self.config = config or AskingConfig()
        self._doubts_ev: deque[float] = deque(maxlen=self.config.remembered)
        self._quiet_since_s: float | None = None

    def should_ask(self, now_s: float, ae_state: AeState, decision: Decision | None) -> bool:
        """Judge the picture on screen; when it is True the question counts as asked."""
        if self._quiet_since_s is None:
            self._quiet_since_s = now_s  # nobody is asked in the first minute
        if not self.config.on or ae_state is not AeState.CONVERGED or decision is None or decision.doubt_ev is None:
            return False
        doubt_ev = decision.doubt_ev
        self._doubts_ev.append(doubt_ev)
        if now_s - self._quiet_since_s < self.config.pause_s or doubt_ev < self.config.unsure_ev:
            return False
        less_sure = sum(other_ev > doubt_ev for other_ev in self._doubts_ev)
        if less_sure > self.config.quantile * (len(self._doubts_ev) - 1):
            return False
        self._quiet_since_s = now_s
        return True

    def answered(self, now_s: float) -> None:
        """An answer was given, asked or not: no question for a while."""
        self._quiet_since_s = now_s
