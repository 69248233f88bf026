"""How often the program and a person agree: the share of answers that the meter would have given itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autoexposure.feedback.reward import label_of, target_ev
from autoexposure.feedback.store import Sample


@dataclass(frozen=True, slots=True)
class Agreement:
    """``agreed`` of ``answers`` were as the meter, with the bias then in force, judged the same picture."""

    agreed: int = 0
    answers: int = 0


def agreement(samples: Iterable[Sample]) -> Agreement:
    """Count over answers; those given while the exposure was moving, or without a meter, say nothing and are left out.

    The meter's own answer is `label_of` how far its change lay from the target, so 0.2 EV off counts as well exposed.
    """
    telling = [sample for sample in samples if sample.settled and sample.delta_ev is not None]
    agreed = sum(
        label_of((sample.delta_ev or 0.0) - target_ev(0.0, sample.bias_ev)) is sample.label for sample in telling
    )
    return Agreement(agreed, len(telling))
