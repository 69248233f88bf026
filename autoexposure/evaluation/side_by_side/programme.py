"""What a run plays: the trials that need nothing but the program, and those of the user's own files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoexposure.camera import Camera
from autoexposure.clock import SimulatedClock
from autoexposure.evaluation.side_by_side.scenes import (
    VIEW,
    Hastened,
    PassingObject,
    StagedScene,
    against_the_light,
    in_steps,
)
from autoexposure.evaluation.side_by_side.trial import (
    ALL_SETUPS,
    FEW_SETUPS,
    FRAMES_PER_S,
    ONE_SETUP,
    STAGE_FRAMES,
    STAGE_S,
    OpenTrial,
    Setup,
    Stage,
    Trial,
)
from autoexposure.frame import Pixels
from autoexposure.simulation.builtin_scenes import GALLERY, builtin_scene
from autoexposure.simulation.light import STEADY_S, Drifting
from autoexposure.simulation.panorama import PanoramaScene
from autoexposure.simulation.scene import REFERENCE, Layer, LitScene, Scene, StillScene


@dataclass(frozen=True, slots=True)
class Wanted:
    """A camera that is to be simulated.

    Attributes
    ----------
    start_ev : how far from an average meter's wish it starts.
    mains_hz : of the lamps before it; 0 for light that does not flicker.
    seed : of its noise.
    """

    setup: Setup
    start_ev: float = 0.0
    mains_hz: int = 0
    seed: int = 0


OpenScene = Callable[[Scene, Wanted, SimulatedClock], Camera]
"""Opens a simulated camera before a scene of VIEW, at FRAMES_PER_S, that reports what made its pictures."""

BASE_EV = -1.0
"""The level that a light steps from. Scenes suit REFERENCE at 0; a stop lower, a camera's times are finer spaced."""

LEVELS_EV = (0.0, 1.0, -1.0, 2.0, -2.0, 2.0, -1.0, 1.0, 0.0)
"""Of the light, from stage to stage: a step of each of +-1 to +-4 EV, and no level beyond what a camera can set."""
FEW_LEVELS_EV = (0.0, 2.0, 0.0, -3.0, 0.0)
"""For a quick run, and for scenes of which there are many."""

BACKGROUNDS_EV = (0.0, 1.0, 2.0, 3.0, 4.0)
"""Light behind a subject. The first is the photograph itself, by which a law's target is tuned; it is not judged."""

STARTS_EV = (-3.0, 3.0)
"""Where cameras start that see a light which never changes."""

DIM_EV, DIM_S, DIM_STEADY_S = -3.0, 10.0, 2.0
"""A dimmer that is turned down by hand; first the light is steady, for a law to come to rest."""

MOVING_STEADY_S, MOVING_S = 2.0, 10.0
"""How long a scene stands still, and how long it then moves: three passes of the object, half a turn of the camera."""

PAN_DEG_PER_S = 15.0
"""As a person turns a laptop."""

WITH_LAMP = ("portrait", "coffee")
"""Built-in scenes in whose story a lamp is switched."""

# No delay, a webcam's, a long queue's, and one that nobody is told.
QUICK_SETUPS = (Setup(0), Setup(2), Setup(5), Setup(2, known=False))


