"""The stream of a V4L2 device: modes, buffers, and the newest picture in them."""

from __future__ import annotations

import errno
import logging
import select
import time
from collections.abc import Iterable

import numpy as np
from linuxpy.video.device import BufferFlag, Device, Memory, VideoCapture
from linuxpy.video.raw import v4l2_buffer

from autoexposure.abilities.moded import PictureMode
from autoexposure.clock import Stamps
from autoexposure.errors import CameraError, PictureDamaged, PictureError
from autoexposure.frame import Frame
from drivers.common.pictures.formats import FORMATS, to_rgb
from drivers.common.pictures.mode_choice import WantedMode, choose_mode, choose_rate
from drivers.common.pictures.passed_over import PassedOver
from drivers.v4l2.errors import streaming
from drivers.v4l2.modes import format_code, format_name, layout_of, offered_formats, offered_modes, unreadable

log = logging.getLogger(__name__)

BUFFERS = 2
"""One being filled, one being read. The kernel never drops the oldest when it runs out of buffers, so every further
one would only be another frame of age whenever we are late."""

STALE_INTERVALS = 3.0
"""With every buffer full, a picture older than this was taken before the kernel ran out of buffers; the next one is
waited for. A picture just finished is one to two frame intervals old, as its timestamp is when its first byte came."""


