from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from models.data.batches import Batch, MixConfig, TrainingMix
from models.data.dataset import open_cache
from models.data.photo_files import find_photos
from models.data.relighting import Relighting
from models.training.losses import attention_guidance


def batch_of(label_ev: float, masked: bool) -> Batch:
    """Two pictures whose subject fills the five columns in the middle."""
    subjects = np.zeros((2, 15, 15), np.float32)
    subjects[:, :, 5:10] = 1
    return Batch(np.zeros((2, 128, 128, 3), np.uint8), np.full(2, label_ev, np.float32), subjects, np.full(2, masked))


def test_it_draws_attention_to_the_subject_and_off_the_rest() -> None:
    attention = torch.full((2, 15, 15), 0.6, requires_grad=True)
    attention_guidance(attention, batch_of(0.0, masked=True)).backward()
    assert attention.grad is not None
    assert bool((attention.grad[:, :, 5:10] < 0).all())
    assert bool((attention.grad[:, :, :5] > 0).all())
    assert bool((attention.grad[:, :, 10:] > 0).all())


def test_it_is_silent_where_no_subject_is_known() -> None:
    assert attention_guidance(torch.full((2, 15, 15), 0.9), batch_of(0.0, masked=False)).item() == 0


def test_it_is_least_where_attention_lies_on_the_subject() -> None:
    on_subject = torch.from_numpy(0.05 + 0.95 * batch_of(0.0, masked=True).subjects)
    at_best = attention_guidance(on_subject, batch_of(0.0, masked=True))
    assert at_best < attention_guidance(torch.full((2, 15, 15), 0.5), batch_of(0.0, masked=True))
    assert at_best < attention_guidance(1 - on_subject, batch_of(0.0, masked=True))


def test_masks_follow_their_pictures_through_crops_and_mirrors(
    tmp_path: Path, photo_folder: Path, subject_folder: Path
) -> None:
    """The masked ellipse is painted white into its own picture: cells of subject and bright cells must be the same."""
    cache = open_cache(find_photos([photo_folder], [subject_folder]), tmp_path, 128)
    pictures = np.array(cache.pictures)
    pictures[:12] = np.where(cache.masks[..., np.newaxis] > 127, 250, 20)
    painted = type(cache)(pictures, cache.masks, cache.shares, cache.photos)
    mix = MixConfig(
        relit_share=(1.0, 1.0), noise_share=0, backlit_ev=(0, 0), spotlit_ev=(0, 0), smallest_crop=0.6,
        relighting=Relighting(elsewhere_share=0.0),
    )  # fmt: skip
    batch = TrainingMix(painted, mix, seed=2).batch(0, range(20))
    assert bool(batch.masked.all())
    for preview, subject in zip(batch.previews, batch.subjects, strict=True):
        bright = preview[..., 1] > (int(preview.max()) + int(preview.min())) / 2
        cells = bright[:120, :120].reshape(15, 8, 15, 8).mean(axis=(1, 3))  # cells of 8 pixels: close enough
        assert np.corrcoef(cells.ravel(), subject.ravel())[0, 1] > 0.8
