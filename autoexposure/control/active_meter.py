"""The meter in use: the policy that was chosen, the user's mask over it, and the classical meter that stands in."""

from __future__ import annotations

import logging
from collections.abc import Callable

from autoexposure.clock import Clock
from autoexposure.control.commands import Teach, Unteach
from autoexposure.errors import AutoexposureError, PolicyError
from autoexposure.feedback.answer import Label
from autoexposure.frame import Pixels
from autoexposure.metering.classical import MatrixMeter, SpotMeter
from autoexposure.metering.lookahead import Lookahead, LookaheadConfig
from autoexposure.metering.mask import masked
from autoexposure.metering.policy import Decision, Map, Policy, ask
from autoexposure.metering.preview import Preview, make_preview
from autoexposure.metering.reaction import Reaction
from autoexposure.metering.reuse import AnswerReuse, Picture, ReuseConfig
from autoexposure.metering.spot import Spot
from autoexposure.personal.live_layer import LiveLayer
from autoexposure.response import ResponseCurve

log = logging.getLogger(__name__)

FAILURES_TOLD = 5
"""Pictures in a row that a meter could not judge before the user is told: fewer may be an accident. At 30 pictures a
second it is a sixth of one."""

RETRIED_EVERY = 30
"""Then only every 30th picture is tried, about once a second: a network that fails may take its time to do so."""


