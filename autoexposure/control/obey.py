"""What each command does to the camera's connection, the meter and the actuator.

The one place to look for "what happens when that is pressed"; `autoexposure.control.commands` says what each
command means, and the loop calls `obey` between two frames, in its own thread.
"""

from __future__ import annotations

from dataclasses import replace

from autoexposure.control.active_meter import ActiveMeter
from autoexposure.control.actuator import Actuator
from autoexposure.control.commands import (
    Adjust,
    Command,
    ForCamera,
    HoldWhiteBalance,
    LetGo,
    Lock,
    Pause,
    Play,
    Seek,
    SetBias,
    SetDamping,
    SetExposure,
    SetGoal,
    SetProgram,
    TakeInTurn,
    Teach,
    Unteach,
    UseCamera,
    UseMask,
    UseNativeAuto,
    UsePolicy,
)
from autoexposure.control.connection import Connection
from autoexposure.errors import CameraDisconnected, UnsupportedControl
from autoexposure.states import LoopState

TOUCHES = (UseCamera, LetGo, Lock, Pause, UseNativeAuto, SetExposure, SetProgram, TakeInTurn)
"""What ends a series of exposures that are held in turn: a manual touch wins."""


def obey(
    command: Command, state: LoopState, connection: Connection, meter: ActiveMeter, actuator: Actuator
) -> LoopState:
    """Carry out a command in a loop that is in ``state``.

    Returns
    -------
    LoopState
        What the loop is in after that; STARTING means that a camera is to be opened.

    Raises
    ------
    UnsupportedControl
        If the open camera can't do that.
    AutoexposureError
        If the camera is gone, or there is no meter left to go on with.
    """
    session, controller = connection.session, actuator.controller
    if isinstance(command, TOUCHES):
        actuator.holding.break_off("the exposure was touched meanwhile", session)
    match command:
        case UseCamera(open_camera):
            connection.use(open_camera)
            actuator.goal.restart()
            meter.mask = None  # it was painted on the other camera's picture
            return LoopState.STARTING
        case ForCamera():
            if session is None:
                connection.waiting.append(command)
            else:
                refused = []
                for each in command.commands(session.camera):
                    try:
                        state = obey(each, state, connection, meter, actuator)
                    except UnsupportedControl as error:
                        refused.append(error)
                    except CameraDisconnected:
                        connection.waiting.append(command)  # all of it is due when the camera is back
                        raise
                if refused:
                    raise refused[0]
        case LetGo():
            connection.let_go()
            return LoopState.STOPPED
        case UsePolicy(make_policy, instead_of):
            if instead_of in ("", meter.chosen) and meter.use(make_policy):
                actuator.follow()
                # What failed may have been the last policy: try again.
                return LoopState.STARTING if state is LoopState.FAILED else state
        case UseMask(mask):
            meter.mask = mask
            actuator.follow()
        case Teach():
            if meter.teach(command):
                actuator.follow()  # so that even a small lesson shows in the picture
        case Unteach():
            if meter.unteach(command):
                actuator.follow()
        case SetBias(ev):
            controller.bias_ev = ev
        case SetDamping(share):
            controller.config = replace(controller.config, damping=share)
        case Lock(on):
            controller.locked = on
            actuator.goal.restart()  # what is held says nothing of where a ramp would be
            actuator.insist()
        case Pause(on):
            actuator.paused = on
            actuator.follow()
        case UseNativeAuto(on):
            connection.hold(native=on)
            actuator.insist()
            if session is not None:
                held = session.wanted if session.native and (controller.locked or actuator.paused) else None
                session.use_native(on)
                actuator.follow()
                if held is not None and not on:  # or it stays where the automatic left it
                    session.set_when_possible(held)
        case SetProgram(program):
            connection.use_program(program)
            controller.restart()
            if session is not None and not (actuator.paused or (controller.locked and session.keeps_rules)):
                actuator.follow_rules(session)
        case SetGoal(config):
            actuator.use_goal(config)
        case SetExposure(exposure):
            controller.locked = True
            actuator.goal.restart()
            connection.hold(exposure=exposure)
            actuator.insist()
            if session is not None and session.delayed is not None and session.has_picture:
                actuator.write(session, exposure)
            elif session is not None:
                session.set_when_possible(exposure)
        case TakeInTurn(series):
            if actuator.paused:
                series.end("metering is paused, and nothing is set then: resume it first")
            else:
                actuator.holding.begin(series, session)
        case Adjust(name, value):
            connection.hold(adjustments={name: value})
            if session is not None:
                session.adjusting.set(name, value)
        case HoldWhiteBalance(on):
            connection.white_balance.on = on
        case Play(on):
            if session is not None:
                session.abilities.play(on)
        case Seek(index):
            if session is not None:
                session.abilities.seek(index)
    return state
