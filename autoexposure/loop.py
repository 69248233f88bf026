"""ControlLoop: the one thread that owns a camera, a policy and the controller.

``turn()`` is one frame's way, top to bottom; the thread only repeats it. The loop alone decides what an error means:
FrameTimeout is counted, CameraDisconnected reconnects, PolicyError falls back to a classical meter, anything else is
FAILED with the exception in the Snapshot.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

from autoexposure.camera import Camera, Playable
from autoexposure.clock import Clock, SystemClock
from autoexposure.commands import (
    Command,
    LetGo,
    Lock,
    Pause,
    Play,
    Seek,
    SetBias,
    SetDamping,
    SetExposure,
    SetProgram,
    Teach,
    Unteach,
    UseCamera,
    UseMask,
    UseNativeAuto,
    UsePolicy,
)
from autoexposure.controller import Controller, ControllerConfig
from autoexposure.errors import (
    AutoexposureError,
    CameraDisconnected,
    CameraError,
    FrameTimeout,
    PolicyError,
    UnsupportedControl,
)
from autoexposure.imagined import ImaginedConfig, look_ahead
from autoexposure.journal import Journal
from autoexposure.live_layer import LiveLayer
from autoexposure.mask import masked
from autoexposure.metering import MatrixMeter, SpotMeter
from autoexposure.policy import Decision, Map, Policy
from autoexposure.preview import Preview, make_preview
from autoexposure.profiles import Profiles
from autoexposure.program import ProgramConfig
from autoexposure.response import ResponseCurve, srgb
from autoexposure.session import CameraSession
from autoexposure.snapshot import AeState, LoopState, Snapshot, Timings
from autoexposure.timeline import Attribution

log = logging.getLogger(__name__)


Sink = Callable[[Snapshot], None]
"""Takes every Snapshot, where `ControlLoop.latest` shows only the newest: for recordings and virtual cameras.
It runs in the loop's thread, so it must neither block nor raise: `autoexposure.outlet.Outlet` is one."""


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """How the loop treats its camera.

    Attributes
    ----------
    frame_timeout_s : how long to wait for one picture.
    timeouts_allowed : so many in a row, and the camera is taken for disconnected.
    refused_pause_s : pause after the camera refused a setting; pictures and metering go on meanwhile.
    retry_first_s, retry_longest_s : pause before a lost camera is opened again; doubles from first to longest.
    response : the camera's response curve, for imagined exposures and for judging brightness.
    """

    frame_timeout_s: float = 1.0
    timeouts_allowed: int = 5
    refused_pause_s: float = 1.0
    retry_first_s: float = 0.25
    retry_longest_s: float = 2.0
    controller: ControllerConfig = field(default_factory=ControllerConfig)
    imagined: ImaginedConfig = field(default_factory=ImaginedConfig)
    program: ProgramConfig = field(default_factory=ProgramConfig)
    response: ResponseCurve = field(default_factory=srgb)


