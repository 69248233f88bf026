"""Scenes and trials: the light that is meant, and the same for every law."""

from __future__ import annotations

import numpy as np
import pytest

from autoexposure.camera import Camera
from autoexposure.clock import SimulatedClock
from autoexposure.evaluation.side_by_side.programme import (
    BACKGROUNDS_EV,
    BASE_EV,
    LEVELS_EV,
    MOVING_STEADY_S,
    STARTS_EV,
    Programme,
    Wanted,
    kinds_of,
)
from autoexposure.evaluation.side_by_side.scenes import (
    VIEW,
    PassingObject,
    against_the_light,
    in_steps,
    shipped_subjects,
)
from autoexposure.evaluation.side_by_side.trial import ALL_SETUPS, KINDS, ONE_SETUP, STAGE_FRAMES, STAGE_S, Setup, Trial
from autoexposure.simulation.panorama import PanoramaScene
from autoexposure.simulation.scene import REFERENCE, Scene

GREY = np.full((VIEW.height_px, VIEW.width_px, 3), 10, np.float32)


class Opened:
    """Takes the place of what opens a camera."""

    def __init__(self) -> None:
        self.scenes: list[tuple[Scene, Wanted]] = []

    def __call__(self, scene: Scene, wanted: Wanted, clock: SimulatedClock) -> Camera:
        self.scenes.append((scene, wanted))
        raise ConnectionError


def scene_of(trial: Trial, opened: Opened, setup: Setup = ONE_SETUP[0]) -> tuple[Scene, Wanted]:
    with pytest.raises(ConnectionError):
        trial.open_camera(setup, SimulatedClock())
    return opened.scenes[-1]


def test_light_in_steps_is_the_scene_times_each_level() -> None:
    scene = in_steps(GREY, (0.0, 2.0, -1.0))
    means = [float(scene.radiance((stage + 0.5) * STAGE_S).mean()) for stage in range(4)]
    assert means == pytest.approx([10, 40, 5, 5])
    assert scene.radiance(0.1) is scene.radiance(0.2)


def test_every_step_from_one_to_four_ev_happens_once_either_way() -> None:
    assert sorted(np.diff(LEVELS_EV)) == [-4, -3, -2, -1, 1, 2, 3, 4]


def test_the_passing_object_is_away_at_first_and_then_in_the_middle() -> None:
    scene = PassingObject(GREY, steady_s=1.0, crossing_s=2.0)
    assert (scene.radiance(0.9) == GREY).all()
    middle = scene.radiance(2.0)
    assert middle[VIEW.height_px // 2, VIEW.width_px // 2, 0] == pytest.approx(160)
    assert middle[0, 0, 0] == 10


def test_against_the_light_the_subject_keeps_its_own() -> None:
    photograph = np.full((60, 80, 3), 118, np.uint8)
    mask = np.zeros((60, 80), np.uint8)
    mask[15:45, 20:60] = 255
    light = against_the_light(photograph, mask, 3.0) * REFERENCE.time_s
    assert light[VIEW.height_px // 2, VIEW.width_px // 2, 1] == pytest.approx(0.18, abs=0.01)
    assert light[2, 2, 1] == pytest.approx(0.18 * 8, rel=0.05)


@pytest.mark.parametrize("name", ["astronaut", "cup", "cat"])
def test_shipped_subjects_have_a_mask_of_part_of_the_picture(name: str) -> None:
    photograph, mask = shipped_subjects()[name]
    assert mask.shape == photograph.shape[:2]
    assert 0.2 < (mask > 0).mean() < 0.75


def test_the_builtin_trials_need_no_files_and_are_of_known_kinds() -> None:
    opened = Opened()
    trials = Programme(opened).builtin()
    assert set(kinds_of(trials)) == {"steps", "lamp", "dimming", "object", "flicker"} <= set(KINDS)
    stepped = next(trial for trial in trials if trial.kind == "steps")
    assert stepped.setups == ALL_SETUPS
    assert stepped.frames == STAGE_FRAMES * len(LEVELS_EV)
    scene, wanted = scene_of(stepped, opened, Setup(5, known=False))
    assert wanted.setup == Setup(5, known=False)
    first, second = scene.radiance(0.0), scene.radiance(STAGE_S * 1.5)
    assert second.mean() / first.mean() == pytest.approx(2, rel=1e-3)
    assert not stepped.stages[0].scored
    lamp = next(trial for trial in trials if trial.kind == "lamp")
    scene, _ = scene_of(lamp, opened)
    assert scene.radiance(0.0).mean() != scene.radiance(STAGE_S * 1.5).mean()
    assert scene.radiance(0.0) is scene.radiance(STAGE_S * 2.5)
    flicker = next(trial for trial in trials if trial.kind == "flicker")
    assert scene_of(flicker, opened)[1].mains_hz == 50


def test_a_quick_run_is_a_part_of_the_whole() -> None:
    def frames(programme: Programme) -> int:
        return sum(trial.frames * len(trial.setups) for trial in programme.builtin())

    assert frames(Programme(Opened(), quick=True)) < frames(Programme(Opened())) / 3


def test_subjects_stand_before_every_background_from_both_sides() -> None:
    opened = Opened()
    photograph = np.full((60, 80, 3), 118, np.uint8)
    trials = Programme(opened).subjects({"grey": (photograph, np.full((60, 80), 255, np.uint8))})
    assert len(trials) == len(BACKGROUNDS_EV) * len(STARTS_EV)
    assert {trial.right_ev for trial in trials} == {REFERENCE.ev}
    assert {scene_of(trial, opened)[1].start_ev for trial in trials} == set(STARTS_EV)
    assert not any(trial.stages[0].scored for trial in trials)


def test_every_trial_has_noise_of_its_own_and_the_seed_moves_all() -> None:
    seeds = []
    for seed in (0, 1000):
        opened = Opened()
        trials = Programme(opened, seed, quick=True).builtin()
        seeds.append([scene_of(trial, opened)[1].seed for trial in trials])
    assert len(set(seeds[0])) == len(seeds[0])
    assert [after - before for before, after in zip(*seeds, strict=True)] == [1000] * len(seeds[0])


def test_a_pan_begins_after_its_steady_time() -> None:
    opened = Opened()
    panorama = np.tile(np.linspace(1, 9, 128, dtype=np.float32)[np.newaxis, :, np.newaxis], (64, 1, 3))
    trial = Programme(opened).pan("room", PanoramaScene(panorama, VIEW, 15.0))
    scene, _ = scene_of(trial, opened)
    assert scene.radiance(0.0) is scene.radiance(MOVING_STEADY_S - 0.1)
    assert not np.array_equal(scene.radiance(0.0), scene.radiance(MOVING_STEADY_S + 2))
    assert trial.steady_s == MOVING_STEADY_S


def test_scenes_begin_below_what_they_are_scaled_for() -> None:
    opened = Opened()
    trial = Programme(opened).high_range("grey", in_steps(GREY, (0.0,)))
    scene, _ = scene_of(trial, opened)
    assert float(scene.radiance(0.0).mean()) == pytest.approx(10 * 2.0**BASE_EV)
