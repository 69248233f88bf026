import struct
from contextlib import suppress

import numpy as np
import OpenEXR
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.errors import PictureError
from autoexposure.files.exr_header import MOST_CHUNKS, check_exr
from tests.autoexposure.files import bombs


def written(tmp_path, parts=1, dtype=np.float16):
    light = np.ones((6, 8, 3), dtype)
    path = tmp_path / "light.exr"
    made = [OpenEXR.Part({}, {"RGB": light}, name=f"part {number}") for number in range(parts)]
    OpenEXR.File(made).write(str(path))
    return path.read_bytes()


@pytest.mark.parametrize("parts", [1, 3])
def test_what_the_library_writes_passes(tmp_path, parts):
    check_exr(written(tmp_path, parts))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (bombs.exr(60_000, 60_000), "million pixels or fewer"),
        (bombs.exr(3200, 3000), "million pixels or fewer"),
        (bombs.exr(1, 20_000_000), "million pixels or fewer"),
        (bombs.exr(1, 8_000_000), f"{MOST_CHUNKS} tiles or rows"),
        (bombs.exr(4000, 2000, channels=[f"c{number}" for number in range(99)]), "million pixels or fewer"),
        (bombs.exr(4000, 2000, tile=(1, 1)), f"{MOST_CHUNKS} tiles or rows"),
        (bombs.exr(64, 64, tile=(1 << 31, 1 << 31)), "smaller tiles"),
        (bombs.exr(64, 64, tile=(0, 8)), "smaller tiles"),
        (bombs.exr(0, 64), "must have pixels"),
        (bombs.exr(-7, 64), "must have pixels"),
        (bombs.exr(8, 8, channels=[]), "must have channels"),
        (bombs.exr(8, 8, version=2 | 0x800), "must be flat"),
        (bombs.exr(8, 8)[:60], "damaged|ends inside"),
        (bombs.exr(8, 8, extra=b"dataWindow\0box2i\0" + struct.pack("<iiiii", 16, 0, 0, 1, 1)), "everything once"),
        (bombs.exr(8, 8, extra=b"chunkCount\0int\0" + struct.pack("<ii", 4, 1 << 30)), "tiles or rows"),
        (bombs.exr(8, 8, extra=b"note\0string\0" + struct.pack("<i", -5)), "ends inside"),
        (bombs.exr(8, 8, extra=b"note\0string\0" + struct.pack("<i", 1 << 30)), "ends inside"),
        (b"\x76\x2f\x31\x01\2\0\0\0\0", "empty"),
        (b"", "given another kind"),
    ],
    ids=range(19),
)
def test_what_is_not_taken_is_told_why(data, why):
    with pytest.raises(PictureError, match=why):
        check_exr(data)


def test_all_parts_count_together(tmp_path):
    one = bombs.exr(2900, 2900)[8:-4001] + b"\0"
    head = b"\x76\x2f\x31\x01" + struct.pack("<I", 2 | 0x1000)
    check_exr(head + one + b"\0")
    with pytest.raises(PictureError, match="million pixels or fewer"):
        check_exr(head + one * 3 + b"\0")


@given(st.data())
def test_any_header_passes_or_is_refused(data):
    whole = bombs.exr(64, 64, tile=(16, 16))
    at = data.draw(st.integers(8, 400))
    damage = data.draw(st.binary(max_size=12))
    with suppress(PictureError):
        check_exr(whole[:at] + damage + whole[at + len(damage) :])
