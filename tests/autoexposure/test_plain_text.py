"""Foreign text, made plain."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.plain_text import LONGEST, plain


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("HD Webcam C615", "HD Webcam C615"),
        ("Kamera für 東京 (ä)", "Kamera für 東京 (ä)"),
        ("\x1b]52;c;ZXZpbA==\x07Cam", "]52;c;ZXZpbA==Cam"),
        ("a\nb\r\n\tc\u2028d", "a b c d"),
        ("exe.\u202egpj", "exe.gpj"),
        ("zero\u200bwidth", "zerowidth"),
        ("half \ud800 pair", "half pair"),
        ("\x9b31mred", "31mred"),
        (b"bytes", "b'bytes'"),
        ("", ""),
    ],
)
def test_nothing_a_terminal_or_window_would_act_on_is_left(foreign: object, shown: str) -> None:
    assert plain(foreign) == shown


def test_long_text_is_cut_and_says_so() -> None:
    assert plain("x" * 10_000_000, 10) == "x" * 9 + "…"
    assert plain("x" * 10, 10) == "x" * 10


@given(st.text())
def test_any_text_becomes_one_plain_line(foreign: str) -> None:
    shown = plain(foreign)
    assert len(shown) <= LONGEST
    assert not any(unicodedata.category(letter).startswith("C") for letter in shown)
    assert shown.split(" ") == shown.split() or shown == ""
    assert plain(shown) == shown
