"""What is played: a scene whose light changes as is written down, before cameras with different delays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from autoexposure.camera import Camera
from autoexposure.clock import SimulatedClock
from autoexposure.response import ResponseCurve
from autoexposure.simulation.light import Light

FRAMES_PER_S = 30.0
"""Of every camera: what webcams do."""

STAGE_FRAMES = 75
"""From one change of the light to the next: two and a half seconds, after which anyone takes a picture for wrong."""

STAGE_S = STAGE_FRAMES / FRAMES_PER_S

DELAYS_FRAMES = (0, 2, 4, 5, 8)
"""None, a webcam's, those of webcams with long queues, and a camera behind a network."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One camera.

    Attributes
    ----------
    delay_frames : pictures still made with the old exposure after a new one was set.
    known : whether a law is told.
    """

    delay_frames: int
    known: bool = True

    def __str__(self) -> str:
        return f"{self.delay_frames}{'' if self.known else ' unknown'}"


ALL_SETUPS = (*map(Setup, DELAYS_FRAMES), *(Setup(delay, known=False) for delay in (2, 5, 8)))
"""Not knowing a delay of 0 or 4 tells nothing that these don't."""

FEW_SETUPS = (Setup(2), Setup(5, known=False))
"""For scenes of which there are many, and those beside the steps."""

ONE_SETUP = (Setup(2),)
"""A webcam's, for what does not hang on the delay."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The time between two changes of the light.

    Attributes
    ----------
    light_ev : how much brighter the whole scene is than at its level 0.
    place : stages of one place should end at one exposure, once ``light_ev`` is taken off; a lamp that is on is another
        place than the same lamp off.
    scored : whether its beginning is a step that is judged; the first one is not where nothing was at rest before.
    """

    light_ev: float = 0.0
    place: str = ""
    scored: bool = True


OpenTrial = Callable[[Setup, SimulatedClock], Camera]
"""Opens the camera of a trial; every frame carries the exposure that made it, whatever a law is told of it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One scene.

    Attributes
    ----------
    kind : one of KINDS. scene : its name.
    open_camera : see `OpenTrial`; the scene's time begins then.
    stages : of STAGE_S each; empty where the scene moves all the time.
    frames : how long it lasts.
    setups : cameras it is played before.
    right_ev : EV at which its subject is exposed as in the photograph; None where nobody knows.
    background_ev : how much more light there is behind the subject.
    light : of the whole scene, where it changes slowly.
    steady_s : how long a moving scene stands still at first.
    response : of the camera, as this program's loop knows it; None: sRGB, as it is of all simulated ones.
    """

    kind: str
    scene: str
    open_camera: OpenTrial = field(repr=False)
    frames: int
    stages: Sequence[Stage] = ()
    setups: Sequence[Setup] = ONE_SETUP
    right_ev: float | None = None
    background_ev: float = 0.0
    light: Light | None = None
    steady_s: float = 0.0
    response: ResponseCurve | None = field(default=None, repr=False)


KINDS = {
    "steps": "the light on everything changes at once, by 1 to 4 EV either way",
    "lamp": "one lamp of several goes on and off",
    "subjects": "a photograph's subject before a background 1 to 4 EV brighter than it was",
    "dimming": "the light goes down by 3 EV in ten seconds",
    "object": "something white passes close before the camera",
    "pan": "the camera looks around",
    "flicker": "lamps on 50 Hz mains",
    "stacks": "pictures that a real camera took at many exposures, from 3 EV too dark and too bright",
}
"""Kind of trial -> what happens in it."""
