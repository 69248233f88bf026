"""The fields of a dataclass with what its docstring says of each: the one place where a setting is described."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from itertools import groupby
from typing import Any

_HEAD = re.compile(r"^Attributes\n-+\n", re.MULTILINE)
_ENTRY = re.compile(r"^(\w+(?:, \w+)*)(?: : (.*))?$")


@dataclass(frozen=True, slots=True)
class Described:
    """One field: its name, its default as text (empty if it has none), and what it means."""

    name: str
    default: str
    meaning: str


def described(kind: type[Any]) -> list[Described]:
    """Every field of the dataclass ``kind``, in its order; ``meaning`` is empty where the docstring is silent.

    Fields that hold settings of their own need no words: they are a table themselves.
    """
    meanings = _meanings(inspect.getdoc(kind) or "")
    return [
        Described(field.name, _default(field), meanings.get(field.name) or _of_part(field)) for field in fields(kind)
    ]


def table(kind: type[Any], head: str = "setting") -> str:
    """The same as a Markdown table; fields that are described together share a row."""
    lines = [f"| {head} | default | what it does |", "| --- | --- | --- |"]
    for meaning, together in groupby(described(kind), key=lambda field: field.meaning):
        row = list(together)
        names = ", ".join(f"`{field.name}`" for field in row)
        defaults = ", ".join(f"`{field.default}`" for field in row if field.default)
        lines.append(f"| {names} | {defaults} | {meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


def _of_part(field: Field[Any]) -> str:
    part = field.default_factory
    return f"The settings of `{part.__name__}`." if is_dataclass(part) and isinstance(part, type) else ""


def _meanings(docstring: str) -> dict[str, str]:
    head = _HEAD.search(docstring)
    if head is None:
        return {}
    found: dict[str, str] = {}
    names: list[str] = []
    for line in docstring[head.end() :].splitlines():
        entry = _ENTRY.match(line)
        if entry:
            names = entry[1].split(", ")
            found |= dict.fromkeys(names, (entry[2] or "").strip())
        elif line.startswith(" ") and names:
            found |= dict.fromkeys(names, f"{found[names[0]]} {line.strip()}".strip())
        elif line.strip():
            break  # the section is over
    return {name: _markdown(text) for name, text in found.items()}


def _markdown(text: str) -> str:
    text = text.replace("``", "`")
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _default(field: Field[Any]) -> str:
    if field.default is MISSING:
        factory = field.default_factory
        return "" if factory is MISSING else f"{getattr(factory, '__name__', factory)}()"
    if isinstance(field.default, bool):
        return "on" if field.default else "off"
    return f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
