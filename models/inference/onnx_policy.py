"""The attention network as a policy, run by onnxruntime on one thread; no torch."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ModelFileError, PolicyError
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview
from autoexposure.personal.features import FeatureDecision, Pooling
from autoexposure.process.turns import COMPUTING
from models.files.model_file import (
    DOUBT_NAME,
    DOUBT_SHAPE,
    INPUT_NAME,
    INPUT_SHAPE,
    OUTPUT_SHAPES,
    POOLING,
    default_model_path,
    load_model,
)

_WANTED = ("delta_ev", "attention", "exposure_map", "features")
"""Outputs; the features are computed anyway, and having them written to a buffer costs less than 0.1 ms."""


_RAMP = np.linspace(60, 140, math.prod(INPUT_SHAPE), dtype=np.float32).reshape(INPUT_SHAPE)
"""A picture that a network is asked about before the first real one."""


class OnnxPolicy:
    """Meters by the network in a model file. For one thread at a time: its buffers are reused.

    Raises ModelFileError on construction if the file is missing, damaged or made for something else.
    """

    coarse = True

    def __init__(self, path: Path | None = None) -> None:
        model = load_model(path or default_model_path())
        self.path = model.path
        self.sha256 = model.sha256
        self.metadata = model.metadata
        self._session = model.session
        self._input: Preview = np.zeros(INPUT_SHAPE, np.float32)
        self._outputs: dict[str, NDArray[np.float32]] = {
            name: np.zeros(OUTPUT_SHAPES[name], np.float32) for name in _WANTED
        }
        if model.doubts:
            self._outputs[DOUBT_NAME] = np.zeros(DOUBT_SHAPE, np.float32)
        self._binding = self._session.io_binding()
        self._binding.bind_cpu_input(INPUT_NAME, self._input)
        for name, buffer in self._outputs.items():
            self._binding.bind_output(name, "cpu", 0, np.float32, buffer.shape, buffer.ctypes.data)
        np.copyto(self._input, _RAMP)
        self._run()  # the first run allocates, for which the first picture should not wait
        self.pooling = self._stated_pooling() or self._find_pooling()

    @property
    def name(self) -> str:
        """``attention``."""
        return "attention"

    def decide(self, preview: Preview) -> Decision:
        """Meter one Preview.

        Raises
        ------
        PolicyError : the Preview is malformed, or the network's answer holds something that is not a number.
        """
        if preview.shape != INPUT_SHAPE:
            raise PolicyError(f"the network looks at previews of {INPUT_SHAPE}, given {preview.shape}")
        np.copyto(self._input, preview)
        self._run()
        delta_ev = float(self._outputs["delta_ev"][0])
        if not math.isfinite(delta_ev):
            raise PolicyError(
                f"the network {self.path.name} gave {delta_ev} EV; its weights or the picture are damaged"
            )
        for name in ("attention", "exposure_map"):
            if not np.isfinite(self._outputs[name]).all():
                raise PolicyError(
                    f"the network {self.path.name} gave a map ({name}) with places that are no numbers; "
                    "its weights or the picture are damaged"
                )
        return Decision(
            delta_ev,
            self._outputs["attention"].copy(),
            self._outputs["exposure_map"].copy(),
            weighted=self.pooling is Pooling.WEIGHTED,
            doubt_ev=self._doubt_ev(),
        )

    def _doubt_ev(self) -> float | None:
        """What the last run said of its answer; None for a model without doubt."""
        if DOUBT_NAME not in self._outputs:
            return None
        doubt_ev = float(self._outputs[DOUBT_NAME][0])
        if not 0 <= doubt_ev < math.inf:
            raise PolicyError(
                f"the network {self.path.name} gave a doubt of {doubt_ev} EV; its weights or the picture are damaged"
            )
        return doubt_ev

    def decide_with_features(self, preview: Preview) -> FeatureDecision:
        """The same with fire7's features, (384, 15, 15), in a buffer that the next answer overwrites.

        Raises
        ------
        PolicyError : as `decide`, or the features hold something that is not a number.
        """
        decision = self.decide(preview)
        if not np.isfinite(self._outputs["features"]).all():
            raise PolicyError(
                f"the network {self.path.name} gave features that are no numbers; its weights are damaged"
            )
        return FeatureDecision(decision, self._outputs["features"], self.pooling)

    def _stated_pooling(self) -> Pooling | None:
        """How the file says that its answer is made of its maps; None for files from before they said so."""
        stated = self.metadata.get(POOLING)
        if stated is None:
            return None
        for pooling in Pooling:
            if pooling.name.lower() == stated:
                return pooling
        raise ModelFileError(f"{self.path} is not a model of this program: its pooling is {stated!r:.40}, not known")

    def _find_pooling(self) -> Pooling:
        """The same for an old file, found by what it just answered to one picture."""
        delta_ev, attention, exposure_map = (self._outputs[name] for name in _WANTED[:3])
        misses = {kind: abs(kind.pool(attention, exposure_map) - float(delta_ev[0])) for kind in Pooling}
        return min(misses, key=misses.__getitem__)

    def _run(self) -> None:
        from models.runtime import errors

        try:
            with COMPUTING:
                self._session.run_with_iobinding(self._binding)
        except errors as error:
            raise PolicyError(f"the network {self.path.name} failed on a picture: {error}") from error
