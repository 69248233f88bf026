"""PhoneLink: what the server's thread and the camera's thread share, and the only place where they meet."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from autoexposure.clock import Clock, SystemClock
from autoexposure.errors import CameraDisconnected, CameraError, FrameTimeout
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from drivers.phone.adjustments import Constraints
from drivers.phone.controls import TrackSettings
from drivers.phone.protocol import Lens, Picture

SETTLED_FRAMES = 6
"""Camera frames after a change until its picture is certain: phones take 3 to 5 (paper 8.2), and browsers
call a constraint applied when it has been handed to the camera."""

SETTLED_FRAMES_BY_COMPENSATION = 20
"""The same where the phone's own automatic has to walk to its new target."""

Post = Callable[[dict[str, object]], None]


@dataclass(frozen=True, slots=True)
class Visit:
    """One lens of one phone, from opened to closed; another lens, or a reconnect, is another visit."""

    number: int
    lens: Lens


@dataclass(frozen=True, slots=True)
class Applied:
    """The page's answer to ``apply``: the settings it then read from its track, and what went wrong, if anything."""

    settings: TrackSettings
    problem: str = ""


class PhoneLink:
    """The newest picture, the lens in use, and questions to the page with their answers.

    Attributes
    ----------
    trouble : why there is no picture although a phone is, or was, connected; a sentence, or empty.
    remark : what was refused since a phone last joined; a sentence, or empty.
    throughput_bps : what the phone's pictures come with, smoothed; 0 until known.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._changed = threading.Condition()
        self._post: Post | None = None
        self._visit: Visit | None = None
        self._visits = 0
        self._settings = TrackSettings()
        self._frame: Frame | None = None
        self._offsets_s: deque[float] = deque(maxlen=120)
        self._answers: dict[int, Applied] = {}
        self._asked = self._answered = 0
        self._watched = False
        self._ended = False
        self._left_s: float | None = None
        self.trouble = ""
        self.remark = ""
        self.throughput_bps = 0.0

    # For the server's thread

    def joined(self, post: Post) -> None:
        """A phone is connected; ``post`` sends it a message from any thread."""
        with self._changed:
            self._post = post
            self._left_s = None
            self.trouble = self.remark = ""
            self.throughput_bps = 0.0
            self._changed.notify_all()

    def opened(self, lens: Lens) -> None:
        """The phone has opened a lens."""
        with self._changed:
            self._visits += 1
            self._visit = Visit(self._visits, lens)
            self._settings = lens.settings
            self._answered = 0
            self._frame = None
            self._offsets_s.clear()
            self.trouble = ""
            self._changed.notify_all()

    def arrived(self, picture: Picture) -> None:
        """A picture came; it replaces one that was not read yet."""
        with self._changed:
            if self._visit is None:
                return
            if picture.applied is None or picture.applied >= self._answered:
                self._settings = picture.settings  # else it was on its way while a change was answered
            self._frame = Frame(
                picture.pixels,
                self._taken_s(picture.taken_ms / 1000),
                picture.sequence,
                self._made_by(picture, self._visit.lens),
                reported=False,
            )
            if self._frame.exposure is not None:
                self._frame = replace(self._frame, reported=True)
            self._changed.notify_all()

    def answered(self, number: int, applied: Applied) -> None:
        """The page has carried out (or not) the ``apply`` of this number."""
        with self._changed:
            self._settings = applied.settings
            self._answered = number
            self._answers[number] = applied
            self._changed.notify_all()

    def left(self, post: Post, *, deliberately: bool, trouble: str = "") -> None:
        """The phone of this ``post`` is gone, or its lens; a phone that came after it is not touched."""
        with self._changed:
            if self._post != post:
                return
            self._post = self._visit = self._frame = None
            self._left_s = None if deliberately else self._clock.now()
            self.trouble = trouble
            self._answers.clear()
            self._changed.notify_all()

    def closed(self, trouble: str) -> None:
        """The phone is still there but its lens is not: refused, or taken by another app."""
        with self._changed:
            self._visit = self._frame = None
            self.trouble = trouble
            self._changed.notify_all()

    @property
    def watched(self) -> bool:
        """Whether pictures are being read; otherwise the phone is not asked for any."""
        return self._watched

    @property
    def connected(self) -> bool:
        """Whether a phone is connected, with or without a lens."""
        return self._post is not None

    @property
    def lens(self) -> Lens | None:
        """The lens in use, None while no phone has one open."""
        visit = self._visit
        return None if visit is None else visit.lens

    def forget(self) -> None:
        """A phone that is away is not waited for any more."""
        with self._changed:
            self._left_s = None
            self._changed.notify_all()

    # For the camera's thread

    @property
    def settings(self) -> TrackSettings:
        """The newest the phone has said."""
        return self._settings

    @property
    def away_s(self) -> float | None:
        """How long ago the connection of a phone broke; None if none did."""
        with self._changed:
            return None if self._left_s is None else self._clock.now() - self._left_s

    def watch(self, on: bool) -> None:
        """Ask the phone for pictures from now on, or no more."""
        with self._changed:
            self._watched = on
            post = self._post
        if on and post is not None:
            post({"type": "next"})

    def wait_for_visit(self, timeout_s: float, known: int = 0) -> Visit | None:
        """The present visit, if it is another than number ``known``; waits for one."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or (self._visit is not None and self._visit.number != known), timeout_s
            )
            return self._visit

    def wait_for_frame(self, visit: Visit, after: Frame | None, timeout_s: float) -> Frame:
        """The newest frame that isn't ``after``. Raises FrameTimeout, CameraDisconnected."""
        with self._changed:
            self._changed.wait_for(lambda: self._over(visit) or self._frame not in (None, after), timeout_s)
            self._check(visit)
            if self._frame is None or self._frame is after:
                raise FrameTimeout(f"the phone sent no picture within {timeout_s:g} s: is its screen locked?")
            return self._frame

    def apply(self, visit: Visit, constraints: Constraints, timeout_s: float) -> Applied:
        """Have the page put ``constraints`` on its track; wait until it says what came of it.

        Raises CameraDisconnected if the phone leaves meanwhile or doesn't answer.
        """
        with self._changed:
            self._check(visit)
            self._asked += 1
            number, post = self._asked, self._post
            assert post is not None
            post({"type": "apply", "number": number, "constraints": constraints})
            self._changed.wait_for(lambda: self._over(visit) or number in self._answers, timeout_s)
            self._check(visit)
            if number not in self._answers:
                raise CameraDisconnected(f"the phone did not answer within {timeout_s:g} s: check its Wi-Fi")
            return self._answers.pop(number)

    def end(self) -> None:
        """Wake every reader that waits: there will be no more pictures."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _over(self, visit: Visit) -> bool:
        return self._ended or self._visit is not visit

    def _check(self, visit: Visit) -> None:
        if self._ended:
            raise CameraError("the phone page has been closed: open the camera again")
        if self._visit is visit:
            return
        if self._visit is not None:
            raise CameraDisconnected("the phone opened its camera anew: what it can do may be different")
        raise CameraDisconnected(self.trouble or "the phone has left: unlock its screen, or check its Wi-Fi")

    def _made_by(self, picture: Picture, lens: Lens) -> Exposure | None:
        """What made it, where that is certain: a browser knows what it asked for, not what the sensor has done yet."""
        settled = SETTLED_FRAMES_BY_COMPENSATION if lens.controls.by_compensation else SETTLED_FRAMES
        if picture.frames_since_change is None or picture.frames_since_change < settled:
            return None
        return lens.controls.exposure(picture.settings, 1 / lens.frame_rate)

    def _taken_s(self, page_s: float) -> float:
        """The page's clock as ours: the quickest of the last messages is taken for the one that needed no time."""
        now_s = self._clock.now()
        self._offsets_s.append(now_s - page_s)
        taken_s = page_s + min(self._offsets_s)
        previous_s = self._frame.timestamp_s if self._frame is not None else float("-inf")
        return min(max(taken_s, now_s - 5.0, previous_s + 1e-6), now_s)