class V4l2Stream:
    """Agrees on a mode with an open device; streams from ``start`` until ``close``.

    Parameters
    ----------
    device : an open linuxpy Device, in non-blocking mode; not closed by the stream.
    name : what error messages call it.

    Attributes
    ----------
    mode : the mode really in use.
    offered : every mode that can be decoded, as the device lists them.
    frame_interval_s : nominal time between two pictures.
    connection : how often the stream was started.

    Raises CameraBusy if another program streams, CameraError if no offered format can be decoded.
    """

    def __init__(self, device: Device, name: str, wanted: WantedMode) -> None:
        self._name = name
        self._stamps = Stamps(name)
        self._last_sequence = -1
        self._first_sequence = 0
        self.connection = 1
        self._least_px = 0
        with streaming(name):
            self.offered = tuple(offered_modes(device, wanted))
            chosen = choose_mode(self.offered, wanted)
            if chosen is None:
                raise CameraError(f"{name} can't be used: {_nothing_usable(offered_formats(device), wanted)}")
            self._capture = VideoCapture(device, size=BUFFERS)
            code = format_code(chosen.fourcc)
            agreed = self._capture.set_format(chosen.width_px, chosen.height_px, code).fmt.pix
            fourcc = format_name(agreed.pixelformat)
            if fourcc not in FORMATS:
                raise CameraError(f"{name} insists on the picture format {fourcc}, which can't be read here")
            self.mode = PictureMode(fourcc, agreed.width, agreed.height, chosen.rates_fps)
            self._passed_over = PassedOver(
                name,
                if_damaged="try another USB port or cable, or a smaller size",
                if_undecodable=_other_format(self.offered, fourcc),
            )
            self._layout = layout_of(agreed)
            self.frame_interval_s = self._agree_on_rate(choose_rate(chosen, wanted.rate_fps))
        self._poll = select.poll()
        self._poll.register(device.fileno(), select.POLLIN)

    def start(self) -> None:
        """Have pictures come. Some firmware resets its controls with that. Raises as the constructor."""
        with streaming(self._name):
            self._start()

    def shrink_to(self, least_px: int) -> None:
        """Decode smaller from now on where that saves time, no side below ``least_px``."""
        self._least_px = least_px

    def read(self, timeout_s: float) -> Frame:
        """The newest picture not yet read.

        Raises FrameTimeout, CameraDisconnected, and CameraError if none can be decoded.
        """
        deadline_s = time.monotonic() + timeout_s
        restarted = False
        self._passed_over.begin()
        with streaming(self._name):
            while True:
                buffer, all_full = self._newest(deadline_s, timeout_s)
                failed = bool(buffer.flags & BufferFlag.ERROR) or not buffer.bytesused
                timestamp_s = self._timestamp_s(buffer, failed=failed)
                late_s = time.monotonic() - timestamp_s
                stale = all_full and not failed and late_s > STALE_INTERVALS * self.frame_interval_s
                frame = None
                try:
                    if failed:
                        self._passed_over.add(PictureDamaged("the transfer of a picture failed"))
                    elif not stale:
                        frame = self._decode(buffer, timestamp_s)
                except PictureError as error:
                    self._passed_over.add(error)
                    log.debug("%s: %d bytes are passed over: %s", self._name, buffer.bytesused, str(error))
                finally:
                    self._capture.enqueue_buffer(Memory.MMAP, 0, buffer.index)
                if frame is not None:
                    self._last_sequence = frame.sequence
                    self._passed_over.end()
                    return frame
                if buffer.flags & BufferFlag.ERROR and not buffer.bytesused and not restarted:
                    restarted = True
                    self._restart()
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    raise self._passed_over.error(timeout_s)
                if not stale:
                    time.sleep(min(self.frame_interval_s / 4, left_s))

    def close(self) -> None:
        """Stop and give the buffers back. A device that is gone refuses both, which changes nothing any more."""
        for step in (self._capture.stream_off, self._capture.disarm):
            if self._capture.buffer is None:
                return
            try:
                step()
            except OSError as error:
                log.debug("%s: %s while closing: %s", self._name, step.__name__, error)

    def _agree_on_rate(self, rate_fps: float) -> float:
        """Ask for a frame rate; return the frame interval in seconds that the device settles on."""
        try:
            self._capture.set_fps(rate_fps)
            return 1 / float(self._capture.get_fps())
        except OSError as error:
            if error.errno not in (errno.ENOTTY, errno.EINVAL):
                raise
        except ZeroDivisionError:
            pass
        return 1 / rate_fps  # a device with no frame rate to choose

    def _start(self) -> None:
        try:
            self._capture.open()
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            log.debug("%s: STREAMON failed once: %s", self._name, error)
            self._capture.open()  # a stalled commit fails once and works the second time (measured with uvcvideo)

    def _restart(self) -> None:
        """Start the stream anew: after a failed USB transfer uvcvideo returns its buffers empty and sends no more."""
        log.warning("%s: a transfer failed, the stream is started anew", self._name)
        self._capture.stream_off()
        self._capture.enqueue_buffers(Memory.MMAP)
        self._first_sequence = self._last_sequence + 1  # the kernel counts from 0 again
        self.connection += 1
        self._capture.stream_on()

    def _newest(self, deadline_s: float, timeout_s: float) -> tuple[v4l2_buffer, bool]:
        """Dequeue all that is there and give all but the newest back; True if every buffer was full."""
        newest = self._wait_for_one(deadline_s, timeout_s)
        for _ in range(BUFFERS - 1):
            try:
                newer = self._capture.dequeue_buffer(Memory.MMAP)
            except BlockingIOError:
                return newest, False
            self._capture.enqueue_buffer(Memory.MMAP, 0, newest.index)
            newest = newer
        return newest, True

    def _wait_for_one(self, deadline_s: float, timeout_s: float) -> v4l2_buffer:
        events = select.POLLIN
        while True:
            try:
                return self._capture.dequeue_buffer(Memory.MMAP)
            except BlockingIOError:
                if not events & select.POLLIN:  # nothing there, and nothing will come
                    raise OSError(errno.EIO, "the stream is in error") from None
            ready = self._poll.poll(max(0.0, deadline_s - time.monotonic()) * 1000)
            if not ready:
                raise self._passed_over.error(timeout_s)
            events = ready[0][1]

    def _decode(self, buffer: v4l2_buffer, timestamp_s: float) -> Frame:
        """The picture in a buffer. Raises PictureError."""
        data = np.frombuffer(self._capture.buffer.buffers[buffer.index], np.uint8, buffer.bytesused)
        pixels = to_rgb(data, self.mode.fourcc, self._layout, self._least_px)
        return Frame(pixels, timestamp_s, self._first_sequence + int(buffer.sequence))

    def _timestamp_s(self, buffer: v4l2_buffer, *, failed: bool) -> float:
        """When the kernel got the picture, on the monotonic clock; now, where its stamp says nothing of that."""
        now_s = time.monotonic()
        if failed or buffer.flags & BufferFlag.TIMESTAMP_MASK != BufferFlag.TIMESTAMP_MONOTONIC:
            return now_s
        stamp_s = float(buffer.timestamp.secs + buffer.timestamp.usecs * 1e-6)
        return self._stamps.taken_s(stamp_s, now_s)


def _other_format(offered: Iterable[PictureMode], fourcc: str) -> str:
    """What to do where the pictures in one format can't be decoded."""
    others = [mode.fourcc for mode in offered if mode.fourcc != fourcc]
    if not others:
        return f"it has no other format than {fourcc}, so use another camera"
    return f"open it in another format, as by format={others[0]}"


def _nothing_usable(formats: list[str], wanted: WantedMode) -> str:
    """Why none of the formats that a device offers is used."""
    if not formats:
        return "it names no format in which it delivers pictures"
    listed = ", ".join(dict.fromkeys(formats))
    return unreadable(formats) or f"it has no format {wanted.fourcc}, but {listed}: choose one of these, or none"
