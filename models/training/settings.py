"""Settings of a training by name, as ``--set`` takes them: ``mix.relit_share=0.55,0.35``.

The names are the fields of the dataclasses that they end up in; there is no second list of them.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeVar, get_args, get_origin, get_type_hints

from autoexposure.errors import ConfigError
from models.training.pretrain import PretrainConfig

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Settings = TypeVar("Settings", bound="DataclassInstance")

_ASKED_ELSEWHERE = (
    *("photos", "subjects", "masks", "free_only", "hdr", "out", "cache", "init", "resume"),
    *("steps", "minutes", "batch", "seed", "threads", "recipe"),
)
"""What the commands have options for, or arrange themselves."""


def with_settings(config: PretrainConfig, texts: Sequence[str]) -> PretrainConfig:
    """``config`` with every ``name=value`` of ``texts``; of two for one name the last counts.

    A name may be cut short at its front: ``balance.subject_weight`` is ``mix.balance.subject_weight``. Several numbers
    are separated by commas.

    Raises ConfigError for a name that is no setting or means several, a value of another type, or one that the setting
    does not allow.
    """
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set takes a name and a value, as in mix.hdr_share=0.1; given {text!r}")
        path = _path_of(name.strip())
        config = _put(config, path.split("."), _parsed(value.strip(), known_settings()[path], path))
    return config


@cache
def known_settings() -> dict[str, object]:
    """The type of every setting, by its full name."""
    return dict(_leaves(PretrainConfig, ""))


def _leaves(kind: type[DataclassInstance], prefix: str) -> Iterator[tuple[str, object]]:
    hints = get_type_hints(kind)
    for field in fields(kind):
        wanted = hints[field.name]
        if is_dataclass(wanted) and isinstance(wanted, type):
            yield from _leaves(wanted, f"{prefix}{field.name}.")
        elif prefix or field.name not in _ASKED_ELSEWHERE:
            yield f"{prefix}{field.name}", wanted


def _path_of(name: str) -> str:
    known = known_settings()
    if name in known:
        return name
    found = [path for path in known if path.endswith("." + name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigError(f"--set {name} may be {' or '.join(found)}: give one of them in full")
    group = name.rpartition(".")[0]
    near = difflib.get_close_matches(name, known, 3, 0.75)
    fits = near or [path for path in known if group and path.rpartition(".")[0].endswith(group)] or list(known)
    are = "are" if len(fits) > 1 else "is"
    raise ConfigError(f"there is no setting {name!r} for --set; there {are} {', '.join(fits)}")


def _parsed(text: str, wanted: object, path: str) -> object:
    """``text`` as the type ``wanted``: a number, true or false, one of some words, or several of these in a row."""
    try:
        return _as(text, wanted)
    except ValueError as error:
        raise ConfigError(f"--set {path} takes {_in_words(wanted)}, given {text!r}") from error


def _as(text: str, wanted: object) -> object:
    """Raises ValueError."""
    parts = get_args(wanted)
    if get_origin(wanted) is Literal:
        return parts[parts.index(text)]
    if get_origin(wanted) is tuple:
        return tuple(_as(one.strip(), part) for one, part in zip(text.split(","), parts, strict=True))
    if wanted is bool:
        return bool(("false", "true").index(text.lower()))
    if wanted is int:
        return int(text)
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _in_words(wanted: object) -> str:
    parts = get_args(wanted)
    if get_origin(wanted) is Literal:
        return " or ".join(parts)
    if get_origin(wanted) is tuple:
        return f"{len(parts)} times {_in_words(parts[0])}, with commas between them"
    if wanted is bool:
        return "true or false"
    return "a whole number" if wanted is int else "a number"


def _put(target: Settings, path: Sequence[str], value: object) -> Settings:
    first, *rest = path
    return replace(target, **{first: _put(getattr(target, first), rest, value) if rest else value})
