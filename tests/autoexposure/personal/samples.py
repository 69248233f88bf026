"""Answers as the store gives them, for tests that look at when they were given and what was said."""

from datetime import datetime

from autoexposure.feedback.answer import Label, Sample
from autoexposure.states import AeState


def sample_of(answered_at: datetime, label: Label = Label.OVER) -> Sample:
    return Sample(
        id=1,
        answered_at=answered_at,
        profile="ada",
        label=label,
        exposure=None,
        reported=False,
        sequence=0,
        camera="cam",
        meter="attention",
        model_hash="",
        ae_state=AeState.CONVERGED,
        delta_ev=None,
        bias_ev=0.0,
    )