class ActiveMeter:
    """One policy at a time, made when it is first needed, by the thread that uses it."""

    def __init__(
        self,
        make_policy: Callable[[], Policy],
        lookahead: LookaheadConfig,
        clock: Clock,
        reuse: ReuseConfig | None = None,
    ) -> None:
        self._mask: Map | None = None
        self._make_policy = make_policy
        self._policy: Policy | None = None
        self._judge: Policy | None = None  # what judged the newest picture: the policy, or the stand-in
        self._stand_in = MatrixMeter()
        self._lookahead = Lookahead(lookahead)
        self._reaction = Reaction(clock)
        self._reuse = AnswerReuse(reuse or ReuseConfig(), clock)
        self._picture: Picture = (0, 0)
        self._failures = 0  # in a row
        self._pictures_left = 0  # until the failing policy is tried again
        self._said = ""  # what became of the last command
        self._trouble = ""  # what is wrong with the policy

    @property
    def mask(self) -> Map | None:
        """Which parts of the picture count; None for all."""
        return self._mask

    @mask.setter
    def mask(self, mask: Map | None) -> None:
        self._mask = mask
        self._lookahead.forget()
        self._reuse.forget()

    @property
    def chosen(self) -> str:
        """What the meter that was chosen is called; empty before the first."""
        return self._policy.name if self._policy is not None else ""

    @property
    def name(self) -> str:
        """What the meter is called that judged the newest picture."""
        return self._judge.name if self._judge is not None else ""

    @property
    def instead_of(self) -> str:
        """The chosen meter, while another one stands in for it; empty otherwise."""
        return self.chosen if self._judge is not self._policy else ""

    @property
    def model_hash(self) -> str:
        """SHA-256 of the network's file behind the meter that judged the newest picture; empty for a classical one."""
        return _sha256(self._judge)

    @property
    def asked_about(self) -> Picture:
        """The picture that the newest answer was given for: the newest one, or an earlier one."""
        return self._reuse.picture or self._picture

    @property
    def spot(self) -> Spot | None:
        """Where a spot meter looks; None for any other."""
        return self._judge.spot if isinstance(self._judge, SpotMeter) else None

    @property
    def taught(self) -> bool:
        """Whether a person has taught the meter what to ask for: then it is followed, however unsure it is."""
        return isinstance(self._judge, LiveLayer) and self._judge.taught

    @property
    def notice(self) -> str:
        """One sentence for the user: what became of a command, or what is wrong with the meter; empty if nothing."""
        return self._said or self._trouble or (self._policy.notice if isinstance(self._policy, LiveLayer) else "")

    def quieten(self) -> None:
        """The next command comes: what became of the last one has been said, and the policy is asked anew."""
        self._said = ""
        self._reuse.forget()

    def make(self) -> None:
        """Make the policy unless there is one already; raises what making it raises."""
        if self._policy is None:
            self._policy = self._judge = self._make_policy()

    def use(self, make_policy: Callable[[], Policy]) -> bool:
        """Change to another policy; if it can't be made the present one stays, which ``notice`` says, and it is False.

        Raises AutoexposureError if there is none that could stay; then `make` tries this one again.
        """
        if self._policy is None:
            self._make_policy = make_policy
            self.make()
            return True
        try:
            self._policy = make_policy()
        except AutoexposureError as error:
            self._said = f"{error} The {self._policy.name} meter stays."
            return False
        self._make_policy = make_policy
        self._begin_well()
        self._anew()
        return True

    def teach(self, lesson: Teach) -> bool:
        """Have a meter that learns learn an answer; returns whether the exposure is to be corrected anew.

        After "well" it is not: the picture is right as it is, also where a search would still move it a little.
        """
        if not isinstance(self._policy, LiveLayer):
            return False
        if lesson.answer is not None and self._policy.knows(lesson.answer):
            return False
        held_back, limit_ev = self._policy.holds_back(lesson.label), self._policy.limit_ev
        try:
            self._policy.click(make_preview(lesson.pixels), lesson.label, lesson.bias_ev, lesson.answer, lesson.weight)
        except PolicyError as error:
            log.exception("the %s meter could not learn", self._policy.name)
            self._said = f"The meter could not learn from your answer ({error}); it is stored all the same."
            return False
        self._anew()
        if held_back and self._policy.limit_ev == limit_ev:
            until = self._policy.config.first_clicks
            further = f"until there are {until} answers" if self._policy.clicks < until else "without a training"
            self._said = (
                f"The meter follows you by {limit_ev:g} EV and no further {further}; this one counts towards it."
            )
        return lesson.label is not Label.WELL

    def unteach(self, what: Unteach) -> bool:
        """Take a lesson back, or all of them; returns whether the exposure is to be corrected anew."""
        if not isinstance(self._policy, LiveLayer):
            return False
        self._anew()
        if not what.everything:
            return self._policy.undo(what.answer) not in (None, Label.WELL)
        self._policy.reset()
        return True

    def decide(
        self,
        preview: Preview,
        response: ResponseCurve | None = None,
        refine_from_ev: float = 0.0,
        pixels: Pixels | None = None,
        picture: Picture = (0, 0),
        *,
        calm: bool = False,
    ) -> Decision:
        """Ask the policy about one picture, or say again what a network said of one that still stands.

        A classical meter judges the picture that the policy can't, and the next ones are the policy's again; if that
        happens too often ``notice`` says so.

        Parameters
        ----------
        preview : (1, 3, 128, 128) float32, code values 0..255.
        response : the camera's; with it, a coarse answer is refined by looking ahead.
        refine_from_ev : answers below this are taken as they are.
        pixels : as of `Lookahead.refine`.
        picture : which one it is; ``asked_about`` says afterwards whether the answer is of an earlier one.
        calm : the exposure rests and nothing is wrong with it, so that an earlier answer will do.
        """
        assert self._policy is not None
        self._picture = picture
        if not self._reaction.missing and (self._failures < FAILURES_TOLD or self._pictures_left == 0):
            try:
                standing = picture if calm else None
                decision = self._answer(self._policy, preview, response, refine_from_ev, pixels, standing)
                if response is not None and _sha256(self._policy):
                    self._reaction.watch(self._policy, preview, response)
            except PolicyError as error:
                self._failed(self._policy, error)
            else:
                self._begin_well()
                if not self._reaction.missing:
                    return decision
                self._worthless(self._policy)
        self._reuse.forget()
        self._pictures_left -= 1
        self._judge = self._stand_in
        return masked(self._stand_in, self._mask).decide(preview)

    def _answer(
        self,
        policy: Policy,
        preview: Preview,
        response: ResponseCurve | None,
        refine_from_ev: float,
        pixels: Pixels | None,
        picture: Picture | None,
    ) -> Decision:
        """As `_ask`, or the answer to an earlier picture; never that if ``picture`` is None."""
        if picture is None or not _sha256(policy):  # a classical meter takes hardly longer than comparing
            self._reuse.forget()
            return self._ask(policy, preview, response, refine_from_ev, pixels)
        terms = response, refine_from_ev
        decision = self._reuse.answer_for(preview, picture, terms)
        if decision is None:
            decision = self._ask(policy, preview, response, refine_from_ev, pixels)
            self._reuse.keep(decision, preview, picture, terms)
        return decision

    def _ask(
        self,
        chosen: Policy,
        preview: Preview,
        response: ResponseCurve | None,
        refine_from_ev: float,
        pixels: Pixels | None,
    ) -> Decision:
        policy = masked(chosen, self._mask)
        decision = ask(policy, preview)
        if response is not None and policy.coarse and abs(decision.delta_ev) >= refine_from_ev:
            decision = self._lookahead.refine(policy, preview, decision, response, pixels)
        return decision

    def _failed(self, policy: Policy, error: PolicyError) -> None:
        self._failures += 1
        self._pictures_left = RETRIED_EVERY
        if self._failures == 1:
            log.warning("the %s meter failed on a picture: %s", policy.name, error)
            log.debug("it failed here", exc_info=error)
        if self._failures == FAILURES_TOLD:
            log.warning("the %s meter goes on failing: %s", policy.name, error)
            self._said = ""  # what became of an earlier command matters less now
            self._trouble = (
                f"The {policy.name} meter failed on {FAILURES_TOLD} pictures in a row ({error});"
                f" {self._stand_in.name} metering took over until it works again."
            )

    def _worthless(self, policy: Policy) -> None:
        self._said = ""
        self._trouble = (
            f"The model of the {policy.name} meter answers alike to dark and bright pictures, so it can't meter:"
            f" choose another model; until then {self._stand_in.name} metering takes over."
        )
        log.warning("%s", self._trouble)

    def _anew(self) -> None:
        """What was found of the policy holds no more."""
        self._lookahead.forget()
        self._reuse.forget()
        self._reaction.forget()

    def _begin_well(self) -> None:
        """The policy is new, or it has just judged a picture."""
        self._judge = self._policy
        self._failures = 0
        self._pictures_left = 0
        self._trouble = ""


def _sha256(policy: Policy | None) -> str:
    # As OfModel has it; `isinstance` with a protocol takes longer, and this is asked with every picture.
    sha256: str = getattr(policy, "sha256", "")
    return sha256
