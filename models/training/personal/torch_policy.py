"""A network that is still in torch as a policy, so that a live layer can be put on top of it."""

from __future__ import annotations

import hashlib

import torch

from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview
from autoexposure.personal.features import FeatureDecision, Pooling
from models.files.checkpoint import weights_file
from models.network import AttentionFcn, AttentionOutput


class TorchPolicy:
    """What `models.inference.onnx_policy.OnnxPolicy` will be once the network is exported."""

    coarse = True
    name = "attention"

    def __init__(self, network: AttentionFcn) -> None:
        self._network = network.eval()
        self.sha256 = hashlib.sha256(weights_file(network)).hexdigest()
        self.pooling = Pooling.MEAN if network.config.pooling == "mean" else Pooling.WEIGHTED

    def decide(self, preview: Preview) -> Decision:
        """Meter one Preview."""
        return self._decision(self._run(preview))

    def decide_with_features(self, preview: Preview) -> FeatureDecision:
        """The same with fire7's features, (384, 15, 15)."""
        output = self._run(preview)
        return FeatureDecision(self._decision(output), output.features[0].numpy(), self.pooling)

    def _run(self, preview: Preview) -> AttentionOutput:
        with torch.inference_mode():
            output: AttentionOutput = self._network(torch.from_numpy(preview))
        return output

    def _decision(self, output: AttentionOutput) -> Decision:
        return Decision(
            float(output.delta_ev[0]),
            output.attention[0].numpy().copy(),
            output.exposure_map[0].numpy().copy(),
            weighted=self.pooling is Pooling.WEIGHTED,
        )
