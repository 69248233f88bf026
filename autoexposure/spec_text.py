"""A camera's specification as text: without the login that may stand in it, safe from anyone reading over a shoulder.

``onvif:user:password@host`` becomes ``onvif:...@host``. What opens the camera keeps its login; what is shown, logged,
recorded or raised does not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr
from typing import TextIO, cast
from urllib.parse import quote, unquote

HIDDEN = "..."

SHORTEST_SECRET = 4
"""A password shorter than this is hidden only where the login stands as a whole: alone it is a part of many words."""

FILE_FAMILIES: set[str] = set()
"""Families whose cameras are named by files, whose names may hold an ``@``: `drivers.discovery` adds those whose record
says so. Until then such a name is taken for a login and hidden, too much rather than too little."""

_URL = re.compile(r"(?:controls:)?(?:[\w+.-]+:)?(?:[\w+.-]+=)?[\w+.-]+://")
_FAMILY = re.compile(r"(?:controls:)?([\w+.-]+):")
_USER = re.compile(r"[^/\\=:]{2,}:")
"""What no path begins with: a user name and a colon. A single letter is a drive."""
_QUERY = re.compile(r"[?#].*", re.DOTALL)
_NAMED = re.compile(r"((?:pas|pwd?|psw|secret|token|auth)\w*=)(.+)", re.DOTALL | re.IGNORECASE)
"""A password by its name, ``rtsp://host/user=anna_password=geheim_channel=1``. Where it ends each maker has their own
sign for: nothing behind it is told."""
_PART = re.compile(r"[&;,/?#]|_(?=[a-z]+=)", re.IGNORECASE)
"""What may end it."""


def shown(spec: str) -> str:
    """``spec`` without user name and password, nor what follows a URL's ``?`` or ``#``, or the name of a password.

    Some cameras take passwords there.
    """
    login, url = _login(spec), _URL.match(spec)
    if login is not None and url is not None and "?" in spec[login]:
        return url[0] + HIDDEN  # a password with a ? or a query with an @: either way, nothing behind it is told
    text = spec if login is None else spec[: login.start] + HIDDEN + spec[login.stop :]
    if url is not None:
        text = _QUERY.sub(lambda query: query[0][0] + HIDDEN, text)
    return text if _names_file(spec) else _NAMED.sub(rf"\g<1>{HIDDEN}", text)


def quiet(text: str, spec: str) -> str:
    """``text``, which may quote ``spec`` or parts of it, without what is secret in it."""
    for secret in sorted(_secrets(spec), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


@contextmanager
def quiet_errors(spec: str) -> Iterator[None]:
    """What is raised inside, bugs included, says nothing secret of ``spec``."""
    try:
        yield
    except Exception as error:
        error.args = tuple(quiet(part, spec) if isinstance(part, str) else part for part in error.args)
        raise


class QuietStream:
    """A text stream, as ``sys.stderr``, that writes everything but the secrets of ``specs``."""

    def __init__(self, stream: TextIO, specs: Iterable[str]) -> None:
        self._stream = stream
        self._specs = tuple(specs)

    def write(self, text: str) -> int:
        """Write ``text`` with the logins hidden; returns how many characters were given, as streams do."""
        said = text
        for spec in self._specs:
            said = quiet(said, spec)
        self._stream.write(said)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """As a stream's."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


@contextmanager
def quiet_stderr(words: Iterable[str]) -> Iterator[None]:
    """Whatever is said to standard error inside (usage, log, tracebacks), no secret in a command line's ``words`` is.

    ``--camera=SPEC`` counts as its value.
    """
    specs = [spec for word in words if shown(spec := re.sub(r"^--?[\w-]+=", "", word)) != spec]
    if not specs:
        yield
        return
    with redirect_stderr(cast(TextIO, QuietStream(sys.stderr, specs))):
        yield


def _login(spec: str) -> slice | None:
    """Where the login stands; up to the last ``@``, for a password may hold some, and slashes and colons."""
    end = spec.rfind("@")
    if end < 0:
        return None
    if (url := _URL.match(spec, 0, end)) is not None:
        return slice(url.end(), end)
    family = _FAMILY.match(spec, 0, end)
    if family is None:
        return slice(0, end) if ":" in spec[:end] else None
    if _names_file(spec) and not _USER.match(spec, family.end(), end):
        return None
    return slice(family.end(), end)


def _names_file(spec: str) -> bool:
    family = _FAMILY.match(spec)
    return family is not None and family[1] in FILE_FAMILIES and _URL.match(spec) is None


def _secrets(spec: str) -> set[str]:
    found = set()
    if (login := _login(spec)) is not None and spec[login]:
        user, colon, password = spec[login].partition(":")
        found.add(spec[login])
        alone = password if colon else user
        spelled: tuple[Callable[[str], str], ...] = (str, unquote, lambda text: quote(unquote(text), safe=""))
        found |= {word for spell in spelled if len(word := spell(alone)) >= SHORTEST_SECRET}
    if _URL.match(spec) and (query := _QUERY.search(spec)) is not None:
        found.add(query[0][1:])
    if not _names_file(spec) and (named := _NAMED.search(spec)) is not None:
        found.add(named[0])
        found |= {word for word in (named[2], _PART.split(named[2])[0]) if len(word) >= SHORTEST_SECRET}
    return found - {""}
