"""`AttentionFcn`: the paper's network (7.1), from a Preview to one number and the two maps that explain it.

SqueezeNet v1.0 up to fire7, dropout, two 1x1 heads (tanh exposure map, sigmoid attention map), and one number of both:
the mean of the exposure map weighted by the attention, within -2..+2 EV; **positive = raise the exposure**
(`autoexposure.exposure`). The paper's plain mean of the product is there too (`NetworkConfig.pooling`). A head that the
paper has not says how far off that number may be (`models.doubt`).

The pretrained weights expect Caffe's input: channels B, G, R, values 0..255 minus (104, 117, 123). Both are folded into
the first layer, so that the network takes a Preview as it is. That is exact, because conv1 has no padding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from autoexposure.errors import ConfigError, ModelFileError
from models.doubt import DoubtHead
from models.inverted import InvertedTrunk

EV_SCALE = 2.0
"""EV that an output of 1 stands for: labels of -2..+2 EV (paper 5.3) are normalised to -1..1 (7.2)."""

LOCAL_EV = 4.0
"""Largest correction that one cell may ask for under weighted pooling: a window behind a person is further off than the
picture as a whole, and tanh reaches the whole picture's +-2 EV without saturating."""

FEATURE_CHANNELS = 384
"""Channels that leave fire7."""

CAFFE_MEAN_BGR = (104.0, 117.0, 123.0)
"""Subtracted from the pictures that the pretrained weights were made with."""

INPUT_SCALE = 1 / 280
"""What the network multiplies its input by, and all pretrained biases with it.

With the pretrained weights as they are, fire7's features have a standard deviation of about 140, which saturates the
heads in the first training steps and nothing is learned. ReLU layers are homogeneous, so this scales every feature map
by the same factor (to about 0.5) and changes nothing else. Scaling conv1's weights instead is the same function, but
leaves them at 0.0002 on average, less than half of one AdamW step: seen, the first steps then wipe the layer out.
"""

ATTENTION_START = 1.0
"""First bias of the attention head: sigmoid(1) = 0.73 lets gradients through to the exposure map from the start."""

HEAD_DEVIATION = 0.01
"""Standard deviation of the Gaussian around 0 that the heads' weights start from (paper 8.1.1)."""

Pooling = Literal["weighted", "mean"]
Trunk = Literal["v1.0", "v1.1", "inverted"]


