"""Zip archives from elsewhere, read so that no small one takes gigabytes: neither its table of contents nor a member.

``zipfile`` alone believes both: it makes an object of every line of the table, and unpacks a whole member at once, even
where the table says that it is short.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from autoexposure.files.bounded import BadInput

LARGEST_TABLE_BYTES = 16 << 20
"""Of an archive's table of contents: a quarter of a million members, each of which takes half a kilobyte in memory."""

_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The ways of packing that can be unpacked piece by piece with a limit; the others give all they have at once."""

_END, _END_BYTES = re.compile(rb"PK\x05\x06(?=.{18})", re.DOTALL), 22
_LONGEST_COMMENT = 1 << 16
_LOCATOR, _LOCATOR_BYTES = b"PK\x06\x07", 20
_END_64_BYTES = 56


def open_archive(file: BinaryIO) -> zipfile.ZipFile:
    """The zip archive in an open file, which stays the caller's to close. Raises BadInput and OSError."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _LONGEST_COMMENT - _END_BYTES - _LOCATOR_BYTES - _END_64_BYTES))
    if _table_bytes(file.read()) > LARGEST_TABLE_BYTES:
        raise BadInput(f"its table of contents is larger than {LARGEST_TABLE_BYTES >> 20} MB")
    with _unreadable():
        return zipfile.ZipFile(file)


def read_member(archive: zipfile.ZipFile, name: str, limit_bytes: int) -> bytes:
    """A member of at most ``limit_bytes``, unpacked. Raises BadInput, OSError, and KeyError if there is none."""
    info = archive.getinfo(name)
    if info.compress_type not in _PACKED:
        raise BadInput("it is packed in a way that is not read here")
    if info.flag_bits & 1:
        raise BadInput("it is encrypted")
    if info.file_size > limit_bytes:
        raise BadInput(f"it has {info.file_size} bytes, at most {limit_bytes} are possible")
    with _unreadable(), archive.open(info) as member:
        content = member.read(info.file_size)
        if len(content) < info.file_size:
            raise BadInput("it is shorter than its archive says")
        return content


@contextmanager
def _unreadable() -> Iterator[None]:
    """Make one error of all that ``zipfile`` raises for archives that are damaged, encrypted or made up."""
    try:
        yield
    except BadInput:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OverflowError, ValueError, struct.error) as error:
        raise BadInput(f"it is damaged: {error}") from error


def _table_bytes(tail: bytes) -> int:
    """The largest table of contents that the end of a file may be read to promise; 0 if it is no archive's end."""
    most = 0
    for found in _END.finditer(tail):
        at = found.start()
        size: int = struct.unpack_from("<I", tail, at + 12)[0]
        locator = at - _LOCATOR_BYTES
        if locator >= _END_64_BYTES and tail[locator : locator + 4] == _LOCATOR:
            large: int = struct.unpack_from("<Q", tail, locator - _END_64_BYTES + 40)[0]
            size = max(size if size != 0xFFFFFFFF else 0, large)
        most = max(most, size)
    return most
