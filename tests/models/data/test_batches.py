from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from models.data.batches import MixConfig, TrainingMix
from models.data.dataset import PhotoCache, open_cache
from models.data.photo_files import find_photos


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
