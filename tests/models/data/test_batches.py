from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from models.data.batches import Batch, MixConfig, TrainingMix
from models.data.dataset import PhotoCache, open_cache
from models.data.photo_files import Selection, find_photos
from models.data.relighting import Relighting


@pytest.fixture
def cache(tmp_path: Path, photo_folder: Path, subject_folder: Path) -> PhotoCache:
    return open_cache(find_photos([photo_folder], [subject_folder]), tmp_path / "cache")


def test_a_batch_depends_on_seed_and_step_alone(cache: PhotoCache) -> None:
    one, two = TrainingMix(cache, MixConfig(), seed=1), TrainingMix(cache, MixConfig(), seed=1)
    two.batch(4, range(8))
    np.testing.assert_array_equal(one.batch(5, range(8)).previews, two.batch(5, range(8)).previews)
    np.testing.assert_array_equal(one.batch(5, range(8)).labels_ev, two.batch(5, range(8)).labels_ev)
    assert not np.array_equal(one.batch(5, range(8)).previews, one.batch(6, range(8)).previews)
    other = TrainingMix(cache, MixConfig(), seed=2)
    assert not np.array_equal(one.batch(5, range(8)).previews, other.batch(5, range(8)).previews)


@pytest.mark.parametrize("relit_share", [(0.0, 0.0), (1.0, 1.0)])
def test_darker_pictures_are_asked_to_rise(cache: PhotoCache, relit_share: tuple[float, float]) -> None:
    """Labels and brightness run against each other, in ladders and in relit pictures."""
    batch = TrainingMix(cache, MixConfig(relit_share=relit_share), seed=3).batch(0, range(300))
    brightness = batch.previews.mean(axis=(1, 2, 3))
    assert np.corrcoef(brightness, batch.labels_ev)[0, 1] < -0.6
    assert np.abs(batch.labels_ev).max() <= 2


def test_some_pictures_are_further_off_than_their_label_says(cache: PhotoCache) -> None:
    labels = TrainingMix(cache, MixConfig(relit_share=(0, 0), far_share=1.0), seed=3).batch(0, range(300)).labels_ev
    assert np.mean(np.abs(labels) == 2) == pytest.approx(1 / 3, abs=0.08)
    labels = TrainingMix(cache, MixConfig(relit_share=(0, 0), far_share=0.0), seed=3).batch(0, range(300)).labels_ev
    assert np.mean(np.abs(labels) == 2) == 0


def test_photographs_without_masks_are_enough(tmp_path: Path, photo_folder: Path) -> None:
    cache = open_cache(find_photos([photo_folder]), tmp_path / "cache", 128)
    assert TrainingMix(cache, MixConfig(), seed=1).batch(0, range(16)).previews.shape == (16, 128, 128, 3)


def test_only_training_photographs_are_drawn(cache: PhotoCache) -> None:
    """Where everything but the training part is black, a batch holds no black picture."""
    pictures = np.array(cache.pictures)
    for part in ("validation", "test"):
        pictures[cache.indices(part)] = 0
    blackened = PhotoCache(pictures, cache.masks, cache.shares, cache.photos)
    batch = TrainingMix(blackened, MixConfig(noise_share=0), seed=1).batch(0, range(200))
    assert batch.previews.max(axis=(1, 2, 3)).min() > 0


def test_the_share_of_relit_subjects_goes_from_its_first_value_to_its_last(cache: PhotoCache) -> None:
    def previews(share: tuple[float, float], fraction: float) -> NDArray[np.uint8]:
        return TrainingMix(cache, MixConfig(relit_share=share), seed=3).batch(7, range(16), fraction).previews

    np.testing.assert_array_equal(previews((1, 0), 0.0), previews((1, 1), 0.0))
    np.testing.assert_array_equal(previews((1, 0), 1.0), previews((0, 0), 1.0))
    np.testing.assert_array_equal(previews((1, 0), 0.5), previews((0.5, 0.5), 0.0))


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(ConfigError, match="relit_share"):
        MixConfig(relit_share=(0.4, 1.5))


def test_processes_that_share_a_batch_draw_what_one_would(cache: PhotoCache) -> None:
    mix = TrainingMix(cache, MixConfig(), seed=1)
    whole, second = mix.batch(3, range(8)), mix.batch(3, range(4, 8))
    np.testing.assert_array_equal(whole.previews[4:], second.previews)
    np.testing.assert_array_equal(whole.labels_ev[4:], second.labels_ev)


