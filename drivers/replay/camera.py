"""A recording as a camera: ``replay:FILE``. Its pictures come in their own time; its exposure is what it was."""

from __future__ import annotations

import bisect
import logging
import os
from pathlib import Path

from autoexposure.abilities.playable import Playback
from autoexposure.camera import CameraInfo, Capabilities, Settings
from autoexposure.clock import Clock, SystemClock
from autoexposure.errors import (
    CameraDisconnected,
    CameraError,
    CameraNotFound,
    ConfigError,
    FrameTimeout,
    RecordingError,
    UnsupportedControl,
)
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame, Pixels
from autoexposure.recording.reader import Recording
from drivers.common.stream_camera import Closing

log = logging.getLogger(__name__)

NOTE = "A recording is playing: its exposure is what it was when it was made."
HOLD_INTERVAL_S = 0.1
"""A held picture is delivered again so often, so that another meter's opinion of it is seen at once."""


def open_replay(text: str, clock: Clock | None = None) -> ReplayCamera:
    """Open the recording at ``text``. Raises ConfigError, CameraNotFound and CameraError."""
    if not text:
        raise ConfigError("replay: needs the file of a recording behind it: replay:FILE")
    path = Path(text).expanduser()
    if not os.path.isfile(path):  # a name too long for the disk is none either
        raise CameraNotFound(f"there is no recording {path}: make one with 'autoexposure run --record FILE'")
    try:
        return ReplayCamera(Recording(path), clock)
    except RecordingError as error:
        raise CameraError(str(error)) from error


class ReplayCamera(Closing):
    """The camera; ``autoexposure.camera.Camera`` and ``Playable`` say what each method does."""

    def __init__(self, recording: Recording, clock: Clock | None = None) -> None:
        self._recording = recording
        self._clock = clock if clock is not None else SystemClock()
        self._times_s = [picture.at_s for picture in recording.pictures]
        self._playing = True
        self._at = -1
        self._wanted: int | None = 0
        self._started_s = self._clock.now()
        self._sequence = -1
        self._stamp_s = -1.0
        self._held: tuple[int, Pixels] | None = None
        self._closed = False

    # The Camera protocol

    @property
    def info(self) -> CameraInfo:
        """As Camera.info."""
        recording = self._recording
        spec = f"replay:{recording.path}"
        seconds = round(recording.length_s)
        detail = f"{len(recording.pictures)} pictures in {seconds // 60}:{seconds % 60:02d}"
        of = f" of {recording.camera_name}" if recording.camera_name else ""
        return CameraInfo(spec, f"Recording: {recording.path.name}", f"replay:{recording.path.resolve()}", detail + of)

    @property
    def capabilities(self) -> Capabilities:
        """As Camera.capabilities."""
        return Capabilities(reports_exposure=True, delay_frames=(0, 0), base_iso=self._recording.base_iso, note=NOTE)

    @property
    def frame_interval_s(self) -> float:
        """As Camera.frame_interval_s."""
        return self._recording.frame_interval_s

    @property
    def exposure(self) -> Exposure | None:
        """As Camera.exposure."""
        return self._recording.pictures[max(self._at, 0)].exposure

    def settings(self) -> Settings:
        """As Camera.settings."""
        return {}

    def restore(self, settings: Settings) -> None:
        """Nothing was changed."""

    def take_control(self) -> None:
        """As Camera.take_control."""
        self._refuse()

    def set_exposure(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure."""
        self._refuse()
        return exposure

    def set_native_auto(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        self._refuse()

    def read(self, timeout_s: float) -> Frame:
        """As Camera.read."""
        self._check_open()
        now_s = self._clock.now()
        due_s = self._due_s(now_s)
        if due_s - now_s > timeout_s:
            self._clock.sleep(timeout_s)
            raise FrameTimeout(f"no picture within {timeout_s:g} s, the next takes {due_s - now_s:.3g} s")
        self._clock.sleep(due_s - now_s)
        self._advance(max(due_s, now_s))
        return self._frame()

    def close(self) -> None:
        """As Camera.close."""
        self._closed = True
        self._recording.close()

    # The Playable protocol

    @property
    def playback(self) -> Playback:
        """As Playable.playback."""
        at = max(self._at, 0)
        return Playback(at, len(self._times_s), self._times_s[at], self._times_s[-1], self._playing)

    def play(self, on: bool) -> None:
        """As Playable.play."""
        if on == self._playing:
            return
        self._playing = on
        if on:
            start = self._at if self._wanted is None else self._wanted
            self._begin_at(0 if start == len(self._times_s) - 1 else start)

    def seek(self, index: int) -> None:
        """As Playable.seek."""
        self._begin_at(min(max(index, 0), len(self._times_s) - 1))

    # What happens inside

    def _begin_at(self, index: int) -> None:
        """Deliver ``index`` next, and time what follows from that moment."""
        self._wanted = index
        self._started_s = self._clock.now() - self._times_s[index]

    def _due_s(self, now_s: float) -> float:
        """When the next picture comes."""
        if self._wanted is not None:
            return now_s
        if not self._playing:
            return max(now_s, self._stamp_s + HOLD_INTERVAL_S)
        return max(now_s, self._started_s + self._times_s[self._at + 1])

    def _advance(self, now_s: float) -> None:
        """Move on to the newest picture that is due; what was not read in time is skipped and shows as a gap."""
        if self._wanted is not None:
            at, taken_s = self._wanted, now_s
        elif self._playing:
            at = bisect.bisect_right(self._times_s, now_s - self._started_s + 1e-6) - 1
            at = max(at, self._at + 1)
            taken_s = self._started_s + self._times_s[at]
        else:
            at, taken_s = self._at, now_s
        in_order = self._wanted is None and self._playing
        self._sequence += at - self._at if in_order else 1
        self._at, self._wanted = at, None
        self._stamp_s = max(taken_s, self._stamp_s + 1e-6)
        if self._at == len(self._times_s) - 1:
            self._playing = False

    def _frame(self) -> Frame:
        if self._held is None or self._held[0] != self._at:
            try:
                self._held = (self._at, self._recording.pixels(self._at))
            except RecordingError as error:
                if self._held is None:
                    raise CameraError(str(error)) from error
                log.warning("%s; the picture before it stays", error)
                self._held = (self._at, self._held[1])
        picture = self._recording.pictures[self._at]
        return Frame(self._held[1], self._stamp_s, self._sequence, picture.exposure, picture.reported)

    def _check_open(self) -> None:
        if self._closed:
            raise CameraDisconnected("the recording was closed; open it again")

    def _refuse(self) -> None:
        self._check_open()
        raise UnsupportedControl("the exposure of a recording can't be changed")
