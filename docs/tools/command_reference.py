"""The page of commands, from the command line itself: what typer reads, this page reads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from typer import Typer
from typer.models import ArgumentInfo, OptionInfo

from autoexposure.cli.main import app

HEAD = """# Commands

Written from the program itself: each command with every option it takes. `autoexposure COMMAND --help` says the same in
the terminal.

A command exits with 0 when it did what it was asked to, with 2 when it was called wrongly (an unknown option, a camera
that does not exist), with 1 when something else went wrong, and with 128 plus the signal's number when a signal ended
long work. An error is one sentence; `autoexposure --verbose COMMAND` also logs the traceback.

Options of `autoexposure` itself may stand before a command that takes them; one that stands behind it wins.
"""

_WORDS = {str: "TEXT", int: "NUMBER", float: "NUMBER", Path: "PATH"}


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([HEAD, *_of_group(app, "autoexposure")]) + "\n"


def commands(group: Typer, name: str) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """(name, help, function) of a group and all that is not hidden in it, in the order they were added."""
    if group.registered_callback is not None and group.registered_callback.callback is not None:
        function = group.registered_callback.callback
        yield name, inspect.getdoc(function) or "", function
    for command in group.registered_commands:
        if command.callback is not None and not command.hidden:
            below = command.name or command.callback.__name__.rstrip("_").replace("_", "-")
            yield f"{name} {below}", command.help or inspect.getdoc(command.callback) or "", command.callback
    for inner in group.registered_groups:
        if inner.typer_instance is not None and not inner.hidden:
            group_name = inner.name or inner.typer_instance.info.name
            yield from commands(inner.typer_instance, f"{name} {group_name}")


def _of_group(group: Typer, name: str) -> Iterator[str]:
    for full_name, text, function in commands(group, name):
        yield f"## {full_name}\n\n{text}\n"
        rows = [_row(parameter, kind) for parameter, kind in _parameters(function)]
        if rows := [row for row in rows if row]:
            yield "\n".join(["| option | default | what it does |", "| --- | --- | --- |", *rows]) + "\n"


def _parameters(function: Callable[..., Any]) -> Iterator[tuple[inspect.Parameter, Any]]:
    hints = get_type_hints(function, include_extras=True)
    for parameter in inspect.signature(function).parameters.values():
        if get_origin(hints[parameter.name]) is Annotated:  # typer's own context is not
            yield parameter, hints[parameter.name]


def _row(parameter: inspect.Parameter, kind: Any) -> str:
    plain, *notes = get_args(kind)
    info = next(note for note in notes if isinstance(note, (OptionInfo, ArgumentInfo)))
    if info.hidden:
        return ""
    required = parameter.default is inspect.Parameter.empty
    if isinstance(info, ArgumentInfo):
        name = parameter.name.upper()
        written = f"`{name}`" if required else f"`[{name}]`"
    else:
        names = _names(info) or [f"--{parameter.name.replace('_', '-')}"]
        value = " NAME" if _choices(plain, info) else _value(plain)
        written = ", ".join([f"`{names[0]}{value}`", *(f"`{name}`" for name in names[1:])])
    default = "required" if required else _default(parameter.default)
    cells = (written, default, _meaning(info, plain))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _value(plain: Any) -> str:
    """What follows an option: nothing behind a switch."""
    plain = _without_none(plain)
    if plain is bool:
        return ""
    if get_origin(plain) is tuple:
        return "".join(_value(part) for part in get_args(plain))
    if get_origin(plain) is list:
        return _value(get_args(plain)[0])
    return f" {_WORDS[plain]}"


def _choices(plain: Any, info: OptionInfo | ArgumentInfo) -> list[str]:
    """What may be chosen, by an enumeration or by ``[this|that]`` in the place of the value."""
    plain = _without_none(plain)
    if isinstance(plain, type) and issubclass(plain, Enum):
        return [str(choice.value) for choice in plain]
    return (info.metavar or "").strip("[]").split("|") if "|" in (info.metavar or "") else []


def _names(info: OptionInfo) -> list[str]:
    """How an option is written, the long form first. Inside Annotated its first name stands where a default would."""
    first = [info.default] if isinstance(info.default, str) else []
    return sorted([*first, *(info.param_decls or ())], key=len, reverse=True)


def _without_none(plain: Any) -> Any:
    if get_origin(plain) in (Union, UnionType):
        return next(part for part in get_args(plain) if part is not NoneType)
    return plain


def _default(default: Any) -> str:
    if default in (None, "", False):
        return ""
    if isinstance(default, tuple):
        return f"`{' '.join(map(str, default))}`"
    return f"`{default.value if isinstance(default, Enum) else default}`"


def _meaning(info: OptionInfo | ArgumentInfo, plain: Any) -> str:
    version = isinstance(info, OptionInfo) and "--version" in _names(info)
    text = info.help or ("Print the version and exit." if version else "")
    if choices := _choices(plain, info):
        text += f" One of {', '.join(choices)}."
    if info.min is not None and info.max is not None:
        text += f" From {info.min:g} to {info.max:g}."
    elif info.min:
        text += f" At least {info.min:g}."
    return text