def test_hdr_views_are_exposed_by_a_sensor_and_labelled_with_the_way_back(cache: PhotoCache) -> None:
    """A flat view at a tenth of saturation: the brighter its picture, the lower its label."""
    views = np.full((2, 64, 64, 3), 0.1, np.float16)
    usual = MixConfig(relit_share=(0, 0), hdr_share=1.0, far_share=0, odd_response_share=0, balance_ev=0, noise_share=0)
    batch = TrainingMix(cache, usual, seed=1, views=views).batch(0, range(30))
    expected = 255 * np.minimum(0.1 * 2.0 ** -batch.labels_ev.astype(float), 1) ** (1 / 2.2)
    assert not batch.masked.any()
    np.testing.assert_allclose(batch.previews.mean(axis=(1, 2, 3)), expected, atol=4)


def drawn_kinds(cache: PhotoCache, kinds: dict[str, str], power: float) -> dict[str, float]:
    """How often each kind of subject is drawn: every kind's pictures have a brightness of their own."""
    photos = tuple(replace(photo, kind=kinds.get(photo.path.name, photo.kind)) for photo in cache.photos)
    codes = {kind: code for code, kind in enumerate(sorted({photo.kind for photo in photos if photo.kind}), 1)}
    pictures = np.zeros_like(cache.pictures)
    for place, photo in enumerate(photos):
        pictures[place] = 60 * codes.get(photo.kind, 0)
    plain = MixConfig(
        relit_share=(1, 1), kind_power=power, backlit_ev=(0, 0), spotlit_ev=(0, 0), odd_response_share=0,
        headroom_share=0, noise_share=0, blur_share=0, jpeg_share=0, balance_ev=0,
        relighting=Relighting(elsewhere_share=0.0),
    )  # fmt: skip
    batch = TrainingMix(PhotoCache(pictures, cache.masks, cache.shares, photos), plain, seed=5).batch(0, range(2000))
    light = (batch.previews[:, 64, 64, 0] / 255.0) ** 2.2 * 2.0**batch.labels_ev
    nearest = np.abs(np.log(light[:, None] / (np.array([60.0, 120.0, 180.0]) / 255) ** 2.2)).argmin(axis=1)
    unclipped = (batch.previews[:, 64, 64, 0] < 255) & (np.abs(batch.labels_ev) < 1.2)
    return {kind: float(np.mean(nearest[unclipped] == code - 1)) for kind, code in codes.items()}


@pytest.mark.parametrize(("power", "cats"), [(0.0, 1 / 2), (0.5, 1 / 4), (1.0, 1 / 10)])
def test_rare_kinds_are_drawn_by_a_power_of_how_many_there_are(
    tmp_path: Path, photo_folder: Path, subject_folder: Path, power: float, cats: float
) -> None:
    """Of ten subjects in the training part one is a cat."""
    selection = find_photos([photo_folder], [subject_folder])
    subjects = [photo.path.name for photo in selection.of("train") if photo.mask is not None][:10]
    kept = tuple(photo for photo in selection.photos if photo.mask is None or photo.path.name in subjects)
    cache = open_cache(Selection(kept, ()), tmp_path / "cache", 128)
    kinds = dict.fromkeys(subjects, "people") | {subjects[4]: "cats"}
    assert drawn_kinds(cache, kinds, power) == pytest.approx({"cats": cats, "people": 1 - cats}, abs=0.05)


@pytest.mark.parametrize(
    "wrong", [{"hdr_share": 2}, {"relit_share": (0.5, -0.1)}, {"kind_power": -1}, {"smallest_crop": 0}]
)
def test_a_mix_refuses_what_makes_no_mix(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        MixConfig(**wrong)


@pytest.mark.parametrize(("size", "area"), [(1.0, 1.0), (0.5, 0.25)])
def test_a_subject_may_stand_before_another_photograph(cache: PhotoCache, size: float, area: float) -> None:
    def drawn(**relighting: Any) -> Batch:
        mix = MixConfig(relit_share=(1, 1), smallest_crop=1.0, relighting=Relighting(**relighting))
        return TrainingMix(cache, mix, seed=3).batch(0, range(100))

    there, elsewhere = drawn(elsewhere_share=0.0), drawn(elsewhere_share=1.0, elsewhere=(size, size))
    assert elsewhere.masked.all()
    assert elsewhere.subjects.mean() == pytest.approx(area * there.subjects.mean(), rel=0.1)
    assert not np.array_equal(there.previews, elsewhere.previews)
    assert np.corrcoef(elsewhere.previews.mean(axis=(1, 2, 3)), elsewhere.labels_ev)[0, 1] < -0.5