class AttentionOutput(NamedTuple):
    """What one pass returns (a tuple because torch's exporters and compilers walk through it).

    Attributes
    ----------
    delta_ev : (N,) EV, limited to +-2 EV in use; not in training, where the loss needs to see how far beyond it is.
    attention : (N, 15, 15), 0..1.
    exposure_map : (N, 15, 15) EV.
    features : (N, 384, 15, 15).
    bins : (N, bins) logits of a network that classifies, None for one that regresses.
    doubt_ev : (N,) half width in EV of the interval that holds 68 % of the errors; None in training, and for a network
        without doubt.
    """

    delta_ev: Tensor
    attention: Tensor
    exposure_map: Tensor
    features: Tensor
    bins: Tensor | None = None
    doubt_ev: Tensor | None = None


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Choices in building the network. Raises ConfigError for a dropout or a number of bins that can't be.

    Attributes
    ----------
    attention : False leaves the attention head out (all weights 1): the paper's baseline in its Figure 7.
    pooling : ``mean`` is the paper's (equation 1): the mean over all cells of attention x exposure. It says +-2 EV only
        with all its attention everywhere, so the attention cannot also say where the subject is. ``weighted`` divides
        by the sum of the attention instead: attention decides where to look and nothing else.
    dropout : share of fire7's features dropped while training. The paper's is 0.5; with two heads that share the
        dropped features it biases their product between training and use, so the default is none.
    trunk : SqueezeNet v1.0, or v1.1, which pools earlier: a third of the work, and maps of 7x7 instead of 15x15; or
        ``inverted`` (`models.inverted`): of v1.0's cost, with its maps, always from scratch.
    bins : 0 regresses. Otherwise the answer is the likeliest of ``bins`` even steps from -2 to +2 EV: classification,
        which the paper tried and gave up because it oscillated (5.2).
    attention_start : first bias of the attention head; the paper's is 0 (8.1.1).
    """

    attention: bool = True
    dropout: float = 0.0
    pooling: Pooling = "weighted"
    trunk: Trunk = "v1.0"
    bins: int = 0
    attention_start: float = ATTENTION_START

    def __post_init__(self) -> None:
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout must lie in 0..1, below 1, given {self.dropout}")
        if self.bins < 0 or self.bins == 1:
            raise ConfigError(f"bins must be 0, or at least 2, given {self.bins}")

    @classmethod
    def from_settings(cls, settings: object) -> NetworkConfig:
        """Read what a checkpoint keeps of a network's configuration, its fields by name.

        Whether there is doubt, which earlier ones kept too, is told by the weights. Raises ModelFileError if
        ``settings`` is something else.
        """
        try:
            if not isinstance(settings, Mapping):
                raise TypeError(f"there are no settings of a network but {settings!r:.60}")
            return cls(**{name: value for name, value in settings.items() if name != "doubt"})
        except (TypeError, ConfigError) as error:
            raise ModelFileError(f"the checkpoint does not say which network it is of ({error})") from error

    @property
    def local_ev(self) -> float:
        """Largest correction in EV that one cell may ask for."""
        return LOCAL_EV if self.pooling == "weighted" else EV_SCALE


def as_input(previews: NDArray[np.uint8]) -> Tensor:
    """(N, 128, 128, 3) uint8 -> (N, 3, 128, 128) float32, without moving the bytes (channels last)."""
    return torch.from_numpy(previews).permute(0, 3, 1, 2).float()


class Fire(nn.Module):
    """SqueezeNet's block: squeeze by 1x1, expand by 1x1 and 3x3 side by side."""

    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, 2 * expanded, H, W), still to be rectified."""
        squeezed = functional.relu(self.squeeze(features), inplace=True)  # in place: a sixth faster on a CPU
        return torch.cat([self.expand1x1(squeezed), self.expand3x3(squeezed)], dim=1)


class AttentionFcn(nn.Module):
    """The network; see the module's text. 350,018 parameters with attention.

    Attributes
    ----------
    working_type : if it is set, what the trunk computes in while it trains; its weights stay in 32 bits.
    doubt : the head that says how far off an answer may be, in use; None until one was learned.
    """

    working_type: torch.dtype | None = None
    doubt: DoubtHead | None

    def __init__(self, config: NetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config or NetworkConfig()
        if self.config.trunk == "inverted":
            self.inverted = InvertedTrunk(FEATURE_CHANNELS)
        else:
            self._add_squeezenet()
        self.dropout = nn.Dropout(self.config.dropout)
        self.exposure_head = nn.Conv2d(FEATURE_CHANNELS, max(1, self.config.bins), 1)
        self.attention_head = nn.Conv2d(FEATURE_CHANNELS, 1, 1) if self.config.attention else None
        self._start_heads()
        self.doubt = None

    def _add_squeezenet(self) -> None:
        first = 96 if self.config.trunk == "v1.0" else 64
        self.conv1 = nn.Conv2d(3, first, 7 if self.config.trunk == "v1.0" else 3, stride=2)
        self.fire2 = Fire(first, 16, 64)
        self.fire3 = Fire(128, 16, 64)
        self.fire4 = Fire(128, 32, 128)
        self.fire5 = Fire(256, 32, 128)
        self.fire6 = Fire(256, 48, 192)
        self.fire7 = Fire(384, 48, 192)

    def _start_heads(self) -> None:
        """Start the new layers as the paper does (8.1.1), but for the attention's bias."""
        for head, bias in ((self.exposure_head, 0.0), (self.attention_head, self.config.attention_start)):
            if head is not None:
                assert head.bias is not None
                nn.init.normal_(head.weight, std=HEAD_DEVIATION)
                nn.init.constant_(head.bias, bias)

    def features(self, preview: Tensor) -> Tensor:
        """(N, 3, 128, 128) RGB code values 0..255 -> (N, 384, 15, 15)."""
        scaled = preview * INPUT_SCALE
        if self.config.trunk == "inverted":
            of_inverted: Tensor = self.inverted(scaled)
            return of_inverted
        x = self.conv1(scaled)
        pooled_before = _POOLED_BEFORE[self.config.trunk]
        for name, layer in self._fires():
            # Pooled first, rectified then: the same to the bit, and a quarter of the places to rectify.
            x = layer(functional.relu(_pool(x) if name in pooled_before else x, inplace=True))
        return functional.relu(x, inplace=True)

    def _fires(self) -> list[tuple[str, nn.Module]]:
        return [(name, layer) for name, layer in self.named_children() if name.startswith("fire")]

    def forward(self, preview: Tensor) -> AttentionOutput:
        """(N, 3, 128, 128) RGB code values 0..255 -> the answer and its maps."""
        answer = self._answer(preview)
        if self.doubt is None or self.training:
            return answer
        return answer._replace(doubt_ev=self.doubt(preview, answer.attention, answer.exposure_map, answer.features))

    def _answer(self, preview: Tensor) -> AttentionOutput:
        if self.training and self.working_type is not None:
            with torch.autocast(preview.device.type, self.working_type):
                features = self.features(preview)
            features = features.float()
        else:
            features = self.features(preview)
        dropped = self.dropout(features)
        said = self.exposure_head(dropped)
        if self.attention_head is None:
            attention = torch.ones_like(said[:, 0])
        else:
            attention = torch.sigmoid(self.attention_head(dropped)).squeeze(1)
        if self.config.bins:
            return self._classify(said, attention, features)
        exposure_ev = self.config.local_ev * torch.tanh(said).squeeze(1)
        delta_ev = (attention * exposure_ev).mean(dim=(1, 2))  # equation 1
        if self.config.pooling == "weighted":
            delta_ev = delta_ev / attention.mean(dim=(1, 2))
        if not self.training:
            delta_ev = delta_ev.clamp(-EV_SCALE, EV_SCALE)
        return AttentionOutput(delta_ev, attention, exposure_ev, features)

    def _classify(self, said: Tensor, attention: Tensor, features: Tensor) -> AttentionOutput:
        weights = attention / attention.sum(dim=(1, 2), keepdim=True)
        bins = (said * weights.unsqueeze(1)).sum(dim=(2, 3))
        bin_ev = torch.linspace(-EV_SCALE, EV_SCALE, self.config.bins, device=bins.device)
        exposure_ev = torch.einsum("nkhw,k->nhw", said.softmax(dim=1), bin_ev)
        return AttentionOutput(bin_ev[bins.argmax(dim=1)], attention, exposure_ev, features, bins)