class ControlLoop:
    """Camera in, exposure out.

    Parameters
    ----------
    open_camera, make_policy : called by the loop, in its thread; what they raise is shown in the Snapshot.
    journal : keeps the camera's original settings while we change them.
    profiles : what is known of cameras beyond what their drivers say; None uses nothing of it.
    clock : a SimulatedClock makes ``turn()`` exact and instant; then call it yourself instead of ``start()``.
    """

    def __init__(
        self,
        open_camera: Callable[[], Camera],
        make_policy: Callable[[], Policy],
        *,
        config: LoopConfig | None = None,
        journal: Journal | None = None,
        profiles: Profiles | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.config = config or LoopConfig()
        self._open_camera = open_camera
        self._make_policy = make_policy
        self._journal = journal or Journal()
        self._profiles = profiles
        self._response = self.config.response
        self._clock = clock or SystemClock()
        self._controller = Controller(self.config.controller)
        self._program = self.config.program
        self._session: CameraSession | None = None
        self._policy: Policy | None = None
        self._mask: Map | None = None
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._latest = Snapshot()
        self._reconnecting = False
        self._retry_s = self.config.retry_first_s
        self._timeouts = 0
        self._paused = False
        self._no_write_before_s = 0.0
        self._notice = ""
        self._sinks: tuple[Sink, ...] = ()

    # For other threads

    def start(self) -> None:
        """Run in a thread of its own until ``stop``."""
        self._thread = threading.Thread(target=self._run, name="control-loop", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End the loop, put the camera's settings back and let go of it. Callable twice."""
        self._stop.set()
        if self._thread is None:
            self._end()
            return
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            log.error("the control loop did not end within %.0f s: the camera does not answer", timeout_s)

    def send(self, command: Command) -> None:
        """Have ``command`` carried out between two frames."""
        self._commands.put(command)

    def latest(self) -> Snapshot:
        """The newest Snapshot; never blocks."""
        return self._latest

    def add_sink(self, sink: Sink) -> None:
        """Give every Snapshot from now on to ``sink``, in the loop's thread."""
        self._sinks = (*self._sinks, sink)

    def remove_sink(self, sink: Sink) -> None:
        """Give it no more; a call under way may still end after this."""
        self._sinks = tuple(other for other in self._sinks if other != sink)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # The loop's own thread

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.turn()
        finally:
            self._end()

    def _end(self) -> None:
        self._let_go()
        self._latest = replace(
            self._latest, turn=self._latest.turn + 1, loop_state=LoopState.STOPPED, ae_state=AeState.INACTIVE
        )

    def turn(self) -> Snapshot:
        """One turn: commands, one frame, one decision, at most one write. Returns the new Snapshot."""
        try:
            while not self._commands.empty():
                self._obey(self._commands.get())
            if self._session is not None:
                snapshot = self._frame_turn(self._session)
            elif self._latest.loop_state in (LoopState.FAILED, LoopState.STOPPED):
                self._wait(0.05)  # until a command brings another camera
                return self._latest
            else:
                snapshot = self._connect()
        except CameraDisconnected as error:
            snapshot = self._lost(error)
        except AutoexposureError as error:
            snapshot = self._failed(error, str(error))
        except Exception as error:  # a thread never dies silent: whatever it is, it is shown and logged
            log.exception("the control loop failed")
            snapshot = self._failed(error, f"Something in autoexposure broke ({error!r}): please report it.")
        self._latest = replace(snapshot, turn=self._latest.turn + 1)
        for sink in self._sinks:
            sink(self._latest)
        return self._latest

    def _frame_turn(self, session: CameraSession) -> Snapshot:
        asked_s = self._clock.now()
        try:
            frame = session.read(self.config.frame_timeout_s)
        except FrameTimeout as error:
            return self._late(error)
        self._timeouts = 0
        read_s = self._clock.now()
        preview = make_preview(frame.pixels)
        made_by = session.attribute(frame, preview)
        if made_by is not None and frame.exposure is None:
            frame = frame.made_by(made_by.exposure)
        decision = None if self._paused else self._decide(preview, imagine=session.timeline is not None)
        decided_s = self._clock.now()
        snapshot = replace(self._describe(session), frame=frame, decision=decision)
        if decision is not None and made_by is not None and session.timeline is not None:
            snapshot = self._control(session, made_by, decision, snapshot)
        timings = Timings(
            wait_s=read_s - asked_s,
            age_s=max(0.0, read_s - frame.timestamp_s),
            decide_s=decided_s - read_s,
            apply_s=self._clock.now() - decided_s if snapshot.wrote else 0.0,
        )
        return replace(snapshot, timings=timings)

    def _decide(self, preview: Preview, *, imagine: bool) -> Decision:
        assert self._policy is not None
        policy = masked(self._policy, self._mask)
        try:
            decision = policy.decide(preview)
            if imagine and policy.coarse and self._controller.searching:
                decision = look_ahead(policy, preview, decision, self._response, self.config.imagined)
            return decision
        except PolicyError as error:
            log.exception("the %s meter failed", self._policy.name)
            fallback = MatrixMeter()
            self._notice = f"The {self._policy.name} meter failed ({error}); {fallback.name} metering took over."
            self._policy = fallback
            return masked(fallback, self._mask).decide(preview)

    def _control(
        self, session: CameraSession, made_by: Attribution, decision: Decision, snapshot: Snapshot
    ) -> Snapshot:
        assert session.timeline is not None
        commanded = session.timeline.commanded
        step = self._controller.step(
            made_by,
            decision.delta_ev,
            commanded.ev,
            in_flight=session.timeline.in_flight,
            reach_ev=(session.program.lowest_ev, session.program.highest_ev),
        )
        snapshot = replace(snapshot, ae_state=step.state, target_ev=step.target_ev)
        if step.command_ev is None or self._clock.now() < self._no_write_before_s:
            return snapshot
        wanted = session.program.split(step.command_ev)
        if wanted == commanded:
            self._controller.not_written()
            return snapshot
        try:
            session.write(wanted)
        except CameraDisconnected:
            raise
        except CameraError as error:  # refused this time: pictures go on, and the next try comes after a pause
            log.warning("%s refused %s: %s", session.camera.info.name, wanted, error)
            self._no_write_before_s = self._clock.now() + self.config.refused_pause_s
            self._notice = str(error)
            return replace(snapshot, notice=self._notice)
        self._notice = "" if self._no_write_before_s else self._notice
        self._no_write_before_s = 0.0
        return replace(
            snapshot, commanded=session.timeline.commanded, wrote=True, notice=self._notice or session.notice
        )

    def _obey(self, command: Command) -> None:
        self._notice = ""
        try:
            self._carry_out(command, self._session)
        except UnsupportedControl as error:
            self._notice = str(error)

    def _carry_out(self, command: Command, session: CameraSession | None) -> None:
        match command:
            case UseCamera(open_camera):
                self._let_go()
                self._open_camera = open_camera
                self._reconnecting = False
                self._mask = None
                self._latest = Snapshot(turn=self._latest.turn)
            case UsePolicy(make_policy):
                self._use_policy(make_policy)
            case UseMask(mask):
                self._mask = mask
                self._controller.restart()
            case SetBias(ev):
                self._controller.bias_ev = ev
            case Lock(on):
                self._controller.locked = on
            case Pause(on):
                self._paused = on
                self._controller.restart()
            case UseNativeAuto(on):
                if session is not None:
                    session.use_native(on)
                    self._controller.restart()
            case SetProgram(program):
                self._program = program
                if session is not None:
                    session.use_program(program)
                    self._controller.restart()
            case SetExposure(exposure):
                self._controller.locked = True
                if session is not None and session.timeline is not None:
                    session.write(exposure)
            case Teach(pixels, label):
                self._teach(lambda layer: layer.click(make_preview(pixels), label))
            case Unteach(everything):
                self._teach(lambda layer: layer.reset() if everything else layer.undo())
            case SetDamping(share):
                self._controller.config = replace(self._controller.config, damping=share)
            case LetGo():
                self._let_go()
                self._latest = Snapshot(turn=self._latest.turn, loop_state=LoopState.STOPPED)
            case Play(on):
                if session is not None and isinstance(session.camera, Playable):
                    session.camera.play(on)
            case Seek(index):
                if session is not None and isinstance(session.camera, Playable):
                    session.camera.seek(index)

    def _teach(self, lesson: Callable[[LiveLayer], object]) -> None:
        """Change what the meter has learned, and let even a small change show in the picture."""
        if not isinstance(self._policy, LiveLayer):
            return
        try:
            lesson(self._policy)
        except PolicyError as error:
            self._notice = f"The meter could not learn from your answer ({error}); it is stored all the same."
            return
        self._controller.restart()

    def _use_policy(self, make_policy: Callable[[], Policy]) -> None:
        try:
            self._policy = make_policy()
        except AutoexposureError as error:
            if self._policy is None:
                raise
            self._notice = f"{error} The {self._policy.name} meter stays."
            return
        self._make_policy = make_policy
        self._controller.restart()
        if self._latest.loop_state is LoopState.FAILED:
            self._latest = Snapshot(turn=self._latest.turn)  # what failed may have been the last policy: try again

    def _connect(self) -> Snapshot:
        if self._policy is None:
            self._policy = self._make_policy()
        try:
            camera = self._open_camera()
        except CameraError as error:
            if not self._reconnecting:
                raise
            self._wait(self._retry_s)
            self._retry_s = min(self._retry_s * 2, self.config.retry_longest_s)
            return replace(self._latest, error=error)
        if self._profiles is not None:
            known = self._profiles.of(camera)
            camera, self._response = known.camera, known.response or self.config.response
            self._notice = known.notice
        self._session = CameraSession(camera, self._journal, self._program, self._response, self._clock)
        self._reconnecting = False
        self._retry_s = self.config.retry_first_s
        self._controller.restart()
        return replace(self._describe(self._session), loop_state=LoopState.STARTING)

    def _let_go(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _lost(self, error: CameraDisconnected) -> Snapshot:
        session, self._session = self._session, None
        self._reconnecting = True
        self._timeouts = 0
        if session is not None:
            session.abandon()
        name = session.camera.info.name if session is not None else "The camera"
        return replace(
            self._latest,
            loop_state=LoopState.RECONNECTING,
            ae_state=AeState.INACTIVE,
            wrote=False,
            error=error,
            notice=f"{name} was disconnected; waiting for it to come back.",
        )

    def _late(self, error: FrameTimeout) -> Snapshot:
        self._timeouts += 1
        if self._timeouts > self.config.timeouts_allowed:
            raise CameraDisconnected(f"no picture in {self._timeouts} x {self.config.frame_timeout_s:g} s") from error
        return replace(self._latest, wrote=False, notice="The camera sends no pictures at the moment.")

    def _failed(self, error: Exception, notice: str) -> Snapshot:
        self._let_go()
        return replace(
            self._latest,
            loop_state=LoopState.FAILED,
            ae_state=AeState.INACTIVE,
            wrote=False,
            error=error,
            notice=notice,
        )

    def _describe(self, session: CameraSession) -> Snapshot:
        """All of a Snapshot that does not depend on a frame."""
        return Snapshot(
            loop_state=LoopState.RUNNING,
            ae_state=AeState.LOCKED if self._controller.locked and session.timeline else AeState.INACTIVE,
            camera=session.camera.info,
            capabilities=session.camera.capabilities,
            meter=self._policy.name if self._policy is not None else "",
            mask=self._mask,
            spot=self._policy.spot if isinstance(self._policy, SpotMeter) else None,
            commanded=session.timeline.commanded if session.timeline is not None else None,
            ev_bias=self._controller.bias_ev,
            paused=self._paused,
            locked=self._controller.locked,
            native_auto=session.native,
            program=self._program,
            damping=self._controller.config.damping,
            frame_rate=session.frame_rate,
            dropped=session.dropped,
            notice=self._notice or session.notice,
            playback=session.camera.playback if isinstance(session.camera, Playable) else None,
        )

    def _wait(self, seconds: float) -> None:
        """Let time pass, but end at once when the loop is stopped."""
        if self._thread is None:
            self._clock.sleep(seconds)
        else:
            self._stop.wait(seconds)
