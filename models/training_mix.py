"""One training batch: ladder photographs and relit subjects, seen through cameras that differ.

A batch depends on the seed and the step's number alone, so a run that was killed goes on exactly where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.frame import Pixels
from autoexposure.policy import MAP_SIDE, Map
from autoexposure.preview import SIDE_PX
from autoexposure.response import ResponseCurve, gamma, srgb
from models.dataset import PhotoCache
from models.exposure_ladder import LABEL_LIMIT_EV, Light, label_ev, re_expose, shrink
from models.relighting import Balance, relight

Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class MixConfig:
    """What a batch is made of.

    Attributes
    ----------
    relit_share : share of relit subjects in a batch (where there are masks); the rest are ladder photographs.
    far_share : share of ladder samples drawn from +-``far_ev`` instead of +-2 EV, the label still within +-2: a camera
        that starts far off must be answered with a full step.
    backlit_ev, spotlit_ev : light on the background, from..to; three of five relit pictures are backlit.
    odd_response_share : share of pictures not in the paper's gamma 2.2; half of these are sRGB, half a random gamma.
    headroom_share : share of pictures whose whites are taken to hide up to ``headroom_ev`` more light.
    noise_share, noise_codes : share of pictures with noise, and its largest standard deviation in the dark, in codes.
    balance_ev : white balance differs by up to this a channel.
    smallest_crop : crops keep at least this share of either side.
    """

    relit_share: float = 0.42
    far_share: float = 0.2
    far_ev: float = 3.0
    backlit_ev: tuple[float, float] = (1.0, 4.0)
    spotlit_ev: tuple[float, float] = (-3.0, -1.0)
    odd_response_share: float = 0.4
    odd_gamma: tuple[float, float] = (1.7, 2.6)
    headroom_share: float = 0.3
    headroom_ev: float = 3.0
    noise_share: float = 0.3
    noise_codes: float = 6.0
    balance_ev: float = 0.15
    smallest_crop: float = 0.8
    balance: Balance = field(default_factory=Balance)

    def __post_init__(self) -> None:
        for name in ("relit_share", "far_share", "odd_response_share", "headroom_share", "noise_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} must lie in 0..1, given {getattr(self, name)}")
        if not 0 < self.smallest_crop <= 1:
            raise ConfigError(f"smallest_crop must lie above 0 and up to 1, given {self.smallest_crop}")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """One step's samples.

    Attributes
    ----------
    previews : (N, 128, 128, 3) uint8 RGB.
    labels_ev : (N,) float32, positive = raise.
    subjects : (N, 15, 15) float32, 0..1: how much of each cell is subject; 0 where no subject is known.
    masked : (N,) bool: whether the subject is known.
    """

    previews: NDArray[np.uint8]
    labels_ev: NDArray[np.float32]
    subjects: Map
    masked: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One picture of a batch; ``mask`` (H, W) uint8, of any size, None where no subject is known."""

    preview: Pixels
    label_ev: float
    mask: NDArray[np.uint8] | None


