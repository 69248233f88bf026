"""A recording as a camera whose exposure can be set: each picture is re-exposed from what it was taken with."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from autoexposure.camera import CameraInfo, Capabilities, Settings
from autoexposure.clock import Clock
from autoexposure.errors import CameraDisconnected, UnsupportedControl
from autoexposure.evaluation.replaying.footage import Footage, Taken
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame, Pixels
from autoexposure.metering.lookahead import pixel_re_exposer
from autoexposure.response import ResponseCurve

GUESS_EV = 0.1
"""A picture re-exposed by more than this, darker or brighter, shows what the recording may not hold; less is hardly
seen."""


def re_exposed(pixels: Pixels, response: ResponseCurve, delta_ev: float) -> Pixels:
    """A picture, (H, W, 3) uint8, as it would be with ``delta_ev`` more exposure.

    Motion blur and noise stay as they were. Light that was clipped is guessed as the look-ahead guesses it.
    """
    return pixel_re_exposer(pixels, response, darker=delta_ev < 0)(delta_ev)


def guessed_share(taken: Taken, ev: float) -> float:
    """Share of a picture's pixels, 0..1, that are a guess when re-exposed to ``ev``: darker, all that was clipped."""
    return taken.highlights if ev < taken.exposure.ev - GUESS_EV else 0.0


def coarse_share(taken: Taken, ev: float) -> float:
    """Share of a picture's pixels, 0..1, that are coarse when re-exposed to ``ev``: brighter, all that was black.

    They hold little light, so laws hardly err by it; a clipped pixel may hold any amount.
    """
    return taken.shadows if ev > taken.exposure.ev + GUESS_EV else 0.0


class ReplayedCamera:
    """The camera; `autoexposure.camera.Camera` says what each method does.

    Its pictures come in their own time, on ``clock``. A setting shows as late as it did when the recording was made.
    Frames that were not recorded count for that, as they did for the camera.
    """

    def __init__(self, footage: Footage, clock: Clock) -> None:
        self._footage = footage
        self._clock = clock
        self._began_s = clock.now() - footage.pictures[0].at_s
        self._next = 0
        self._set = [(0, footage.pictures[0].exposure)]
        self._closed = False

    @property
    def info(self) -> CameraInfo:
        """As Camera.info."""
        path = self._footage.recording.path
        return CameraInfo(f"replay:{path}", path.name, f"replay:{path}", lasting=False)

    @property
    def capabilities(self) -> Capabilities:
        """As Camera.capabilities."""
        return self._footage.capabilities

    @property
    def frame_interval_s(self) -> float:
        """As Camera.frame_interval_s."""
        return self._footage.recording.frame_interval_s

    @property
    def exposure(self) -> Exposure:
        """As Camera.exposure."""
        return self._set[-1][1]

    def settings(self) -> Settings:
        """As Camera.settings."""
        return {}

    def restore(self, settings: Settings) -> None:
        """Nothing outlives the replay."""

    def take_control(self) -> None:
        """There is no automatic to switch off."""

    def set_exposure(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure."""
        times, gains = self.capabilities.time_s, self.capabilities.gain
        time_s = times.nearest(exposure.time_s) if times is not None else self.exposure.time_s
        gain = gains.nearest(exposure.gain) if gains is not None else self.exposure.gain
        really = Exposure(time_s, gain)
        newest = self._footage.pictures[max(self._next - 1, 0)].sequence
        self._set.append((newest + 1 + self._footage.delay_frames, really))
        return really

    def set_native_auto(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        raise UnsupportedControl("a recording has no automatic of its own")

    def read(self, timeout_s: float) -> Frame:
        """As Camera.read; raises CameraDisconnected at the end, and RecordingError if the file can no longer be read.

        The latter is no CameraError: the loop would wait for a camera to come back, and a broken disk does not.
        """
        if self._closed or self._next == len(self._footage.pictures):
            raise CameraDisconnected("the recording is over")
        index = self._next
        taken = self._footage.pictures[index]
        self._clock.sleep(max(0.0, self._began_s + taken.at_s - self._clock.now()))
        while len(self._set) > 1 and self._set[1][0] <= taken.sequence:
            self._set.pop(0)
        made_with = self._set[0][1]
        pixels = self._footage.pixels(index)
        self._next += 1
        shown = re_exposed(pixels, self._footage.response, made_with.ev - taken.exposure.ev)
        return Frame(shown, self._began_s + taken.at_s, taken.sequence, made_with, reported=True)

    def close(self) -> None:
        """The recording stays open for the next law."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
