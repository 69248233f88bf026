"""One training batch: ladder photographs, relit subjects and HDR views, seen through cameras that differ.

A picture depends on nothing but the seed, the step's number, how far the run is, and its row. So a killed run goes on
exactly where it was, and several processes share a batch without communicating.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from autoexposure.exposure import Exposure
from autoexposure.frame import Pixels, check_pixels
from autoexposure.metering.policy import MAP_SIDE, Map
from autoexposure.metering.preview import SIDE_PX
from autoexposure.response import ResponseCurve, gamma, srgb
from autoexposure.simulation.sensor import SensorConfig, SensorModel
from models.data.dataset import PhotoCache
from models.data.exposure_ladder import LABEL_LIMIT_EV, Balance, Light, label_ev, re_expose, shrink
from models.data.relighting import Relighting, paste, relight

Random = np.random.Generator


def between(ends: tuple[float, float], fraction: float) -> float:
    """A setting that changes over a run, straight from the first of ``ends`` to the last, when ``fraction`` is done."""
    return ends[0] + (ends[1] - ends[0]) * fraction


@dataclass(frozen=True, slots=True)
class MixConfig:
    """What a batch is made of. Raises ConfigError for shares outside 0..1.

    Attributes
    ----------
    relit_share : share of relit subjects in a batch (where there are masks), from the first step to the last, straight
        between them; the rest are ladder photographs. Many at first teach what a subject is; few at last, because a
        photograph that was taken against the light looks like a relit one and is right as it is.
    hdr_share : share of views of HDR scenes (where there are any).
    far_share : share of ladder samples drawn from +-``far_ev`` instead of +-2 EV, the label still within +-2: a camera
        that starts far off must be answered with a full step.
    backlit_ev, spotlit_ev : light on the background, from..to; three of five relit pictures are backlit.
    odd_response_share : share of pictures not in the paper's gamma 2.2; half of these are sRGB, half a random gamma.
    headroom_share : share of pictures whose whites are taken to hide up to ``headroom_ev`` more light.
    noise_share, noise_codes : share of pictures with noise, and its largest standard deviation in the dark, in codes.
    blur_share, blur_px : share of pictures out of focus, and the largest standard deviation in pixels of the preview.
    jpeg_share, jpeg_quality : share of pictures that went through JPEG, and its quality, from..to.
    balance_ev : white balance differs by up to this a channel.
    smallest_crop : crops keep at least this share of either side.
    kind_power : a relit draw first draws what the subject is, each kind by how many there are to this power: 0 = all
        alike, 1 = as many as there are. By the square root, five dogs aren't shown as often as a thousand people.
    balance : what is right for a relit picture. relighting : how untidy its light is.
    mirrored_share : share of pictures that are mirrored.
    ladder_step_ev : ladder samples stand on steps of this many EV, as the paper's do (0.2); 0 draws them from anywhere.
    """

    relit_share: tuple[float, float] = (0.55, 0.3)
    hdr_share: float = 0.06
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
    blur_share: float = 0.1
    blur_px: float = 1.5
    jpeg_share: float = 0.15
    jpeg_quality: tuple[int, int] = (30, 90)
    balance_ev: float = 0.15
    smallest_crop: float = 0.8
    kind_power: float = 0.5
    mirrored_share: float = 0.5
    ladder_step_ev: float = 0.0
    balance: Balance = field(default_factory=Balance)
    relighting: Relighting = field(default_factory=Relighting)

    def __post_init__(self) -> None:
        for name in (entry.name for entry in fields(self) if entry.name.endswith("_share")):
            if not all(0 <= share <= 1 for share in np.atleast_1d(getattr(self, name))):
                raise ConfigError(f"{name} must lie in 0..1, given {getattr(self, name)}")
        if not 0 < self.smallest_crop <= 1:
            raise ConfigError(f"smallest_crop must lie above 0 and up to 1, given {self.smallest_crop}")
        if not 0 <= self.kind_power <= 1:
            raise ConfigError(f"kind_power must lie in 0..1, given {self.kind_power}")
        if not 0 <= self.ladder_step_ev <= LABEL_LIMIT_EV:
            raise ConfigError(f"ladder_step_ev must lie in 0..{LABEL_LIMIT_EV:g}, given {self.ladder_step_ev}")


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
    """Draws batches from the training part of a PhotoCache, and from ``views`` (N, side, side, 3), 1 = saturation.

    Raises ConfigError if no photograph is in the training part.
    """

    def __init__(
        self, cache: PhotoCache, config: MixConfig, seed: int, views: NDArray[np.float16] | None = None
    ) -> None:
        self._cache = cache
        self._views = views if views is not None and len(views) else None
        self._config = config
        self._seed = seed
        self._photos = cache.indices("train")
        self._subjects = cache.indices("train", masked=True)
        if len(self._photos) == 0:
            raise ConfigError("no photograph fell into the training part; more photographs are needed")
        plain = cache.indices("train", masked=False)
        self._places = plain if len(plain) else self._photos  # one without a subject of its own, where there is one
        kinds = np.array([cache.photos[index].kind for index in self._subjects])
        self._of_kind = [self._subjects[kinds == kind] for kind in np.unique(kinds)]
        weights = np.array([len(places) for places in self._of_kind], np.float64) ** config.kind_power
        self._kind_edges = np.cumsum(weights) / weights.sum()
        self._usual = gamma()
        self._srgb = srgb()

    def batch(self, step: int, rows: range, fraction: float = 0.0) -> Batch:
        """Some rows of one step's batch, ``fraction`` of the run being done.

        A row is the same for the same seed, step, fraction and number, in whichever process it is drawn.
        """
        size = len(rows)
        previews = np.empty((size, SIDE_PX, SIDE_PX, 3), np.uint8)
        labels = np.empty(size, np.float32)
        subjects = np.zeros((size, MAP_SIDE, MAP_SIDE), np.float32)
        masked = np.zeros(size, np.bool_)
        relit_to = between(self._config.relit_share, fraction) if len(self._subjects) else 0.0
        hdr_to = relit_to + (self._config.hdr_share if self._views is not None else 0.0)
        for place, row in enumerate(rows):
            random = np.random.default_rng([self._seed, step, row])
            share = random.random()
            draw = self._relit if share < relit_to else self._hdr if share < hdr_to else self._ladder
            sample = draw(random)
            previews[place], labels[place] = sample.preview, sample.label_ev
            if sample.mask is not None:
                masked[place] = True
                subjects[place] = cv2.resize(sample.mask, (MAP_SIDE, MAP_SIDE), interpolation=cv2.INTER_AREA) / 255
        return Batch(previews, labels, subjects, masked)

    def _offset_ev(self, random: Random) -> float:
        far = random.random() < self._config.far_share
        reach_ev = self._config.far_ev if far else LABEL_LIMIT_EV
        if (step_ev := self._config.ladder_step_ev) > 0:
            steps = int(reach_ev / step_ev + 1e-6)
            return step_ev * int(random.integers(-steps, steps + 1))
        return float(random.uniform(-reach_ev, reach_ev))

    def _ladder(self, random: Random) -> Sample:
        offset_ev = self._offset_ev(random)
        index = int(random.choice(self._photos))
        known = self._cache.masks[index] if index < len(self._cache.masks) else None
        pixels, mask = self._crop(random, self._cache.pictures[index], known)
        exposed = re_expose(pixels, self._response(random), offset_ev, self._light(random))
        return Sample(self._finish(random, exposed), float(label_ev(np.array(offset_ev))), mask)

    def _relit(self, random: Random) -> Sample:
        config = self._config
        index = self._subject(random)
        background_ev = random.uniform(*(config.backlit_ev if random.random() < 0.6 else config.spotlit_ev))
        error_ev = random.uniform(-LABEL_LIMIT_EV - 0.5, LABEL_LIMIT_EV + 0.5)
        picture, whole, share = self._cache.pictures[index], self._cache.masks[index], float(self._cache.shares[index])
        if random.random() < config.relighting.elsewhere_share:
            place, size = int(random.choice(self._places)), random.uniform(*config.relighting.elsewhere)
            picture, whole = paste(random, (self._cache.pictures[place], np.zeros_like(whole)), (picture, whole), size)
            share = float(whole.mean()) / 255
        if random.random() < config.relighting.several_share:
            other, size = self._subject(random), random.uniform(*config.relighting.smaller)
            second = self._cache.pictures[other], self._cache.masks[other]
            picture, whole = paste(random, (picture, whole), second, size)
            share = float(whole.mean()) / 255
        right_ev = config.balance.offset_ev(background_ev, share)
        pixels, mask = self._crop(random, picture, whole)
        assert mask is not None
        lighting = config.relighting.draw(random, background_ev)
        exposed = relight(pixels, mask, self._response(random), lighting, right_ev + error_ev, self._light(random))
        return Sample(self._finish(random, exposed), float(label_ev(np.array(error_ev))), mask)

    def _subject(self, random: Random) -> int:
        """The place of a photograph with a mask: its kind first, then one of these."""
        kind = int(np.searchsorted(self._kind_edges, random.random(), side="right"))
        return int(random.choice(self._of_kind[kind]))

    def _hdr(self, random: Random) -> Sample:
        """A view through the sensor of the simulated camera, at a gain of up to 30."""
        assert self._views is not None
        offset_ev, gain = self._offset_ev(random), float(2.0 ** random.uniform(0, 5))
        view = np.asarray(self._views[int(random.integers(len(self._views)))], np.float32)
        height, width, top, left = self._window(random, view.shape[0])
        flip = -1 if random.random() < self._config.mirrored_share else 1
        cut = np.ascontiguousarray(view[top : top + height, left : left + width][:, ::flip])
        sensor = SensorModel(SensorConfig(response=self._response(random)), int(random.integers(1 << 31)))
        exposed = sensor.expose(cut, Exposure(2.0**offset_ev / gain, gain))
        return Sample(self._finish(random, exposed), float(label_ev(np.array(offset_ev))), None)

    def _window(self, random: Random, side: int) -> tuple[int, int, int, int]:
        """Height, width, top and left of a part of a square picture."""
        height, width = (random.uniform(self._config.smallest_crop, 1, 2) * side).astype(int)
        return height, width, int(random.integers(0, side - height + 1)), int(random.integers(0, side - width + 1))

    def _crop(
        self, random: Random, pixels: Pixels, mask: NDArray[np.uint8] | None
    ) -> tuple[Pixels, NDArray[np.uint8] | None]:
        """A part of the picture, its aspect changed a little, some mirrored; the mask goes along."""
        height, width, top, left = self._window(random, pixels.shape[0])
        flip = -1 if random.random() < self._config.mirrored_share else 1
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
        """Shrink, and give some noise (strongest in the dark, where the response curve is steepest), blur, JPEG."""
        config = self._config
        small = shrink(exposed)
        if random.random() < config.blur_share:
            small = check_pixels(cv2.GaussianBlur(small, (0, 0), random.uniform(0.3, config.blur_px)))
        if random.random() < config.noise_share:
            deviation = random.uniform(0, config.noise_codes)
            noise = random.standard_normal(small.shape, dtype=np.float32) * np.float32(deviation)
            noisy = small + noise * (1 - small * np.float32(0.7 / 255))
            small = np.rint(np.clip(noisy, 0, 255)).astype(np.uint8)
        if random.random() < config.jpeg_share:
            quality = int(random.integers(config.jpeg_quality[0], config.jpeg_quality[1] + 1))
            _, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
            small = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
        return small
