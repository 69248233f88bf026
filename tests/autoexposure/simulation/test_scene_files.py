import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.errors import SceneError
from autoexposure.exposure import Exposure
from autoexposure.simulation.light import STEADY_S
from autoexposure.simulation.panorama import PanoramaScene
from autoexposure.simulation.scene import MID_GREY, REFERENCE, Size, StillScene, luminance
from autoexposure.simulation.scene_files import MOST_TOLD, SLIDE_S, SlideShow, load_scene
from autoexposure.simulation.sensor import SensorModel
from tests.autoexposure.files import bombs

SIZE = Size(96, 72)
SHARED = Path(__file__).parents[3].parent / "shared" / "data"
needs_hdr = pytest.mark.skipif(not (SHARED / "hdr").is_dir(), reason="the HDR scenes are not beside the checkout")
needs_brackets = pytest.mark.skipif(
    not (SHARED / "brackets").is_dir(), reason="the exposure stacks are not beside the checkout"
)


def write_photo(path: Path, value: int, rows: int = 30, columns: int = 40) -> None:
    cv2.imwrite(str(path), np.full((rows, columns, 3), value, np.uint8))


def write_stack(folder: Path, times_s: list[float]) -> None:
    light = np.random.default_rng(5).lognormal(2, 1.2, (9, 12, 1)).astype(np.float32).repeat(3, axis=2)
    light = light.repeat(8, axis=0).repeat(8, axis=1)
    for index, time_s in enumerate(times_s):
        codes = SensorModel(seed=index).expose(light, Exposure(time_s))
        cv2.imwrite(str(folder / f"{index:02}.png"), codes[..., ::-1])


def test_a_photograph_stands_still_and_keeps_its_own_exposure(tmp_path: Path) -> None:
    write_photo(tmp_path / "night.png", 40)
    scene = load_scene(tmp_path / "night.png", SIZE)
    assert isinstance(scene, StillScene)
    assert scene.radiance(0.0).shape == (72, 96, 3)
    assert np.all(SensorModel().expose(scene.radiance(0.0), REFERENCE).mean() == pytest.approx(40, abs=1))


def test_a_linear_picture_is_normalised(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "light.hdr"), np.full((30, 40, 3), 4321.0, np.float32))
    light = load_scene(str(tmp_path / "light.hdr"), SIZE).radiance(0.0)
    assert light.mean() * REFERENCE.time_s == pytest.approx(MID_GREY, rel=0.01)


def test_a_linear_picture_twice_as_wide_as_high_is_a_panorama(tmp_path: Path) -> None:
    light = np.random.default_rng(0).uniform(1, 9, (40, 80, 3)).astype(np.float32)
    cv2.imwrite(str(tmp_path / "around.hdr"), light)
    scene = load_scene(tmp_path / "around.hdr", SIZE, pan_deg_per_s=10)
    assert isinstance(scene, PanoramaScene)
    assert not np.array_equal(scene.radiance(0.0), scene.radiance(STEADY_S + 9))


def test_a_wide_photograph_is_not_a_panorama(tmp_path: Path) -> None:
    write_photo(tmp_path / "wide.png", 99, 40, 80)
    assert isinstance(load_scene(tmp_path / "wide.png", SIZE), StillScene)


def test_a_folder_of_photographs_is_a_slide_show(tmp_path: Path) -> None:
    for name, value in (("a.png", 50), ("b.JPG", 100), ("c.png", 150)):
        write_photo(tmp_path / name, value)
    (tmp_path / "notes.txt").write_text("not a picture, and not minded")
    scene = load_scene(tmp_path, SIZE)
    assert isinstance(scene, SlideShow)
    codes = [
        SensorModel().expose(scene.radiance(time_s), REFERENCE).mean()
        for time_s in (0.0, STEADY_S - 0.1, STEADY_S + 0.1, STEADY_S + SLIDE_S + 0.1, STEADY_S + 2 * SLIDE_S + 0.1)
    ]
    assert codes == pytest.approx([50, 50, 100, 150, 50], abs=1.5)


def test_a_slide_does_not_change_while_it_is_shown(tmp_path: Path) -> None:
    for name, value in (("a.png", 50), ("b.png", 100)):
        write_photo(tmp_path / name, value)
    scene = load_scene(tmp_path, SIZE)
    assert scene.radiance(STEADY_S + 1) is scene.radiance(STEADY_S + 9)


