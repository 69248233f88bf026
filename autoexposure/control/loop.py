"""ControlLoop: the one thread that owns a camera, a policy and the controller.

``turn()`` is one frame's way, top to bottom; the thread only repeats it. Before the frame the commands that came in
meanwhile are carried out (`autoexposure.control.obey`). The loop alone decides what an error means: FrameTimeout is
counted, CameraDisconnected reconnects, PolicyError falls back to a classical meter, anything else is FAILED with the
exception in the Snapshot.
"""

from __future__ import annotations

import atexit
import logging
import math
import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Self

from autoexposure.camera import Camera
from autoexposure.clock import Clock, SystemClock
from autoexposure.control.active_meter import ActiveMeter
from autoexposure.control.actuator import Actuator
from autoexposure.control.commands import Command
from autoexposure.control.config import LoopConfig
from autoexposure.control.connection import Connection, OpenSame
from autoexposure.control.matched import MatchedActuator
from autoexposure.control.obey import obey
from autoexposure.control.session import CameraSession
from autoexposure.control.snapshot import Snapshot, Timings, without_traces
from autoexposure.custody.journal import Journal
from autoexposure.errors import (
    AutoexposureError,
    CameraDisconnected,
    CameraError,
    ConfigError,
    FrameTimeout,
    UnsupportedControl,
)
from autoexposure.goal.goal import Goal
from autoexposure.matching.matching import Matching
from autoexposure.metering.policy import Policy
from autoexposure.metering.preview import make_preview
from autoexposure.profiles.lookup import Profiles
from autoexposure.states import AeState, LoopState

__all__ = ["ControlLoop", "LoopConfig"]

log = logging.getLogger(__name__)

IDLE_PAUSE_S = 0.05
"""How long a turn without a camera waits: short beside a person's patience, long beside the cost of a turn."""

Sink = Callable[[Snapshot], None]
"""Takes every Snapshot, where `ControlLoop.latest` shows only the newest: for recordings and virtual cameras.
It runs in the loop's thread, so it must neither block nor raise: `autoexposure.recording.sink.QueuedSink` is one."""


