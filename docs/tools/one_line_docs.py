"""Lets mkdocstrings read ``name : meaning`` on one line, where numpy's form has a type behind the colon."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Any

from griffe import Extension, Object

_SECTION = re.compile(r"^(Attributes|Parameters)\n-+$", re.MULTILINE)
_ENTRY = re.compile(r"^(?P<names>[*\w]+(?:, [*\w]+)*) : (?P<text>.+)$")
_EXAMPLE = re.compile(r"^>>> .*(?:\n.+)*", re.MULTILINE)
_SKIPPED = "  # doctest: +SKIP"


class OneLineDocs(Extension):
    """Turns each such entry into numpy's own form: the name on its line, the meaning indented below it."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Called by griffe for everything it finds."""
        if obj.docstring is not None:
            obj.docstring.value = numpy_form(fenced(obj.docstring.value))


def numpy_form(docstring: str) -> str:
    """``docstring`` with every one-line entry of its sections taken apart.

    Single backquotes around ``code`` suffice in Markdown; the types stand in the signature.
    """
    lines: list[str] = []
    inside = False
    source = docstring.split("\n")
    for number, line in enumerate(source):
        following = source[number + 1] if number + 1 < len(source) else ""
        if following and not following.strip("-") and line.strip():
            inside = line.strip() in ("Attributes", "Parameters")
        entry = _ENTRY.match(line) if inside else None
        if entry is None:
            lines.append(line)
            continue
        meaning = [f"    {entry['text']}", *_continued(source[number + 1 :])]
        *others, last = entry["names"].split(", ")
        for name in others:  # each for itself, or all would be given the type of the first
            lines += [name, *meaning]
        lines += [last, meaning[0]]
    return "\n".join(lines)


def fenced(docstring: str) -> str:
    """``docstring`` with every example, from its ``>>>`` to the next empty line, as a block of code."""
    return _EXAMPLE.sub(lambda found: f"```pycon\n{found[0].replace(_SKIPPED, '')}\n```", docstring)


def _continued(following: list[str]) -> list[str]:
    """The lines that go on with an entry: those that are indented, up to the first that is not."""
    return list(takewhile(lambda line: line.startswith("    "), following))
