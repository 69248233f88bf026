"""The live layer: it answers every click at once, by changing what the network says of a picture.

`LiveLayer` is a Policy around the network's. Before the first click it passes the network's answers on as they are. A
click - under, well or over, said of one picture - moves that picture at once (`likings`), and all pictures as far as
the answers so far show a taste (`taste`). Where an EV compensation had made the picture brighter or darker, what is
learned from is the picture at the exposure at which the meter alone comes to rest
(`autoexposure.feedback.reward.target_ev`). The change never exceeds a limit.

One thread at a time: the control loop owns it and teaches it between two frames
(`autoexposure.control.commands.Teach`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import target_ev
from autoexposure.metering.lookahead import re_exposer
from autoexposure.metering.policy import Decision
from autoexposure.metering.preview import Preview
from autoexposure.personal.features import FeaturePolicy, describe
from autoexposure.personal.known_people import KnownPeople
from autoexposure.personal.learner import ClickFeatures, Learner, LiveConfig
from autoexposure.response import ResponseCurve, srgb

__all__ = ["ClickFeatures", "LiveConfig", "LiveLayer"]  # whoever handles a layer handles these


class LiveLayer(Learner):
    """A network with a personal change on top.

    Parameters
    ----------
    people : what is known of people before this one answers, for this network.
    own : the network was trained for this person.

    Attributes
    ----------
    response : the camera's curve, for re-exposing clicked pictures.
    notice : one sentence for the user where some of the person's answers could not be learned; empty otherwise.
    """

    coarse = True

    def __init__(
        self,
        network: FeaturePolicy,
        config: LiveConfig | None = None,
        response: ResponseCurve | None = None,
        *,
        people: KnownPeople | None = None,
        own: bool = False,
    ) -> None:
        super().__init__(people, config)
        self.network = network
        self._own = own
        self._response = response or srgb()
        self.notice = ""

    @property
    def name(self) -> str:
        """The network's own: people see one meter that learns."""
        return self.network.name

    @property
    def sha256(self) -> str:
        """Of the network's file."""
        return self.network.sha256

    @property
    def taught(self) -> bool:
        """Whether its answers are a person's: by answers given here, or by a network that was trained with them."""
        return self._own or self.clicks > 0

    def decide(self, preview: Preview) -> Decision:
        """Judge one Preview. Raises PolicyError if the network can't."""
        if not self.clicks:
            return self.network.decide(preview)
        seen = self.network.decide_with_features(preview)
        attention, exposure_map = seen.decision.attention, seen.decision.exposure_map
        assert attention is not None
        assert exposure_map is not None
        change_ev = self.change_ev(describe(preview, seen, self.people.scale))
        # Spread evenly over the exposure map, so that the maps still pool to the answer that they are shown for. `pool`
        # of ones is what an even 1 EV pools to.
        evenly_ev = change_ev / max(seen.pooling.pool(attention, np.ones_like(exposure_map)), 1e-6)
        changed = (exposure_map + np.float32(evenly_ev)).astype(np.float32)
        return replace(seen.decision, delta_ev=seen.decision.delta_ev + change_ev, exposure_map=changed)

    def features_of(self, preview: Preview, bias_ev: float = 0.0) -> ClickFeatures:
        """What is learned from a picture that was judged with this bias. Raises PolicyError."""
        offset_ev = target_ev(0.0, bias_ev)
        if offset_ev != 0:
            # Re-expose as the loop does where a bias made the picture brighter. Otherwise the layer would learn from
            # another picture than the loop looks ahead to, and even a "well" would move the exposure a little.
            preview = re_exposer(preview, self._response, darker=bias_ev > 0)(offset_ev)
        seen = self.network.decide_with_features(preview)
        return ClickFeatures(seen.decision.delta_ev, describe(preview, seen, self.people.scale), bias_ev)

    def click(
        self, preview: Preview, label: Label, bias_ev: float = 0.0, answer: int | None = None, weight: float = 1.0
    ) -> ClickFeatures:
        """Learn one answer; returns what was learned from, for keeping. Raises PolicyError, and then learns nothing."""
        features = self.features_of(preview, bias_ev)
        self.learn(features, label, answer, weight)
        return features
