"""The worst files and texts cost one sentence."""

import contextlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.files.bounded import (
    DEEPEST,
    BadInput,
    as_integer,
    as_number,
    parse_json,
    parse_object,
    parse_toml,
    read_file,
    read_text,
)


def test_a_regular_file_is_read_whole_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10)
    assert read_file(path, 10) == b"x" * 10
    with pytest.raises(BadInput, match="larger than 9 bytes"):
        read_file(path, 9)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInput, match="no regular file"):
        read_file(tmp_path / "pipe", 10)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero here")
def test_a_device_that_never_ends_is_refused() -> None:
    with pytest.raises(BadInput, match="no regular file"):
        read_text(Path("/dev/zero"))


def test_what_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_text(tmp_path / "nothing")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises((BadInput, OSError)):
        read_text(tmp_path)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="UTF-8"):
        read_text(tmp_path / "file")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 100 + "]" * 100,
        '{"a":' * 50_000,
        "1" * 5000,
        "1" * 400,
        "1e999",
        "-1e999",
        "NaN",
        '{"a": Infinity}',
        '"\\ud800"',
        '{"\\udfff": 1}',
        "",
        "{",
        b"\xff",
    ],
)
def test_json_that_can_hurt_is_refused(text: str | bytes) -> None:
    with pytest.raises(BadInput):
        parse_json(text)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "[" * 100 + "]" * 100,
        "a = " + "{b=" * 10_000,
        "a = " + "1" * 5000,
        "a = 1e999",
        "a = nan",
        "a = inf",
        "a = " + "1" * 400,
        ".".join("a" * 200_000) + " = 1",
        "[" + ' . "a"' * 200_000 + "]",
        "[" + ".".join("a" * 200_000) + "]",
        ".".join([r'"a\"b"'] * 30_000) + " = 1",
        ".".join(["'a b'"] * 30_000) + " = 1",
        "a = 0x" + "f" * 500_000,
        'a = "' + r"\"" * 200_000,
        "\"'" * 200_000,
        "a = 2026-13-45",
        "a",
    ],
)
def test_toml_that_can_hurt_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_toml(text)


def _nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


def test_nesting_is_allowed_up_to_the_limit() -> None:
    allowed = _nested(DEEPEST - 2)
    assert parse_json(json.dumps(allowed)) == allowed
    with pytest.raises(BadInput, match="deep"):
        parse_json(json.dumps(_nested(DEEPEST)))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_ordinary_json_is_read_as_it_was_written(value: object) -> None:
    assert parse_json(json.dumps(value)) == value


@given(st.text() | st.binary())
def test_no_json_raises_anything_else(text: str | bytes) -> None:
    with contextlib.suppress(BadInput):
        parse_json(text)


@given(st.text())
def test_no_toml_raises_anything_else(text: str) -> None:
    with contextlib.suppress(BadInput):
        parse_toml(text)


@pytest.mark.parametrize("text", ["[]", "1", "null", '"a"', "{"])
def test_a_json_text_that_is_no_object_is_refused_where_one_is_needed(text: str) -> None:
    with pytest.raises(BadInput):
        parse_object(text)
    assert parse_object('{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("value", [True, None, "1", [1]])
def test_a_number_is_neither_true_nor_text(value: object) -> None:
    for read in (as_number, as_integer):
        with pytest.raises(BadInput):
            read(value)
    assert as_number(1.5) == 1.5
    assert as_integer(2) == 2
    with pytest.raises(BadInput):
        as_integer(1.5)
