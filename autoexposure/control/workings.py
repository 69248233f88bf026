"""The workings of the control loop: camera, meter and actuator, what commands do to them, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass, field

from autoexposure.camera import Playable
from autoexposure.control.active_meter import ActiveMeter
from autoexposure.control.actuator import Actuator
from autoexposure.control.commands import (
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
from autoexposure.control.connection import Connection
from autoexposure.control.session import CameraSession
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import UnsupportedControl
from autoexposure.states import AeState, LoopState


@dataclass(slots=True)
class Workings:
    """What one control loop is made of; its thread alone touches it."""

    connection: Connection
    meter: ActiveMeter
    actuator: Actuator
    notice: str = field(default="", init=False)
    """One sentence on the last command, where it could not be carried out."""

    def obey(self, command: Command, state: LoopState) -> LoopState:
        """Carry out a command in a loop that is in ``state``; returns the state it is in after that.

        STARTING means that a camera is to be opened. Raises AutoexposureError.
        """
        self.notice = ""
        self.meter.quieten()
        match command:
            case UseCamera(open_camera):
                self.connection.use(open_camera)
                self.meter.mask = None
                return LoopState.STARTING
            case LetGo():
                self.connection.let_go()
                return LoopState.STOPPED
            case UsePolicy(make_policy, instead_of):
                if instead_of not in ("", self.meter.chosen) or not self.meter.use(make_policy):
                    return state
                self.actuator.controller.restart()
                # What failed may have been the last policy: try again.
                return LoopState.STARTING if state is LoopState.FAILED else state
        try:
            self._carry_out(command, self.connection.session)
        except UnsupportedControl as error:
            self.notice = str(error)
        return state

    def _carry_out(self, command: Command, session: CameraSession | None) -> None:
        controller = self.actuator.controller
        match command:
            case UseMask(mask):
                self.meter.mask = mask
                controller.restart()
            case Teach():
                if self.meter.teach(command):
                    controller.restart()  # so that even a small lesson shows in the picture
            case Unteach():
                if self.meter.unteach(command):
                    controller.restart()
            case SetBias(ev):
                controller.bias_ev = ev
            case SetDamping(share):
                controller.config = controller.config.damped(share)
            case Lock(on):
                controller.locked = on
                self.actuator.insist()
            case Pause(on):
                self.actuator.paused = on
                controller.restart()
            case UseNativeAuto(on):
                self.connection.hold(native=on)
                self.actuator.insist()
                if session is not None:
                    held = session.wanted if session.native and (controller.locked or self.actuator.paused) else None
                    session.use_native(on)
                    controller.restart()
                    if held is not None and not on:  # nobody would move it from where the automatic left it
                        session.set_when_possible(held)
            case SetProgram(program):
                self.connection.use_program(program)
                controller.restart()
                if session is not None and not self.actuator.paused:
                    self.actuator.follow_rules(session)
            case SetExposure(exposure):
                controller.locked = True
                self.connection.hold(exposure=exposure)
                self.actuator.insist()
                if session is not None and session.delayed is not None and session.has_picture:
                    self.actuator.write(session, exposure)
                elif session is not None:
                    session.set_when_possible(exposure)
            case Play(on):
                if session is not None and isinstance(session.camera, Playable):
                    session.camera.play(on)
            case Seek(index):
                if session is not None and isinstance(session.camera, Playable):
                    session.camera.seek(index)

    def describe(self, session: CameraSession) -> Snapshot:
        """All of a running loop's Snapshot that does not depend on a frame."""
        controller = self.actuator.controller
        return Snapshot(
            loop_state=LoopState.RUNNING,
            ae_state=AeState.LOCKED if controller.locked and session.delayed else AeState.INACTIVE,
            camera=session.camera.info,
            capabilities=session.camera.capabilities,
            meter=self.meter.name,
            instead_of=self.meter.instead_of,
            model_hash=self.meter.model_hash,
            mask=self.meter.mask,
            spot=self.meter.spot,
            commanded=session.delayed.commanded if session.delayed is not None else None,
            ev_bias=controller.bias_ev,
            paused=self.actuator.paused,
            locked=controller.locked,
            native_auto=session.native,
            program=self.connection.program,
            damping=controller.config.damping,
            frame_rate=session.frame_rate,
            dropped=session.dropped,
            notice=self.say(session),
            playback=session.camera.playback if isinstance(session.camera, Playable) else None,
        )

    def say(self, session: CameraSession) -> str:
        """The one sentence that matters most to the user now; empty if all is well."""
        notices = (self.notice, self.actuator.notice, self.meter.notice, session.notice, self.connection.notice)
        return next(filter(None, notices), "")
