"""In the guest: the rig's software webcam, smaller than it comes, plugged in and pulled out by this very process.

The rig's own way starts a new interpreter for each webcam, and its smallest picture costs a third of the only core
there is. Here the webcam is a child of a process that has imported it already, and one picture a quarter of that.
"""

import argparse
import atexit
import logging
import os
import shlex
import signal
import socket
import struct
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, os.environ["RIG_DIR"])

import attach_webcam
import cv2  # noqa: F401  so that the webcams have it
import software_webcam
from webcam_remote import WebcamRemote

software_webcam.Camera.SIZES = (160, 120), (640, 480)

SIZE = "size=160x120"
LOG = Path("/run/webcam.jsonl")
PATIENCE_S = 40.0
"""How long a kernel may take to see a cable pulled or plugged in."""


def wait_until(done: Callable[[], bool], longest_s: float = PATIENCE_S) -> bool:
    """Whether it came to be. Real time passes: the camera is a device in a kernel, and the machine may be busy."""
    end_s = time.monotonic() + longest_s
    while not done():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.03)
    return True


class Child:
    """A process with all that was imported here, in a session of its own, that does ``work``; like a Popen.

    Parameters
    ----------
    work : what it does; raising SystemExit ends it with that code.
    out, err : what it prints goes there.
    environment : variables added to this process's.
    """

    def __init__(
        self, work: Callable[[], object], out: Path, err: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.returncode: int | None = None
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            _work(work, out, err, environment or {})

    def poll(self) -> int | None:
        if self.returncode is None:
            number, status = os.waitpid(self.pid, os.WNOHANG)
            if number:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, longest_s: float = PATIENCE_S) -> int | None:
        """Its exit code, negative for a signal; None if it still runs after that time."""
        wait_until(lambda: self.poll() is not None, longest_s)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
        self.wait()


def _work(work: Callable[[], object], out: Path, err: Path, environment: dict[str, str]) -> None:
    code = 70
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        logging.getLogger().handlers.clear()  # and what else a test session leaves in the processes it forks
        warnings.simplefilter("ignore")
        os.environ |= environment
        for stream, path in ((0, Path("/dev/null")), (1, out), (2, err)):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), stream)
        sys.stdout, sys.stderr = os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
        work()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Connection(software_webcam.Connection):
    """The webcam's end of the cable, which never answers a transfer that the kernel has taken back.

    The rig's own may, when one is taken back between its being filled and its being sent; the kernel then knows of no
    such transfer ("cannot find a urb") and throws the webcam off its bus.
    """

    def __init__(self, *arguments: Any) -> None:
        self._filling: set[int] = set()
        self._taken_back: set[int] = set()
        super().__init__(*arguments)

    def take(self, wait: float = 2.0) -> Any:
        with self.cv:
            transfer = super().take(wait)
            if transfer is not None:
                self._filling.add(transfer[0])
            return transfer

    def reply(self, sequence: int, *arguments: Any, **options: Any) -> None:
        with self.cv:
            if sequence in self._taken_back:
                self._taken_back.remove(sequence)
                return
            self._filling.discard(sequence)
            super().reply(sequence, *arguments, **options)

    def unlink(self, sequence: int, victim: int) -> None:
        with self.cv:
            if victim not in self._filling:
                super().unlink(sequence, victim)
                return
            self._filling.remove(victim)
            self._taken_back.add(victim)
            self.send(struct.pack(">5Ii24x", 4, sequence, 0, 0, 0, software_webcam.ECONNRESET))


class Camera(software_webcam.Camera):
    """The webcam itself. ``latch_s`` : how long after a picture was sent the controls of the next one are taken over.

    The rig's own takes them over at once, so that a setting shows one picture later than with most cameras, unless it
    is made while a picture is on its way. Small pictures are on their way for less than a millisecond.
    Its log has the times of the monotonic clock.
    ``automatic_at`` : the picture with which its automatic is on again, in secret; 0 is never.
    """

    def __init__(self, arguments: argparse.Namespace, latch_s: float, automatic_at: int) -> None:
        super().__init__(arguments)
        self._latch_s = latch_s
        self._automatic_at = automatic_at

    def next_frame(self, now_s: float) -> tuple[bytes, float, bool]:
        time.sleep(self._latch_s)
        if self._automatic_at and self.frame_no == self._automatic_at:
            with self.lock:
                self.saved = self.exposure.value, self.gain.value
                self.ae_mode.value = software_webcam.APERTURE
        return super().next_frame(time.monotonic())


class Plugged:
    """A webcam in a port of its own until ``unplug``.

    Parameters
    ----------
    options : those of the rig's software webcam.
    log : where it writes what each picture truly was.
    latch_s, automatic_at : as `Camera`.
    """

    def __init__(self, options: str = "", log: Path = LOG, latch_s: float = 0.0, automatic_at: int = 0) -> None:
        self._options, self._log, self._latch_s, self._automatic_at = options, log, latch_s, automatic_at
        self.plug()

    def plug(self) -> None:
        """Put the cable in, the first time or once more; returns when its node is there."""
        arguments = software_webcam.arguments(["--fd", "0", "--log", str(self._log), *shlex.split(self._options)])
        near, far = socket.socketpair()
        before = attach_webcam.video_nodes()

        def serve() -> None:
            near.close()
            Connection(far, Camera(arguments, self._latch_s, self._automatic_at)).serve()

        self._process = Child(serve, self._log.with_suffix(".out"), self._log.with_suffix(".err"))
        far.close()
        self._port = next(port for port, state in attach_webcam.ports() if state == 4)
        said = f"{self._port} {near.fileno()} {0x10002} {attach_webcam.HIGH_SPEED}"
        (attach_webcam.VHCI / "attach").write_text(said)
        near.close()
        there = wait_until(lambda: len(attach_webcam.video_nodes() - before) == 2)
        assert there, "no node appeared"
        new = sorted(attach_webcam.video_nodes() - before, key=lambda name: int(name.removeprefix("video")))
        self.node = Path("/dev") / new[0]
        assert wait_until(self.node.exists), f"{self.node} did not appear"

    def unplug(self) -> None:
        """Pull the cable; returns when the kernel has noticed. May be called when it was pulled already."""
        if any(port == self._port and state == 6 for port, state in attach_webcam.ports()):
            (attach_webcam.VHCI / "detach").write_text(str(self._port))
        self._process.kill()
        assert wait_until(lambda: self.node.name not in attach_webcam.video_nodes()), "it is still there"


__all__ = ["LOG", "SIZE", "Child", "Plugged", "WebcamRemote", "wait_until"]
