"""autoexposure as a library, and how a control loop is put together of camera, meter and rules.

What is made here needs drivers and models, so beside the command line this is the one module that may import them, and
it does so in the function that needs them. Users find it all in ``import autoexposure as ae``.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from autoexposure.abilities.abilities import Abilities
from autoexposure.abilities.adjustable import Adjustment
from autoexposure.abilities.several_adjustments import meant
from autoexposure.camera import Camera, CameraInfo, Capabilities, ControlRange
from autoexposure.clock import Clock, SimulatedClock, SystemClock
from autoexposure.control.commands import (
    Adjust,
    Command,
    ForCamera,
    Lock,
    Pause,
    SetBias,
    SetDamping,
    SetExposure,
    SetGoal,
    SetProgram,
    UseCamera,
    UseMask,
    UseNativeAuto,
    UsePolicy,
)
from autoexposure.control.config import LoopConfig
from autoexposure.control.loop import ControlLoop
from autoexposure.control.program import ProgramConfig
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import (
    AutoexposureError,
    CameraBusy,
    CameraDisconnected,
    CameraError,
    CameraNotFound,
    ConfigError,
    FrameTimeout,
    ModelFileError,
    PolicyError,
    UnsupportedControl,
)
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame, Pixels, check_pixels
from autoexposure.goal.goal import GoalConfig
from autoexposure.matching.matching import Matching
from autoexposure.metering.lookahead import detailed, look_ahead
from autoexposure.metering.meters import ATTENTION, METERS, Meter, find_meter
from autoexposure.metering.policy import Decision, Policy, ask
from autoexposure.metering.preview import LEAST_PX, make_preview
from autoexposure.motion.trade import Motion
from autoexposure.presets.preset import Beside
from autoexposure.presets.shelf import use_preset
from autoexposure.profiles.lookup import Profiles
from autoexposure.recording.still import save_still
from autoexposure.response import ResponseCurve, gamma, srgb
from autoexposure.states import AeState, LoopState

__all__ = [
    "METERS",
    "Adjust",
    "Adjustment",
    "AeState",
    "AutoexposureError",
    "Camera",
    "CameraBusy",
    "CameraDisconnected",
    "CameraError",
    "CameraInfo",
    "CameraNotFound",
    "Capabilities",
    "Clock",
    "ConfigError",
    "ControlLoop",
    "ControlRange",
    "ControlledCamera",
    "Decision",
    "Exposure",
    "Frame",
    "FrameTimeout",
    "GoalConfig",
    "Lock",
    "LoopConfig",
    "LoopState",
    "Matching",
    "Meter",
    "ModelFileError",
    "Pause",
    "Policy",
    "PolicyError",
    "ProgramConfig",
    "ResponseCurve",
    "SetBias",
    "SetDamping",
    "SetExposure",
    "SetGoal",
    "SetProgram",
    "SimulatedClock",
    "Snapshot",
    "SystemClock",
    "UnsupportedControl",
    "UseCamera",
    "UseMask",
    "UseNativeAuto",
    "UsePolicy",
    "gamma",
    "list_cameras",
    "make_loop",
    "make_meter",
    "make_preview",
    "meter",
    "open",
    "save_still",
    "srgb",
]
"""The public names, all of them also in `autoexposure` itself."""


def _check_own(package: str) -> None:
    """See that the program's own ``package`` is found, and not one of that name in the current folder.

    Raises
    ------
    ConfigError
        If another hides it.
    """
    found = find_spec(package)
    own = Path(__file__).resolve().parent.parent / package / "__init__.py"
    if found is None or found.origin is None or Path(found.origin).resolve() != own:
        where = found.origin if found is not None else "nothing"
        raise ConfigError(
            f"{where} is found in the place of autoexposure's own {package!r}: rename it, or start Python elsewhere"
        )


def list_cameras() -> list[CameraInfo]:
    """Every camera that can be opened, real ones first, then simulated ones.

    Looking at devices may take a second. A camera that can't be used says why in ``trouble``.
    """
    _check_own("drivers")
    from drivers import discovery

    return discovery.list_cameras()


def make_meter(name: str = ATTENTION, model: Path | str | None = None) -> Policy:
    """Make a meter, to be used many times by one thread.

    Parameters
    ----------
    name : as in `METERS`: ``attention``, ``average``, ``centre``, ``spot``, ``matrix``, ``highlight``, ``shadow``.
    model : an exported network (``.onnx``) for ``attention`` instead of this user's own or the one that ships.

    Raises
    ------
    ConfigError
        If there is no such meter.
    ModelFileError
        If the network's file is missing or damaged.
    """
    meter = find_meter(name)
    if meter.make is not None:
        return meter.make()
    _check_own("models")
    from models.inference.personal_policy import personal_policy

    return personal_policy(model=Path(model) if model is not None else None)


def _check_policy(policy: Policy) -> Policy:
    """Return ``policy`` if it looks like one, else raise ConfigError."""
    if isinstance(policy, type) or not callable(getattr(policy, "decide", None)):
        raise ConfigError(f"a meter is one of {', '.join(METERS)}, or an object that can decide; given {policy!r}")
    missing = [member for member in ("name", "coarse") if not hasattr(policy, member)]
    if missing:
        raise ConfigError(f"a meter of your own needs what Policy lists; {policy!r} has no {', no '.join(missing)}")
    return policy


def meter(picture: Pixels, meter: str | Policy = ATTENTION, *, response: ResponseCurve | None = None) -> Decision:
    """Meter one picture: how far its exposure is off, in ``delta_ev``, and where that matters, in the maps.

    It is the answer that the control loop would act on. A network's answer ends at 2 EV; where it is off by more, the
    picture is re-exposed in the computer and metered again, so ``delta_ev`` may be larger.

    Parameters
    ----------
    picture : (H, W, 3) uint8, RGB (of OpenCV's BGR give ``picture[..., ::-1]``), encoded as cameras and files have it.
    meter : a name from `METERS`, or a meter made once by `make_meter` for many pictures; making the network each time
        takes some 40 ms.
    response : the curve by which the camera turns light into code values; None for sRGB.

    Raises
    ------
    ValueError
        If ``picture`` is not such an array.
    ConfigError
        If there is no meter of that name.
    PolicyError
        If the meter fails on this picture.
    """
    preview = make_preview(check_pixels(picture))
    policy = make_meter(meter) if isinstance(meter, str) else _check_policy(meter)
    decision = ask(policy, preview)
    return look_ahead(policy, detailed(picture), decision, response or srgb()) if policy.coarse else decision


def make_loop(
    camera: str | None = None,
    meter: str | Policy | None = None,
    model: Path | str | None = None,
    bias_ev: float | None = None,
    mains_hz: int | None = None,
    allow_slow_frames: bool = False,
    camera_profile: Path | str | None = None,
    meter_from: str = "",
    preset: str = "",
    adjust: Mapping[str, str | float] | None = None,
    *,
    match: Matching | None = None,
    hold_white_balance: bool = False,
    keep_night_dark: bool = False,
    ramp_ev_per_minute: float | None = None,
    motion: str | None = None,
    shown: bool = True,
    clock: Clock | None = None,
) -> ControlLoop:
    """A control loop on real parts, not started yet: it opens the camera when it runs.

    Parameters
    ----------
    camera : what opens it, ``v4l2:/dev/video0`` or ``sim:scene=cat``; None or empty for the first camera found.
    meter, model : as of `make_meter`; or a meter that is made already. None is attention, or the preset's.
    bias_ev : compensation: +1 makes pictures one stop brighter. None is none, or the preset's.
    mains_hz : 50 or 60 keeps lamps from flickering; 0 does nothing about them. None is 0, or the preset's.
    allow_slow_frames : let exposure times exceed the frame interval.
    camera_profile : a measured profile to use instead of the camera's own.
    meter_from : only set ``camera``, whose pictures another program takes, and meter these: file, URL or camera.
    preset : name of a preset of that camera; what else is given wins over it.
    adjust : controls beside exposure to set by name, as ``{"white_balance_automatic": "off"}``: numbers or words.
    match : shared with the loops of other cameras, which are to have the same exposure.
    hold_white_balance : as of `LoopConfig`.
    keep_night_dark, ramp_ev_per_minute : as of `GoalConfig`. False and None are off and at once, or the preset's.
    motion : ``auto`` or ``sports`` takes shorter times where something moves (`Motion`). None is off, or the preset's.
    shown : whether the pictures are displayed; if not, they may be decoded smaller.
    clock : a `SimulatedClock` for a simulated camera, whose time then passes as fast as it can be calculated.

    Raises
    ------
    ConfigError
        If one of them is not possible.
    """
    _check_own("drivers")
    from drivers.discovery import open_camera, open_metered_elsewhere, open_same, same_camera, why_chosen

    def opened() -> Camera:
        return (
            open_metered_elsewhere(camera or "", meter_from, clock=clock)
            if meter_from
            else open_camera(camera, clock=clock)
        )

    def opened_again(info: CameraInfo, otherwise: Callable[[], Camera]) -> Camera:
        return open_metered_elsewhere(same_camera(info), meter_from) if meter_from else open_same(info, otherwise)

    named = meter if meter is None or isinstance(meter, str) else ""
    heeded = _motion(motion)
    beside = Beside(
        bias_ev, named, mains_hz, allow_slow_frames, hold_white_balance, keep_night_dark, ramp_ev_per_minute, heeded
    )
    meter = ATTENTION if meter is None else meter
    # What is wrong is found here, not in the loop.
    if not (camera is None or isinstance(camera, str)):
        raise ConfigError(f"a camera is named by a text as 'sim:' or 'v4l2:/dev/video0', given {camera!r}")
    if isinstance(meter, str):
        find_meter(meter)
    else:
        _check_policy(meter)
    loop = ControlLoop(
        opened,
        lambda: make_meter(meter, model) if isinstance(meter, str) else meter,
        open_same=opened_again,
        config=LoopConfig(
            program=ProgramConfig(
                allow_slow_frames=allow_slow_frames, mains_hz=mains_hz or 0, motion=heeded or Motion.OFF
            ),
            least_px=0 if shown else LEAST_PX,
            hold_white_balance=hold_white_balance,
            goal=GoalConfig(keep_night_dark, math.inf if ramp_ev_per_minute is None else ramp_ev_per_minute),
        ),
        profiles=Profiles(Path(camera_profile) if camera_profile is not None else None),
        match=match,
        clock=clock,
        why_chosen=why_chosen,
    )
    loop.send(SetBias(bias_ev or 0.0))
    if preset:
        loop.send(use_preset(preset, partial(make_meter, model=model), beside))
    if adjust:
        loop.send(ForCamera(partial(_adjustments, adjust)))
    return loop


def _motion(name: str | None) -> Motion | None:
    """What is done about motion. Raises ConfigError for a name that stands for nothing."""
    if name is not None and name not in tuple(Motion):
        raise ConfigError(f"motion is one of {', '.join(Motion)}, given {name!r}")
    return None if name is None else Motion(name)


def _adjustments(wanted: Mapping[str, str | float], camera: Camera) -> list[Command]:
    """What sets a camera's controls beside exposure. Raises ConfigError if it has no such control or value."""
    texts = {name: str(int(value) if isinstance(value, bool) else value) for name, value in wanted.items()}
    values = meant(Abilities(camera).adjustments(), texts)
    return [Adjust(name, value) for name, value in values.items()]


class ControlledCamera:
    """An open camera whose exposure is controlled while its pictures are taken: an iterator of Snapshots.

    Made by `open`. Each step takes the newest picture, meters it and sets the exposure for those to come, in the thread
    that asks; pictures that are not asked for are skipped. In every Snapshot ``frame`` is a picture not seen before,
    ``decision`` is the meter's answer for it and ``exposure`` is what it was taken with. If the camera goes away, the
    iterator waits for it to return. The iteration ends with a recording, and never with a camera.

    The camera is put back as it was by ``close``, at the end of a ``with`` block, with the last reference and at the
    end of the program, whichever comes first. If the program is killed, a note on the disk remains: the next program
    to open the camera, or ``autoexposure restore``, puts it back.

    Attributes
    ----------
    loop : takes commands, as ``loop.send(ae.Lock(True))``.
    """

    def __init__(self, loop: ControlLoop) -> None:
        self.loop = loop
        self._last: tuple[int, int] | None = None
        self._ended = False
        self._finish = weakref.finalize(self, loop.stop)
        self._check(loop.turn())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Snapshot:
        if not self._finish.alive:
            raise CameraError("this camera was closed: open it again")
        while True:
            snapshot = self._check(self.loop.turn())
            ended = snapshot.playback is not None and snapshot.playback.ended
            if ended and self._ended:  # a recording shows its last picture again and again
                raise StopIteration
            if snapshot.picture not in (None, self._last):
                self._last, self._ended = snapshot.picture, ended
                return snapshot

    def close(self) -> None:
        """Put the camera's settings back and let go of it; callable twice.

        Raises
        ------
        CameraError
            If it could not be put back.
        """
        first = self._finish.alive
        self._finish()
        if first and self.loop.left_changed:
            raise CameraError(self.loop.left_changed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._finish()  # what went wrong matters more than what could not be put back, which is logged

    def _check(self, snapshot: Snapshot) -> Snapshot:
        if (failure := snapshot.failure) is not None:
            self._finish()
            raise failure
        return snapshot


def open(
    camera: str | None = None,
    *,
    meter: str | Policy | None = None,
    model: Path | str | None = None,
    bias_ev: float | None = None,
    mains_hz: int | None = None,
    allow_slow_frames: bool = False,
    camera_profile: Path | str | None = None,
    meter_from: str = "",
    preset: str = "",
    adjust: Mapping[str, str | float] | None = None,
    match: Matching | None = None,
    motion: str | None = None,
    clock: Clock | None = None,
) -> ControlledCamera:
    """Open a camera and control its exposure while iterating over its pictures.

    >>> with ae.open("sim:", meter="matrix") as camera:  # doctest: +SKIP
    ...     for shot in camera:
    ...         print(shot.frame.pixels.shape, shot.decision.delta_ev, shot.exposure)

    Parameters
    ----------
    camera, meter, model, bias_ev, mains_hz, allow_slow_frames, camera_profile, meter_from, preset, adjust :
        as of `make_loop`.
    match, motion : as of `make_loop`.
    clock : as of `make_loop`, too.

    Raises
    ------
    ConfigError
        If one of them is not possible.
    CameraNotFound, CameraBusy
        If there is no such camera, or another program has it.
    """
    rules = (model, bias_ev, mains_hz, allow_slow_frames, camera_profile, meter_from, preset, adjust)
    return ControlledCamera(make_loop(camera, meter, *rules, match=match, motion=motion, clock=clock))
