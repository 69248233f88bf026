"""The paper's own network and pre-training as settings, and nothing else.

No crop and no mirror, since none is told of: a picture is seen whole, linearised by a power of 2.2, re-exposed by one
of 21 steps of 0.2 EV (5.3, 6.1) and resized to 128x128 (7.2). What its authors saw of pictures is their number: 35
epochs of 11,000 photographs, a schedule that is stretched or shortened to the steps of a run here.
"""

from __future__ import annotations

from dataclasses import replace

from models.data.batches import MixConfig
from models.network import NetworkConfig
from models.training.optimiser import PAPER_RATE
from models.training.pretrain import PretrainConfig

NETWORK = NetworkConfig(pooling="mean", dropout=0.5, attention_start=0.0)
"""7.1, equation 1 and 8.1.1."""

MIX = MixConfig(
    relit_share=(0.0, 0.0),
    hdr_share=0.0,
    far_share=0.0,
    ladder_step_ev=0.2,
    odd_response_share=0.0,
    headroom_share=0.0,
    noise_share=0.0,
    blur_share=0.0,
    jpeg_share=0.0,
    balance_ev=0.0,
    smallest_crop=1.0,
    mirrored_share=0.0,
)
"""5.3 and 6.1."""

BATCH = 128
"""7.2."""


def paper_recipe(config: PretrainConfig) -> PretrainConfig:
    """``config`` as the paper trains: its photographs, folders, length and threads, and everything else the paper's."""
    return replace(
        config,
        recipe="paper",
        rate=PAPER_RATE,
        batch=BATCH,
        guidance=(0.0, 0.0),
        sparsity=0.0,
        network=NETWORK,
        mix=MIX,
    )
