from dataclasses import replace

import pytest

from gui.text.wording import as_sentence, exposure_words, signed


@pytest.mark.parametrize(
    ("ev", "words"), [(0.0, "+0.00"), (-0.001, "+0.00"), (1.234, "+1.23"), (-3.0, "−3.00"), (12.0, "+12.00")]
)
def test_ev_has_a_sign_and_zero_is_never_negative(ev, words):
    assert signed(ev) == words


def test_an_exposure_as_photographers_say_it(running, make_frame):
    assert exposure_words(running) == "1/60 s, ISO 200"
    assert (
        exposure_words(replace(running, capabilities=replace(running.capabilities, base_iso=50))) == "1/60 s, ISO 100"
    )
    assert exposure_words(replace(running, frame=None)) == ""
    assert exposure_words(replace(running, frame=make_frame(exposure=None))) == ""


def test_a_message_becomes_a_sentence():
    assert as_sentence("no camera: plug one in") == "No camera: plug one in."
    assert as_sentence("It left.") == "It left."
    assert as_sentence("Why?") == "Why?"
    assert as_sentence("") == ""
