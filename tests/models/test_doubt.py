from __future__ import annotations

import pytest
import torch

from models.doubt import LEAST_DOUBT_EV, MOST_UNUSUAL, OF_THE_ANSWER, DoubtHead

CHANNELS = 4


@pytest.fixture
def told() -> tuple[torch.Tensor, ...]:
    """Preview, attention, exposure map and features of three pictures."""
    torch.manual_seed(5)
    preview = torch.randint(6, 250, (3, 3, 128, 128)).float()
    return preview, torch.rand(3, 15, 15), torch.randn(3, 15, 15), torch.randn(3, CHANNELS, 15, 15)


def test_features_are_pooled_where_the_network_looks(told: tuple[torch.Tensor, ...]) -> None:
    preview, _, exposure_map, features = told
    attention = torch.full((3, 15, 15), 1e-9)
    attention[:, 4, 7] = 1.0
    signs = DoubtHead.signs(preview, attention, exposure_map, features)
    assert signs.shape == (3, CHANNELS + OF_THE_ANSWER)
    torch.testing.assert_close(signs[:, :CHANNELS], features[:, :, 4, 7])
    torch.testing.assert_close(signs[:, CHANNELS], exposure_map[:, 4, 7])
    torch.testing.assert_close(signs[:, CHANNELS + 1], torch.zeros(3), atol=1e-3, rtol=0)


def test_the_spread_of_the_answer_and_the_clipped_shares(told: tuple[torch.Tensor, ...]) -> None:
    preview, _, _, features = told
    attention, exposure_map = torch.ones(3, 15, 15), torch.ones(3, 15, 15)
    exposure_map[:, :, ::2] = -1.0  # eight of fifteen columns
    preview[:, :, :32] = 255.0
    preview[:, 1, -64:] = 0.0  # green alone
    answer, spread, mean, _, attention_mean, attention_spread, white, black, code = DoubtHead.signs(
        preview, attention, exposure_map, features
    )[:, CHANNELS:].unbind(dim=1)
    torch.testing.assert_close(answer, torch.full((3,), -1 / 15))
    torch.testing.assert_close(mean, answer)
    torch.testing.assert_close(spread, torch.full((3,), (1 - 1 / 225) ** 0.5))
    assert attention_mean.tolist() == [1.0] * 3
    assert attention_spread.tolist() == [0.0] * 3
    assert white.tolist() == [0.25] * 3
    assert black.tolist() == [0.5] * 3
    torch.testing.assert_close(code, preview.mean(dim=(1, 2, 3)) / 255)


def test_a_doubt_is_a_width_and_as_it_was_calibrated(told: tuple[torch.Tensor, ...]) -> None:
    head = DoubtHead(CHANNELS).eval()
    learned = head.of_signs(DoubtHead.signs(*told))
    assert (learned > LEAST_DOUBT_EV).all()
    head.calibration[0] = 3.0
    torch.testing.assert_close(head(*told), 3 * learned)


def test_nothing_is_made_of_signs_far_beyond_the_usual() -> None:
    head = DoubtHead(CHANNELS).eval()
    signs = torch.full((1, CHANNELS + OF_THE_ANSWER), MOST_UNUSUAL)
    torch.testing.assert_close(head.of_signs(1e6 * signs), head.of_signs(signs))
    head.usual.fill_(2.0)
    head.spread.fill_(3.0)
    torch.testing.assert_close(head.of_signs(2.0 + 3.0 * signs), head.of_signs(1e6 * signs))
