"""Reading untrusted files and texts so that the worst of them costs one sentence: no hang, no flood of memory.

Everything here raises `BadInput`, a ValueError, for content that can't be used, and OSError for files that can't be
opened.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn

TEXT_LIMIT_BYTES = 4 << 20
"""The largest text that is read at once: far above any profile, note or index. Parsed, it may take 40 times as much."""
DEEPEST = 64
"""Nested lists and tables; our own files nest 5 deep."""

MOST_INTEGER_BITS = 1000
"""Of an integer: what is larger can't even be made a float."""

_KEY_PART = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_DEEP_KEY = re.compile(rf"""(?<![\w"'\\-])(?:{_KEY_PART}[ \t]*+\.[ \t]*+){{{DEEPEST}}}""")
"""It begins where a part begins and gives nothing back, so that the search goes over a text once."""

_OPENING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Without waiting for a pipe's other end, and, on Windows, without translating line ends."""


class BadInput(ValueError):
    """What was read can't be used; the message is a part of a sentence that says why."""


def open_file(path: Path) -> BinaryIO:
    """A regular file, open for reading, for what is too large to be read whole. Raises as `read_file`."""
    file = os.fdopen(os.open(path, _OPENING), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise BadInput("it is no regular file")
    return file


def read_file(path: Path, limit_bytes: int) -> bytes:
    """The whole of a regular file of at most ``limit_bytes``.

    Raises BadInput for what is no regular file (a pipe without a writer would be waited for, a device never ends) and
    for a larger one; OSError as opening does.
    """
    with open_file(path) as file:
        content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise BadInput(f"it is larger than {_in_words(limit_bytes)}")
    return content


def read_text(path: Path, limit_bytes: int = TEXT_LIMIT_BYTES) -> str:
    """A regular file as UTF-8 text; raises as `read_file`, and BadInput for other bytes."""
    try:
        return read_file(path, limit_bytes).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput("it is no UTF-8 text") from error


def parse_json(text: str | bytes) -> object:
    """A JSON text with finite numbers, true text and at most `DEEPEST` levels; raises BadInput for any other."""
    try:
        content = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(content, parse_constant=_no_number, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise BadInput("it is no UTF-8 text") from error
    except RecursionError as error:
        raise BadInput("it is nested too deep") from error
    except json.JSONDecodeError as error:
        raise BadInput(f"it is no JSON ({error.msg}, line {error.lineno})") from error
    except BadInput:
        raise
    except ValueError as error:  # an integer of thousands of digits
        raise BadInput("it holds a number of absurd length") from error
    _check(value)
    return value


def parse_object(text: str | bytes) -> dict[str, object]:
    """A JSON text that is one object; raises BadInput for any other, as `parse_json` does."""
    value = parse_json(text)
    if not isinstance(value, dict):
        raise BadInput("it is no JSON object")
    return value


def as_number(value: object) -> float:
    """A number from a parsed text; raises BadInput for anything else, true and false included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput("it holds something else where a number belongs")
    return float(value)


def as_integer(value: object) -> int:
    """An integer from a parsed text; raises BadInput for anything else, true and false included."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput("it holds something else where a whole number belongs")
    return value


def parse_toml(text: str) -> dict[str, object]:
    """A TOML text with finite numbers and at most `DEEPEST` levels; raises BadInput for any other."""
    if _DEEP_KEY.search(text):  # the parser takes quadratic time over it
        raise BadInput("it is nested too deep")
    try:
        value = tomllib.loads(text)
    except RecursionError as error:
        raise BadInput("it is nested too deep") from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"it is no TOML ({error})") from error
    except ValueError as error:  # an integer of thousands of digits, an impossible date
        raise BadInput("it holds a number or date that can't be") from error
    _check(value)
    return value


def parse_ratio(text: str) -> float:
    """A finite number as ``0.02`` or ``1/50``; raises BadInput.

    Not by ``fractions``, which writes out all digits of 1e999999999.
    """
    above, stroke, below = text.partition("/")
    try:
        value = float(above) / float(below) if stroke else float(above)
    except (ValueError, ZeroDivisionError) as error:
        raise BadInput("it is no number") from error
    if not math.isfinite(value):
        raise BadInput("it holds a number that is infinite or none")
    return value


def _check(value: object) -> None:
    """Raises BadInput for too many levels, numbers that are none, and text that can't be written."""
    level = [value]
    for _ in range(DEEPEST):
        if not level:
            return
        level = [inner for outer in level for inner in _inside(outer)]
    raise BadInput("it is nested too deep")


def _inside(value: object) -> Iterator[object]:
    match value:
        case dict():
            yield from value
            yield from value.values()
        case list():
            yield from value
        case int() if value.bit_length() > MOST_INTEGER_BITS:
            raise BadInput("it holds a number of absurd length")
        case float() if not math.isfinite(value):
            raise BadInput("it holds a number that is infinite or none")
        case str() if not _is_text(value):
            raise BadInput("it holds text that is not Unicode (an unpaired surrogate)")


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_number(_constant: str) -> NoReturn:
    raise BadInput("it holds a number that is infinite or none")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise BadInput("it holds a number that is infinite or none")
    return value


def _in_words(size_bytes: int) -> str:
    return f"{size_bytes >> 20} MB" if size_bytes >= 1 << 20 else f"{size_bytes} bytes"
