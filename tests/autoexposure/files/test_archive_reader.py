import io
import struct
import tracemalloc
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.files.archive_reader import LARGEST_TABLE_BYTES, open_archive, read_member
from autoexposure.files.bounded import BadInput

MANY = 200 << 20


def packed(content, how=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive, archive.open("a", "w") as member:
        for at in range(0, len(content), 1 << 20):
            member.write(content[at : at + (1 << 20)])
    return out.getvalue()


def saying(data, size):
    """The archive with another unpacked size of its only member in its table of contents."""
    changed = bytearray(data)
    at = changed.rindex(b"PK\x01\x02") + 24
    changed[at : at + 4] = struct.pack("<I", size)
    return bytes(changed)


def read(data, limit=1 << 20):
    with open_archive(io.BytesIO(data)) as archive:
        return read_member(archive, "a", limit)


@pytest.fixture
def peak():
    """Asks for the largest memory since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_member_is_read(how):
    assert read(packed(b"content", how)) == b"content"


def test_a_member_that_says_less_than_it_unpacks_to_takes_no_memory(peak):
    bomb = saying(packed(bytes(MANY)), 1000)
    tracemalloc.reset_peak()
    with pytest.raises(BadInput):
        read(bomb)
    assert peak() < 5 << 20


def test_a_member_that_says_much_is_refused():
    with pytest.raises(BadInput, match="at most"):
        read(packed(bytes(2 << 20)))


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_all_at_once_is_refused(how, peak):
    bomb = saying(packed(bytes(20 << 20), how), 1000)
    tracemalloc.reset_peak()
    with pytest.raises(BadInput, match="packed in a way"):
        read(bomb)
    assert peak() < 5 << 20


def test_a_member_shorter_than_said():
    with pytest.raises(BadInput):
        read(saying(packed(b"content"), 100))


def test_a_table_of_contents_of_millions_is_not_read():
    data = packed(b"")
    at = data.rindex(b"PK\x05\x06") + 12
    for comment in (b"", b"PK\x05\x06"):
        end = data[at - 12 : at] + struct.pack("<I", LARGEST_TABLE_BYTES + 1) + data[at + 4 : -2]
        with pytest.raises(BadInput, match="table of contents"):
            open_archive(io.BytesIO(data[: at - 12] + end + struct.pack("<H", len(comment)) + comment))


def test_a_large_table_of_contents_behind_another_name_is_not_read():
    data = packed(b"")
    at = data.rindex(b"PK\x05\x06")
    large = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, LARGEST_TABLE_BYTES + 1, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1)
    with pytest.raises(BadInput, match="table of contents"):
        open_archive(io.BytesIO(data[:at] + large + locator + data[at:]))


@given(st.data())
def test_damage_raises_only_what_is_named(data):
    whole = packed(b"some content")
    at = data.draw(st.integers(0, len(whole)))
    damage = data.draw(st.binary(max_size=12))
    with suppress(BadInput, KeyError):
        read(whole[:at] + damage + whole[at + len(damage) :])