@pytest.mark.parametrize("with_times", [True, False])
def test_a_folder_with_one_view_in_several_exposures_is_merged(tmp_path: Path, with_times: bool) -> None:
    times_s = [0.001, 0.004, 0.016, 0.064]
    write_stack(tmp_path, times_s)
    if with_times:
        lines = [f"{index:02}.png,{time_s}" for index, time_s in enumerate(times_s)]
        (tmp_path / "times.csv").write_text("file,time\n" + "\n".join(lines))
    scene = load_scene(tmp_path, SIZE)
    assert isinstance(scene, StillScene)
    light = luminance(scene.radiance(0.0))
    assert np.exp(np.log(light).mean()) * REFERENCE.time_s == pytest.approx(MID_GREY, rel=0.05)
    assert np.log2(np.percentile(light, 99) / np.percentile(light, 1)) > 5  # more than one photograph holds


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no pictures here")
    with pytest.raises(SceneError, match="no pictures in the folder"):
        load_scene(tmp_path, SIZE)


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match="there is no file"):
        load_scene(tmp_path / "nowhere", SIZE)


def test_a_broken_picture_in_a_folder_is_named_and_costs_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in (("b.png", 50), ("d.png", 150)):
        write_photo(tmp_path / name, value)
    (tmp_path / "a.png").write_text("broken")
    (tmp_path / "c.png").write_bytes(bombs.png(50_000, 50_000, rows=1))
    scene = load_scene(tmp_path, SIZE)
    turns_s = [0.0, *(STEADY_S + turn * SLIDE_S + 0.1 for turn in range(4))]
    codes = [SensorModel().expose(scene.radiance(time_s), REFERENCE).mean() for time_s in turns_s]
    assert codes == pytest.approx([50, 50, 50, 150, 150], abs=1.5)
    assert "a.png" in caplog.text
    assert "c.png" in caplog.text


def test_a_folder_of_nothing_but_broken_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("broken")
    with pytest.raises(SceneError, match="none of the 1 pictures"):
        load_scene(tmp_path, SIZE)


@needs_hdr
def test_real_hdr_scenes_all_load_and_can_be_exposed() -> None:
    """Every one within what a webcam can set: 100 us at gain 1 to 33 ms at gain 16, and not grossly off at once."""
    paths = sorted((SHARED / "hdr").glob("*.exr"))
    assert paths
    for path in paths:
        light = luminance(load_scene(path, SIZE).radiance(0.0))
        assert np.isfinite(light).all()
        median_ev = -np.log2(np.median(light[light > 0]) / MID_GREY)
        assert np.log2(1e-4) < median_ev < np.log2(0.033 * 16), path.name


@needs_brackets
@needs_hdr
@pytest.mark.parametrize("name", ["taipei", "street2", "memorial"])
def test_real_stacks_agree_with_their_merged_scene(tmp_path: Path, name: str) -> None:
    with (SHARED / "MANIFEST.csv").open(newline="", encoding="utf-8") as manifest:
        times = {
            Path(row["file"]).name: row["exposure_time_s"]
            for row in csv.DictReader(manifest)
            if row["file"].startswith(f"brackets/{name}/")
        }
    for path in (SHARED / "brackets" / name).glob("*.jpg"):
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "times.csv").write_text("".join(f"{file},{time_s}\n" for file, time_s in times.items()))
    ours = luminance(load_scene(tmp_path, SIZE).radiance(0.0))
    theirs = luminance(load_scene(SHARED / "hdr" / f"view_{name}.exr", SIZE).radiance(0.0))
    seen = (ours > 0) & (theirs > np.percentile(theirs, 5))
    assert np.corrcoef(np.log(ours[seen]), np.log(theirs[seen]))[0, 1] > 0.85


def test_a_folder_of_bad_pictures_takes_a_few_lines(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(60):
        (tmp_path / f"{number}.jpg").write_bytes(b"none")
    with pytest.raises(SceneError, match="none of the 60 pictures"):
        load_scene(tmp_path)
    assert len(caplog.records) == MOST_TOLD + 1
