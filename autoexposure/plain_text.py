"""Text from outside made plain: names of devices, entries of archives, the words of servers and files.

A terminal obeys escape sequences, a label may take markup for its own, and a file's name may hold bytes that are no
text. What is shown, logged or printed passes through here once, where it enters.
"""

from __future__ import annotations

import unicodedata

LONGEST = 200
"""Characters of one piece of foreign text: longer than any true name, short enough for a line."""

LONGEST_LINE = 2000
"""Characters of one line of ours that quotes foreign text."""

_SHOWN_AS_SPACE = frozenset("\t\n\v\f\r\x85\u2028\u2029")


def plain(text: object, limit: int = LONGEST) -> str:
    """``text`` on one line, without anything that a terminal or window would act on, at most ``limit`` characters.

    Control characters, format characters (which are invisible or turn the direction of text around), unpaired
    surrogates and private or unassigned code points are left out; all white space is one space. What is cut ends in an
    ellipsis.
    """
    # Nothing beyond this many characters can matter, and a name may be megabytes long.
    start = str(text)[: 8 * limit]
    kept = "".join(" " if letter in _SHOWN_AS_SPACE else letter for letter in start if _shows(letter))
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _shows(letter: str) -> bool:
    return letter in _SHOWN_AS_SPACE or not unicodedata.category(letter).startswith("C")
