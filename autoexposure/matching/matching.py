"""Cameras that are to be exposed alike: one leads, the others take its exposure, the most constrained one sets limits.

For rigs whose pictures must match: stereo, panoramas, all-round views. Each camera keeps its loop and its thread; what
they share is this: which of them leads, what it has commanded, and the limits that all of them can keep. EV counts here
without bias: each camera adds its own, by which cameras of different makes are trimmed to each other.

A camera that can't take part stands aside: lost, paused, with its own automatic on, taken by another program, or locked
by hand. Its limits do not count then. Where the leader stands aside the next one in order leads; a leader that is
locked goes on leading, so that all hold.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace
from enum import StrEnum

from autoexposure.errors import ConfigError
from autoexposure.exposure import Limits
from autoexposure.states import AeState


class Lead(StrEnum):
    """Whose meter decides."""

    LEADER = "leader"
    MEAN = "mean"


LEADS = tuple(Lead)


@dataclass(frozen=True, slots=True)
class Post:
    """What a camera that takes part says with every frame.

    Attributes
    ----------
    wanted_ev : the EV its own meter asks for, without bias; the mean keeps the last one that was certain.
    certain : whether it is known which exposure made the frame.
    reach_ev : (lowest, highest) EV it can be set to, less its bias.
    limits : of its own program.
    """

    wanted_ev: float
    certain: bool
    reach_ev: tuple[float, float]
    limits: Limits


@dataclass(frozen=True, slots=True)
class Agreed:
    """What holds for all that take part, without bias.

    Attributes
    ----------
    wanted_ev : what the leader is to correct towards.
    reach_ev : (lowest, highest) that all of them can be set to.
    limits : that all of them can keep.
    command_ev : what the leader has commanded; None before its first.
    target_ev, ae_state : what the leader says of itself.
    """

    wanted_ev: float
    reach_ev: tuple[float, float]
    limits: Limits
    command_ev: float | None
    target_ev: float
    ae_state: AeState


class Matching:
    """What the loops of matched cameras share; any thread may use it.

    Parameters
    ----------
    lead : ``leader``, the first camera that can; or ``mean``: it corrects towards the mean of what all meters ask for.

    Raises ConfigError for another word.
    """

    def __init__(self, lead: str = Lead.LEADER) -> None:
        if lead not in LEADS:
            raise ConfigError(f"cameras are matched to one of {', '.join(LEADS)}, given {lead!r}")
        self._lead = Lead(lead)
        self._lock = threading.Lock()
        self._posts: dict[int, Post] = {}  # by the order of joining
        self._joined = 0
        self._leader: int | None = None
        self._command_ev: float | None = None
        self._target_ev = 0.0
        self._ae_state = AeState.SEARCHING

    def join(self) -> Member:
        """Take one more camera in; those that joined before it lead rather than it."""
        with self._lock:
            self._joined += 1
            return Member(self, self._joined)

    def _post(self, number: int, post: Post) -> Agreed:
        with self._lock:
            before = self._posts.get(number)
            self._posts[number] = post if post.certain or before is None else replace(post, wanted_ev=before.wanted_ev)
            if self._leader is None and self._command_ev is None and number == min(self._posts):
                self._leader = number
            posts = self._posts.values()
            lowest_ev = max(post.reach_ev[0] for post in posts)
            highest_ev = min(post.reach_ev[1] for post in posts)
            wanted_ev = post.wanted_ev
            if self._lead is Lead.MEAN:
                wanted_ev = sum(post.wanted_ev for post in posts) / len(posts)
            return Agreed(
                wanted_ev,
                # Where no EV suits all, the others come as near to this one as they can.
                (lowest_ev, highest_ev) if lowest_ev <= highest_ev else post.reach_ev,
                Limits.of_all(post.limits for post in posts),
                self._command_ev,
                self._target_ev,
                self._ae_state,
            )

    def _take_the_lead(self, number: int) -> None:
        with self._lock:
            if number == min(self._posts, default=math.inf):
                self._leader = number

    def _command(self, number: int, command_ev: float, target_ev: float, ae_state: AeState) -> None:
        with self._lock:
            if number == self._leader:
                self._command_ev, self._target_ev, self._ae_state = command_ev, target_ev, ae_state

    def _stand_aside(self, number: int) -> None:
        with self._lock:
            self._posts.pop(number, None)
            if self._leader == number:
                self._leader = None
            if not self._posts:
                self._command_ev = None  # by the time one is back the light may be another


class Member:
    """One camera's part in it, used by its loop's thread. Made by `Matching.join`."""

    def __init__(self, matching: Matching, number: int) -> None:
        self._matching = matching
        self._number = number

    @property
    def leads(self) -> bool:
        """Whether the others take this camera's exposure."""
        return self._matching._leader == self._number

    @property
    def is_heard(self) -> bool:
        """Whether what its own meter asks for counts while it follows."""
        return self._matching._lead is Lead.MEAN

    def post(self, post: Post) -> Agreed:
        """Take part with this frame; leads at once if it is the first and nothing was commanded yet."""
        return self._matching._post(self._number, post)

    def take_the_lead(self) -> None:
        """Lead from now on, if it is the first: it is set as the others are, so that nothing jumps."""
        self._matching._take_the_lead(self._number)

    def command(self, command_ev: float, target_ev: float, ae_state: AeState) -> None:
        """Have the others take what this camera, which leads, is set to."""
        self._matching._command(self._number, command_ev, target_ev, ae_state)

    def stand_aside(self) -> None:
        """Take part no more until the next `post`."""
        self._matching._stand_aside(self._number)
