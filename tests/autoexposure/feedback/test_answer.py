"""No answer with impossible figures enters the store, whoever brings it: the window, an archive, another program."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import (
    FULL_STANDING_S,
    LEAST_STANDING_S,
    Answer,
    BadAnswer,
    Label,
    Sample,
    Source,
    weight_by_hand,
)
from autoexposure.feedback.store import FeedbackStore
from autoexposure.frame import Frame
from autoexposure.states import AeState

GOOD = Sample(
    id=1,
    answered_at=datetime(2026, 3, 1, tzinfo=UTC),
    profile="ada",
    label=Label.WELL,
    exposure=Exposure(0.01, 2.0),
    reported=True,
    sequence=7,
    camera="usb-1",
    meter="attention",
    model_hash="ab" * 32,
    ae_state=AeState.CONVERGED,
    delta_ev=0.1,
    bias_ev=0.0,
)
PICTURE = np.full((20, 30, 3), 90, np.uint8)

IMPOSSIBLE: list[dict[str, object]] = [
    {"exposure": Exposure(5e-324, 1.0)},
    {"exposure": Exposure(1e300, 1.0)},
    {"exposure": Exposure(0.01, 1e300)},
    {"exposure": Exposure(0.01, 1e-300)},
    *({"delta_ev": value} for value in (math.inf, -math.inf, math.nan, 1e300, -41.0)),
    *({"bias_ev": value} for value in (math.inf, -math.inf, math.nan, 1e300, 11.0)),
    *({"weight": value} for value in (0.0, -1.0, 1.5, math.inf, math.nan)),
    {"sequence": -1},
    {"sequence": 10**5000},
    {"id": 2**64},
    {"answered_at": datetime(1, 1, 1, tzinfo=UTC)},
    {"answered_at": datetime(9999, 12, 31, tzinfo=UTC)},
    {"answered_at": datetime(2026, 3, 1)},
    {"profile": ""},
    {"profile": "x" * 100_000},
    {"camera": "usb\x1b]52;c;aGk=\x07"},
    {"meter": "\ud800"},
    {"model_hash": "a\nb"},
]


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path / "feedback.sqlite", profile="ada")


@pytest.mark.parametrize("wrong", IMPOSSIBLE, ids=lambda wrong: next(iter(wrong)))
def test_what_can_not_be_is_refused_and_the_store_stays_as_it_was(
    wrong: dict[str, object], store: FeedbackStore
) -> None:
    assert store.restore(Answer(GOOD, b"png")) is not None
    bad = replace(GOOD, **wrong)  # the values are of all kinds
    with pytest.raises(BadAnswer):
        store.restore(Answer(bad, b"png"), bad.profile)
    assert [replace(sample, id=1) for sample in store.samples()] == [GOOD]


@pytest.mark.parametrize("wrong", [{"delta_ev": math.inf}, {"delta_ev": math.nan}, {"bias_ev": math.nan}])
def test_the_windows_answers_pass_the_same_border(wrong: dict[str, float], store: FeedbackStore) -> None:
    said = {"delta_ev": 0.0, "bias_ev": 0.0} | wrong
    with pytest.raises(BadAnswer, match=r"^Your answer was not stored: its (correction|bias) of .* is impossible\.$"):
        store.add(Frame(PICTURE, 0.0, 1), Label.UNDER, camera="", meter="", ae_state=AeState.LOCKED, **said)
    assert store.counts().total == 0


@settings(max_examples=50, deadline=None)
@given(
    time_s=st.floats(1e-6, 3600),
    gain=st.floats(0.01, 65536),
    delta_ev=st.none() | st.floats(-16, 16),
    bias_ev=st.floats(-3, 3),
    sequence=st.integers(0, 2**40),
)
def test_what_a_camera_can_be_passes(
    time_s: float, gain: float, delta_ev: float | None, bias_ev: float, sequence: int, tmp_path_factory
) -> None:
    folder = tmp_path_factory.mktemp("store")
    with FeedbackStore(folder / "feedback.sqlite", profile="ada") as store:
        frame = Frame(PICTURE, 0.0, sequence, Exposure(time_s, gain))
        store.add(frame, Label.UNDER, camera="", meter="", ae_state=AeState.LOCKED, delta_ev=delta_ev, bias_ev=bias_ev)
        (kept,) = store.samples()
        assert (kept.exposure, kept.delta_ev, kept.bias_ev) == (frame.exposure, delta_ev, bias_ev)


def test_a_row_that_an_earlier_version_let_in_costs_that_row(store: FeedbackStore) -> None:
    for number in range(3):
        store.restore(Answer(replace(GOOD, sequence=number), b"png"))
    store._file._connection.execute("UPDATE sample SET delta_ev = 9e999 WHERE sequence = 0")
    store._file._connection.execute("UPDATE sample SET time_s = -1 WHERE sequence = 2")
    assert [sample.sequence for sample in store.samples()] == [1]


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_what_stood_longer_is_worth_no_less_and_never_a_word(one_s: float, other_s: float) -> None:
    less, more = sorted((one_s, other_s))
    assert 0 <= weight_by_hand(less) <= weight_by_hand(more) < 1


def test_what_is_taken_back_within_seconds_is_no_answer() -> None:
    assert weight_by_hand(LEAST_STANDING_S - 0.1) == 0
    assert weight_by_hand(LEAST_STANDING_S) > 0
    assert weight_by_hand(FULL_STANDING_S) == weight_by_hand(86_400)


def test_only_clicks_and_replies_were_said() -> None:
    assert [source for source in Source if not source.by_hand] == [Source.CLICK, Source.QUESTION]
