"""The meter in use: the policy that was chosen, the user's mask over it, and the classical meter that stands in."""

from __future__ import annotations

import logging
from collections.abc import Callable

from autoexposure.errors import AutoexposureError, PolicyError
from autoexposure.feedback import Label
from autoexposure.frame import Pixels
from autoexposure.imagined import ImaginedConfig, LookAhead
from autoexposure.live_layer import LiveLayer
from autoexposure.mask import masked
from autoexposure.metering import MatrixMeter, SpotMeter
from autoexposure.policy import Decision, Map, Policy
from autoexposure.preview import Preview, make_preview
from autoexposure.response import ResponseCurve
from autoexposure.spot import Spot

log = logging.getLogger(__name__)


class MeterInUse:
    """One policy at a time, made when it is first needed, by the thread that uses it.

    Attributes
    ----------
    notice : one sentence for the user when another meter is in use than was chosen; empty otherwise.
    """

    def __init__(self, make_policy: Callable[[], Policy], imagined: ImaginedConfig) -> None:
        self.notice = ""
        self._mask: Map | None = None
        self._make_policy = make_policy
        self._policy: Policy | None = None
        self._ahead = LookAhead(imagined)

    @property
    def mask(self) -> Map | None:
        """Which parts of the picture count; None for all."""
        return self._mask

    @mask.setter
    def mask(self, mask: Map | None) -> None:
        self._mask = mask
        self._ahead.forget()

    @property
    def name(self) -> str:
        """What the meter is called; empty before the first."""
        return self._policy.name if self._policy is not None else ""

    @property
    def spot(self) -> Spot | None:
        """Where a spot meter looks; None for any other."""
        return self._policy.spot if isinstance(self._policy, SpotMeter) else None

    def make(self) -> None:
        """Make the policy unless there is one already; raises what making it raises."""
        if self._policy is None:
            self._policy = self._make_policy()

    def use(self, make_policy: Callable[[], Policy]) -> bool:
        """Change to another policy; if it can't be made the present one stays, which ``notice`` says, and it is False.

        Raises AutoexposureError if there is none that could stay.
        """
        try:
            self._policy = make_policy()
        except AutoexposureError as error:
            if self._policy is None:
                raise
            self.notice = f"{error} The {self._policy.name} meter stays."
            return False
        self._make_policy = make_policy
        self._ahead.forget()
        return True

    def teach(self, pixels: Pixels, label: Label) -> bool:
        """Have a meter that learns learn what was said of this picture; False if it does not learn, or can't."""
        if not isinstance(self._policy, LiveLayer):
            return False
        try:
            self._policy.click(make_preview(pixels), label)
            self._ahead.forget()
        except PolicyError as error:
            log.exception("the %s meter could not learn", self._policy.name)
            self.notice = f"The meter could not learn from your answer ({error}); it is stored all the same."
            return False
        return True

    def unteach(self, everything: bool) -> bool:
        """Take the last lesson back, or all of them; False if there was none."""
        if not isinstance(self._policy, LiveLayer):
            return False
        self._ahead.forget()
        if not everything:
            return self._policy.undo()
        self._policy.reset()
        return True

    def decide(
        self, preview: Preview, imagine_by: ResponseCurve | None = None, imagine_from_ev: float = 0.0
    ) -> Decision:
        """Ask the policy of one picture; with a response curve, a coarse answer is refined by imagined exposures.

        Answers below ``imagine_from_ev`` are taken as they are. A policy that fails is replaced by a classical meter,
        which ``notice`` says.
        """
        assert self._policy is not None
        policy = masked(self._policy, self._mask)
        try:
            decision = policy.decide(preview)
            if imagine_by is not None and policy.coarse and abs(decision.delta_ev) >= imagine_from_ev:
                decision = self._ahead.refine(policy, preview, decision, imagine_by)
            return decision
        except PolicyError as error:
            log.exception("the %s meter failed", self._policy.name)
            fallback = MatrixMeter()
            self.notice = f"The {self._policy.name} meter failed ({error}); {fallback.name} metering took over."
            self._policy = fallback
            return masked(fallback, self._mask).decide(preview)