class TrainingMix:
    """Draws batches from the training part of a PhotoCache."""

    def __init__(self, cache: PhotoCache, config: MixConfig, seed: int) -> None:
        self._cache = cache
        self._config = config
        self._seed = seed
        self._photos = cache.indices("train")
        self._subjects = cache.indices("train", masked=True)
        if len(self._photos) == 0:
            raise ConfigError("no photograph fell into the training part; more photographs are needed")
        self._usual = gamma()
        self._srgb = srgb()

    @property
    def photo_count(self) -> int:
        """Photographs that are trained on."""
        return len(self._photos)

    def batch(self, step: int, size: int) -> Batch:
        """The batch of one step; the same for the same seed, step and size."""
        random = np.random.default_rng([self._seed, step])
        previews = np.empty((size, SIDE_PX, SIDE_PX, 3), np.uint8)
        labels = np.empty(size, np.float32)
        subjects = np.zeros((size, MAP_SIDE, MAP_SIDE), np.float32)
        masked = np.zeros(size, np.bool_)
        relit = random.random(size) < (self._config.relit_share if len(self._subjects) else 0.0)
        for place in range(size):
            draw = self._relit if relit[place] else self._ladder
            sample = draw(random)
            previews[place], labels[place] = sample.preview, sample.label_ev
            if sample.mask is not None:
                masked[place] = True
                subjects[place] = cv2.resize(sample.mask, (MAP_SIDE, MAP_SIDE), interpolation=cv2.INTER_AREA) / 255
        return Batch(previews, labels, subjects, masked)

    def _ladder(self, random: Random) -> Sample:
        far = random.random() < self._config.far_share
        reach_ev = self._config.far_ev if far else LABEL_LIMIT_EV
        offset_ev = random.uniform(-reach_ev, reach_ev)
        index = int(random.choice(self._photos))
        known = self._cache.masks[index] if index < len(self._cache.masks) else None
        pixels, mask = self._crop(random, self._cache.pictures[index], known)
        exposed = re_expose(pixels, self._response(random), offset_ev, self._light(random))
        return Sample(self._finish(random, exposed), float(label_ev(np.array(offset_ev))), mask)

    def _relit(self, random: Random) -> Sample:
        config = self._config
        index = int(random.choice(self._subjects))
        background_ev = random.uniform(*(config.backlit_ev if random.random() < 0.6 else config.spotlit_ev))
        error_ev = random.uniform(-LABEL_LIMIT_EV - 0.5, LABEL_LIMIT_EV + 0.5)
        right_ev = config.balance.offset_ev(background_ev, float(self._cache.shares[index]))
        pixels, mask = self._crop(random, self._cache.pictures[index], self._cache.masks[index])
        assert mask is not None
        exposed = relight(pixels, mask, self._response(random), background_ev, right_ev + error_ev, self._light(random))
        return Sample(self._finish(random, exposed), float(label_ev(np.array(error_ev))), mask)

    def _crop(
        self, random: Random, pixels: Pixels, mask: NDArray[np.uint8] | None
    ) -> tuple[Pixels, NDArray[np.uint8] | None]:
        """A part of the picture, its aspect changed a little, half of them mirrored; the mask goes along."""
        side = pixels.shape[0]
        height, width = (random.uniform(self._config.smallest_crop, 1, 2) * side).astype(int)
        top, left = random.integers(0, side - height + 1), random.integers(0, side - width + 1)
        flip = -1 if random.random() < 0.5 else 1
        view = (slice(top, top + height), slice(left, left + width))
        cropped = np.ascontiguousarray(pixels[view][:, ::flip])
        return cropped, None if mask is None else np.ascontiguousarray(mask[view][:, ::flip])

    def _response(self, random: Random) -> ResponseCurve:
        choice = random.random() / max(self._config.odd_response_share, 1e-9)
        if choice >= 1:
            return self._usual
        return self._srgb if choice < 0.5 else gamma(random.uniform(*self._config.odd_gamma))

    def _light(self, random: Random) -> Light:
        red, green, blue = np.exp2(random.uniform(-self._config.balance_ev, self._config.balance_ev, 3))
        hides = random.random() < self._config.headroom_share
        headroom = 2.0 ** random.uniform(0, self._config.headroom_ev) if hides else 1.0
        return Light((float(red), float(green), float(blue)), headroom)

    def _finish(self, random: Random, exposed: Pixels) -> Pixels:
        """Shrink, and add noise to some: strongest in the dark, where the response curve is steepest."""
        small = shrink(exposed)
        if random.random() >= self._config.noise_share:
            return small
        deviation = random.uniform(0, self._config.noise_codes)
        noise = random.standard_normal(small.shape, dtype=np.float32) * np.float32(deviation)
        noisy = small + noise * (1 - small * np.float32(0.7 / 255))
        return np.rint(np.clip(noisy, 0, 255)).astype(np.uint8)