class ControlLoop:
    """Camera in, exposure out.

    Its own thread alone touches the camera, the meter and the actuator; other threads send commands and look at
    Snapshots.

    Parameters
    ----------
    open_camera, make_policy : called by the loop, in its thread; what they raise is shown in the Snapshot.
    journal : keeps the camera's original settings while we change them.
    open_same : finds a camera again that was lost, by its identity; None calls ``open_camera`` once more.
    profiles : what is known of cameras beyond what their drivers say; None uses nothing of it.
    match : shared with the loops of other cameras, which are exposed alike; None for a camera that stands alone.
    why_chosen : as of `Connection`.
    clock : a SimulatedClock makes ``turn()`` exact and instant; then call it yourself instead of ``start()``.

    Raises
    ------
    ConfigError
        If ``open_camera`` or ``make_policy`` is no function.
    """

    def __init__(
        self,
        open_camera: Callable[[], Camera],
        make_policy: Callable[[], Policy],
        *,
        open_same: OpenSame | None = None,
        config: LoopConfig | None = None,
        journal: Journal | None = None,
        profiles: Profiles | None = None,
        match: Matching | None = None,
        clock: Clock | None = None,
        why_chosen: Callable[[Camera], str] | None = None,
    ) -> None:
        for name, make in (("open_camera", open_camera), ("make_policy", make_policy)):
            if not callable(make):
                raise ConfigError(f"{name} is called by the loop in its own thread: give a function, not {make!r}")
        self.config = config or LoopConfig()
        self._clock = clock or SystemClock()
        self._connection = Connection(
            open_camera, open_same, journal or Journal(), profiles, self.config, self._clock, why_chosen
        )
        self._meter = ActiveMeter(make_policy, self.config.lookahead, self._clock, self.config.reuse)
        self._actuator = (
            MatchedActuator(self.config, self._clock, match)
            if match is not None
            else Actuator(self.config, self._clock)
        )
        self._command_notice = ""
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._latest = Snapshot()
        self._timeouts = 0  # in a row
        self._sinks: tuple[Sink, ...] = ()

    # For other threads

    def start(self) -> None:
        """Run in a thread of its own until ``stop``; once, since a loop that was stopped stays so.

        Raises
        ------
        ConfigError
            If it was started already.
        """
        if self._thread is not None:
            raise ConfigError("a control loop is started once: make another")
        self._thread = threading.Thread(target=self._run, name="control-loop", daemon=True)
        self._thread.start()
        atexit.register(self.stop)  # a thread that dies with its program puts no camera back

    def leave(self) -> None:
        """Say from any thread, and from within a signal, that the end comes: no camera is taken any more."""
        self._stop.set()

    def stop(self, timeout_s: float = 10.0, *, quiet: bool = False) -> None:
        """End the loop, put the camera's settings back and let go of it. Callable twice.

        A loop that was started and never stopped is stopped at the end of the program. ``quiet`` : whoever turned this
        loop says himself what ``left_changed`` says, which is otherwise logged.
        """
        atexit.unregister(self.stop)
        self._stop.set()
        if self._thread is None:
            self._end(quiet=quiet)
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

    @property
    def left_changed(self) -> str:
        """One sentence on the camera let go of last, if it could not be put back; else empty."""
        return self._connection.left_changed

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

    def _end(self, *, quiet: bool = False) -> None:
        self._actuator.stand_aside()
        self._actuator.holding.break_off("the loop was stopped")
        self._connection.let_go(quiet=quiet)
        self._latest = replace(
            self._latest, turn=self._latest.turn + 1, loop_state=LoopState.STOPPED, ae_state=AeState.INACTIVE
        )

    def turn(self) -> Snapshot:
        """One turn: commands, one frame, one decision, at most one write. Returns the new Snapshot."""
        try:
            if not self._commands.empty():
                self._command_notice = ""
            while not self._commands.empty():
                self._obey(self._commands.get())
            if (session := self._connection.session) is None:
                self._actuator.stand_aside()
            if session is not None:
                snapshot = self._frame_turn(session)
            elif self._latest.loop_state in (LoopState.FAILED, LoopState.STOPPED):
                self._wait(IDLE_PAUSE_S)  # until a command brings another camera
                return self._latest
            else:
                snapshot = self._connect()
        except CameraDisconnected as error:
            snapshot = self._lost(error)
        except AutoexposureError as error:
            snapshot = self._failed(error, str(error))
        except Exception as error:  # a thread must not die unnoticed: whatever went wrong is shown and logged
            log.exception("the control loop failed")
            snapshot = self._failed(error, f"Something in autoexposure broke ({error!r}): please report it.")
        self._latest = replace(snapshot, turn=self._latest.turn + 1)
        for sink in self._sinks:
            sink(self._latest)
        return self._latest

    def _frame_turn(self, session: CameraSession) -> Snapshot:
        # Read.
        asked_s = self._clock.now()
        try:
            frame = session.read(self.config.frame_timeout_s)
        except FrameTimeout as error:
            return self._late(error)
        self._timeouts = 0
        self._connection.delivered()
        read_s = self._clock.now()
        # Guard: what another program changed is set back before anything is inferred from this picture.
        self._actuator.guard(session)
        write = self._actuator.catch_up(session)
        # Attribute: which exposure made this picture? A correction counts from that one, not from the newest command.
        preview = make_preview(frame.pixels)
        made_by = session.attribute(frame, preview)
        if self._actuator.recover(session):  # then the picture says nothing of what the camera is set to now
            made_by = None
        delayed = session.delayed
        if made_by is not None and frame.exposure is None:
            frame = frame.made_by(made_by.exposure)
        # Decide, also where nothing can be set: people want to see what the meter says. Looking ahead costs several
        # answers, so it is done only for an exposure that can be set.
        decision = None
        if not (self._actuator.paused or frame.placeholder):  # a placeholder shows nothing that could be metered
            response = self._connection.response if delayed is not None else None
            picture = session.arrivals.stream, frame.sequence
            calm = self._latest.ae_state is not AeState.SEARCHING and not self._actuator.controller.nearly_wakes
            refine_from_ev = self._actuator.refine_from_ev
            decision = self._meter.decide(preview, response, refine_from_ev, frame.pixels, picture, calm=calm)
        decided_s = self._clock.now()
        # Steer: at most one write.
        steered, goal, motion = None, Goal(0.0), None
        if self._actuator.holding.active:
            self._actuator.stand_aside()
        elif decision is not None and made_by is not None and delayed is not None:
            noise = self._connection.noise
            motion = self._actuator.motion.heed(session, frame, preview, decision, delayed.commanded, noise)
            goal = self._actuator.aim(session, made_by, decision.delta_ev)
            sure = self._meter.taught or self._actuator.goal.config.ramp_ev_per_minute < math.inf
            doubt_ev = None if sure else decision.doubt_ev  # what a doubt holds back comes in one step, in no ramp
            steered = self._actuator.steer(session, delayed, made_by, goal.delta_ev, doubt_ev)
            if steered.ae_state is AeState.CONVERGED:
                self._actuator.goal.rest()
            write = steered.write or write or self._actuator.split_anew(session)
        else:
            self._actuator.stand_aside()
        # Beside exposure: what else was set, and the white balance, which may be held during a search.
        session.adjusting.look()
        searching = steered is not None and steered.ae_state is AeState.SEARCHING
        connection = self._connection
        connection.white_balance.follow(session.adjusting, preview, connection.response, searching=searching)
        # Snapshot.
        described = self._describe(session)
        snapshot = replace(
            described,
            frame=frame,
            decision=decision,
            metered=self._meter.asked_about[1] if decision is not None else None,
            wrote=write is not None and write.confirmed,
            write=write,
            timings=Timings(
                wait_s=read_s - asked_s,
                age_s=max(0.0, read_s - frame.timestamp_s),
                decide_s=decided_s - read_s,
                apply_s=self._clock.now() - decided_s if write is not None else 0.0,
            ),
            ae_state=steered.ae_state if steered is not None else described.ae_state,
            target_ev=steered.target_ev if steered is not None else None,
            scene_ev=goal.scene_ev,
            night_ev=goal.night_ev,
            ramp_ev=goal.ramp_ev,
            left_alone=steered is not None and steered.left_alone,
            motion=motion,
        )
        held = self._actuator.holding.see(session, snapshot, made_by, self._connection.response)
        return snapshot if held is None else replace(snapshot, wrote=held.confirmed, write=held)

    def _describe(self, session: CameraSession) -> Snapshot:
        """All of a running loop's Snapshot that does not depend on a frame."""
        controller, delayed = self._actuator.controller, session.delayed
        notices = (
            self._command_notice,
            self._actuator.notice,
            self._meter.notice,
            session.notice,
            self._connection.notice,
        )
        return Snapshot(
            loop_state=LoopState.RUNNING,
            ae_state=AeState.LOCKED if controller.locked and delayed is not None else AeState.INACTIVE,
            camera=session.camera.info,
            capabilities=session.camera.capabilities,
            meter=self._meter.name,
            instead_of=self._meter.instead_of,
            model_hash=self._meter.model_hash,
            mask=self._meter.mask,
            spot=self._meter.spot,
            commanded=delayed.commanded if delayed is not None else None,
            ev_bias=controller.bias_ev,
            goal=self._actuator.goal.config,
            paused=self._actuator.paused,
            locked=controller.locked,
            native_auto=session.native,
            disobedient=self._actuator.disobedient,
            follows=self._actuator.follows,
            program=self._connection.program,
            damping=controller.config.damping,
            stream=session.arrivals.stream,
            frame_rate=session.arrivals.frame_rate,
            dropped=session.arrivals.dropped,
            notice=next(filter(None, notices), ""),  # one sentence, the one that matters most now
            playback=session.abilities.playback,
            adjustments=session.adjusting.now,
            found=session.adjusting.found,
            holds_white_balance=self._connection.white_balance.on,
            modes=session.abilities.modes(),
            mode=session.abilities.mode,
        )

    def _obey(self, command: Command) -> None:
        self._meter.quieten()
        before = after = self._latest.loop_state
        try:
            after = obey(command, before, self._connection, self._meter, self._actuator)
        except UnsupportedControl as error:
            self._command_notice = self._command_notice or str(error)  # what follows in the same turn does not hide it
        if after is not before or after is LoopState.STARTING:
            self._latest = Snapshot(turn=self._latest.turn, loop_state=after)

    def _connect(self) -> Snapshot:
        self._meter.make()
        if (early_s := self._connection.too_early_s()) > 0:
            self._wait(min(early_s, self.config.retry_first_s))  # in short pieces, for the sake of commands
            return self._latest
        try:
            session = None if self._stop.is_set() else self._connection.open(self._stop.is_set)
        except CameraError as error:
            if not self._connection.lost:
                raise
            self._wait(self._connection.next_pause_s())
            return replace(self._latest, error=without_traces(error))
        if session is None:  # told to end meanwhile
            return self._latest
        self._actuator.begin(session)
        self._command_notice = ""  # it was about the camera as it was
        while self._connection.waiting:
            self._obey(self._connection.waiting.pop(0))
        return replace(self._describe(session), loop_state=LoopState.STARTING)

    def _lost(self, error: CameraDisconnected) -> Snapshot:
        connection = self._connection
        before = self._actuator.holding.break_off(f"the camera was lost ({error})")
        connection.lose()
        if before is not None:
            connection.hold(exposure=before)
        self._timeouts = 0
        info = connection.held.info if connection.held is not None else None
        name = info.name if info is not None else "The camera"
        pause_s = connection.too_early_s()
        next_try = f"it is tried again in {pause_s:.1g} s" if pause_s else "waiting for it to come back"
        what = "was disconnected" if connection.pictures else "can be opened and sends no pictures"
        notice = f"{name} {what} ({error}); {next_try}."
        return self._without_camera(LoopState.RECONNECTING, error, notice)

    def _late(self, error: FrameTimeout) -> Snapshot:
        self._timeouts += 1
        if self._timeouts > self.config.timeouts_allowed:
            if self._connection.waited_in_vain():
                raise CameraError(
                    f"no picture came, though it was opened {self.config.barren_openings} times ({error}): restart it "
                    "or plug it in anew, and close other programs that may use it"
                ) from error
            raise CameraDisconnected(str(error)) from error
        return replace(self._latest, wrote=False, write=None, notice=f"{error}.")

    def _failed(self, error: Exception, notice: str) -> Snapshot:
        self._actuator.holding.break_off(notice)
        self._connection.let_go()
        return self._without_camera(LoopState.FAILED, error, notice)

    def _without_camera(self, state: LoopState, error: Exception, notice: str) -> Snapshot:
        log.debug("%s", notice, exc_info=error)
        inactive = replace(self._latest, ae_state=AeState.INACTIVE, wrote=False, write=None)
        return replace(inactive, loop_state=state, error=without_traces(error), notice=notice)

    def _wait(self, seconds: float) -> None:
        """Let time pass, but end at once when the loop is stopped."""
        if self._thread is None:
            self._clock.sleep(seconds)
        else:
            self._stop.wait(seconds)