_POOLED_BEFORE = {"v1.0": ("fire2", "fire5"), "v1.1": ("fire2", "fire4", "fire6")}
"""Layers before which each trunk pools."""


def _pool(features: Tensor) -> Tensor:
    return functional.max_pool2d(features, 3, stride=2, ceil_mode=True)


def fill(network: AttentionFcn, weights: Mapping[str, Tensor]) -> None:
    """Fill ``network`` with its ``weights`` by name; it doubts afterwards if they do.

    Left out is the head that doubted before there was a `DoubtHead`: it goes on in the model files that have it. Raises
    RuntimeError, torch's own, for weights of another network.
    """
    kept = {name: value for name, value in weights.items() if not name.startswith("doubt_")}
    first = kept.get("doubt.first.weight")
    if first is None:
        network.doubt = None
    elif network.doubt is None or network.doubt.first.weight.shape != first.shape:  # an optimiser may hold what it has
        network.doubt = DoubtHead(FEATURE_CHANNELS, first.shape[0])
    network.load_state_dict(kept)


def load_pretrained(network: AttentionFcn, weights: Path) -> None:
    """Fill the trunk with SqueezeNet v1.0 weights made for Caffe's input, turned into ones for RGB 0..255.

    Parameters
    ----------
    weights : ``.npz`` with an array for each parameter of the trunk, under torch's names.

    Raises
    ------
    ModelFileError : the file cannot be read or holds other layers.
    """
    try:
        with weights.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name].astype(np.float32) for name in archive.files}
    except (OSError, ValueError, TypeError, AttributeError, EOFError, BadZipFile) as error:
        raise ModelFileError(f"{weights} cannot be read as pretrained weights (.npz): {error}") from error
    state = network.state_dict()
    trunk = {name for name in state if not name.startswith(("exposure_", "attention_", "doubt."))}
    wrong = sorted(n for n in trunk if n not in arrays or arrays[n].shape != tuple(state[n].shape))
    if wrong:
        raise ModelFileError(f"{weights} does not hold SqueezeNet v1.0: {wrong[0]} is missing or has another shape")
    # w . (x - mean) + b = w . x + (b - w . mean): the mean moves into the bias, and the order of channels into w.
    bgr = arrays["conv1.weight"]
    arrays["conv1.bias"] = arrays["conv1.bias"] - np.einsum("oikl,i->o", bgr, np.array(CAFFE_MEAN_BGR, np.float32))
    arrays["conv1.weight"] = np.ascontiguousarray(bgr[:, ::-1])
    for name in trunk:
        scale = INPUT_SCALE if name.endswith("bias") else 1.0
        state[name] = torch.from_numpy(arrays[name] * np.float32(scale))
    network.load_state_dict(state)