class Programme:
    """Makes trials.

    Parameters
    ----------
    open_scene : see `OpenScene`.
    seed : of all noise; each trial has its own.
    quick : fewer steps, cameras and scenes.
    """

    def __init__(self, open_scene: OpenScene, seed: int = 0, *, quick: bool = False) -> None:
        self._open_scene, self._seed, self._quick = open_scene, seed, quick
        self._setups = QUICK_SETUPS if quick else ALL_SETUPS
        self._few_setups = ONE_SETUP if quick else FEW_SETUPS
        self._levels = FEW_LEVELS_EV if quick else LEVELS_EV
        self._count = 0

    def builtin(self) -> list[Trial]:
        """Every trial that needs no files."""
        names = list(GALLERY)[:2] if self._quick else list(GALLERY)
        still = {name: builtin_scene(name, VIEW).in_steady_light() for name in names}
        trials = [self._steps(name, scene, self._setups, self._levels) for name, scene in still.items()]
        trials += [self._lamp(name) for name in WITH_LAMP[: len(names) // 2]]
        for name in names[:1] if self._quick else names:
            trials += [make(name, still[name]) for make in (self._dimming, self._object, self._flicker)]
        return trials

    def high_range(self, name: str, scene: Scene) -> Trial:
        """A scene of the user's, in light that steps."""
        return self._steps(name, scene, self._few_setups, FEW_LEVELS_EV)

    def pan(self, name: str, scene: PanoramaScene) -> Trial:
        """Looking around in a panorama, which must stand still for STEADY_S at first."""
        moving = Hastened(scene, STEADY_S - MOVING_STEADY_S)
        return self._moving("pan", name, moving)

    def subjects(self, found: Mapping[str, tuple[Pixels, NDArray[np.uint8]]]) -> list[Trial]:
        """Photographs with a mask of their subject, each before all BACKGROUNDS_EV."""
        backgrounds_ev = BACKGROUNDS_EV[::2] if self._quick else BACKGROUNDS_EV
        trials = []
        for name, (photograph, mask) in found.items():
            for background_ev in backgrounds_ev:
                scene = StillScene(against_the_light(photograph, mask, background_ev))
                place = Stage(place=f"{background_ev:+g}", scored=False)
                for start_ev in STARTS_EV:
                    opened = self._opener(scene, start_ev=start_ev)
                    trials.append(
                        Trial(
                            "subjects",
                            name,
                            opened,
                            STAGE_FRAMES,
                            (place,),
                            right_ev=REFERENCE.ev,
                            background_ev=background_ev,
                        )
                    )
        return trials

    def stack(self, name: str, open_at: Callable[[float], OpenTrial]) -> list[Trial]:
        """A real exposure stack; ``open_at`` (EV from an average meter's wish) opens it."""
        return [
            Trial("stacks", name, open_at(start_ev), STAGE_FRAMES, (Stage(),), self._few_setups)
            for start_ev in STARTS_EV
        ]

    def _steps(self, name: str, scene: Scene, setups: Sequence[Setup], levels_ev: Sequence[float]) -> Trial:
        stepped = in_steps(scene.radiance(0.0), [BASE_EV + level_ev for level_ev in levels_ev])
        stages = [Stage(level_ev, scored=number > 0) for number, level_ev in enumerate(levels_ev)]
        frames = STAGE_FRAMES * len(stages)
        return Trial("steps", name, self._opener(stepped), frames, stages, setups)

    def _lamp(self, name: str) -> Trial:
        """The scene's own lamp, as its story switches it first at STEADY_S."""
        story = builtin_scene(name, VIEW)
        before, after = story.radiance(0.0), story.radiance(STEADY_S)
        stages = [Stage(place=place, scored=number > 0) for number, place in enumerate(("a", "b", "a", "b", "a"))]
        scene = StagedScene([before if stage.place == "a" else after for stage in stages])
        return Trial("lamp", name, self._opener(scene), STAGE_FRAMES * len(stages), stages, self._few_setups)

    def _dimming(self, name: str, scene: Scene) -> Trial:
        light = Drifting(DIM_EV, steady_s=DIM_STEADY_S, drift_s=DIM_S, stay_s=STAGE_S)
        frames = round((DIM_STEADY_S + DIM_S + STAGE_S) * FRAMES_PER_S)
        opened = self._opener(LitScene((Layer(scene, light),)))
        return Trial("dimming", name, opened, frames, light=light, steady_s=DIM_STEADY_S)

    def _object(self, name: str, scene: Scene) -> Trial:
        return self._moving("object", name, PassingObject(scene.radiance(0.0), MOVING_STEADY_S))

    def _moving(self, kind: str, name: str, scene: Scene) -> Trial:
        frames = round((MOVING_STEADY_S + MOVING_S) * FRAMES_PER_S)
        return Trial(kind, name, self._opener(scene), frames, setups=ONE_SETUP, steady_s=MOVING_STEADY_S)

    def _flicker(self, name: str, scene: Scene) -> Trial:
        frames = round((STAGE_S + MOVING_S) * FRAMES_PER_S)
        return Trial("flicker", name, self._opener(scene, mains_hz=50), frames, setups=ONE_SETUP, steady_s=STAGE_S)

    def _opener(self, scene: Scene, start_ev: float = 0.0, mains_hz: int = 0) -> OpenTrial:
        seed = self._seed + self._count
        self._count += 1

        def opened(setup: Setup, clock: SimulatedClock) -> Camera:
            return self._open_scene(scene, Wanted(setup, start_ev, mains_hz, seed), clock)

        return opened


def kinds_of(trials: Sequence[Trial]) -> list[str]:
    """The kinds among ``trials``, each once, in their order."""
    return list(dict.fromkeys(trial.kind for trial in trials))
