"""Presets as TOML text. What a preset leaves as it is, and a limit that is none, is not in it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import ClassVar

import tomlkit
from pydantic import BaseModel, ConfigDict, ValidationError

from autoexposure.control.program import ProgramConfig
from autoexposure.errors import ConfigError
from autoexposure.files.bounded import parse_toml
from autoexposure.files.checked import shown, what_is_wrong
from autoexposure.goal.goal import GoalConfig
from autoexposure.motion.trade import Motion
from autoexposure.presets.preset import Preset

FORMAT = 1
"""Written into every file; a program that finds another number says so."""

HEADER = (
    "Presets of one camera, for autoexposure. What is left out stays as it is when a preset is used.",
    "bias in EV, times in seconds, gain linear; damping is the share of an error that one step corrects.",
)


class _Strict(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")


class _Limits(_Strict):
    min_time_s: float = 0.0
    max_time_s: float = math.inf
    min_gain: float = 0.0
    max_gain: float = math.inf
    allow_slow_frames: bool = False
    mains_hz: int = 0
    motion: Motion = Motion.OFF


class _Goal(_Strict):
    keep_night_dark: bool = False
    ramp_ev_per_minute: float = math.inf


class _Preset(_Strict):
    name: str
    bias_ev: float | None = None
    meter: str = ""
    damping: float | None = None
    limits: _Limits | None = None
    controls: dict[str, float] = {}
    hold_white_balance: bool | None = None
    goal: _Goal | None = None


class _File(_Strict):
    format: int
    preset: tuple[_Preset, ...] = ()


def to_toml(presets: Iterable[Preset]) -> str:
    """The text of a file."""
    text = tomlkit.document()
    for line in HEADER:
        text.add(tomlkit.comment(line))
    text.add("format", tomlkit.item(FORMAT))
    tables = tomlkit.aot()
    for preset in presets:
        tables.append(_table(preset))
    text.add("preset", tables)
    return tomlkit.dumps(text)


def from_toml(text: str) -> tuple[Preset, ...]:
    """Read the text of a file. Raises ConfigError, and BadInput for no TOML."""
    data = parse_toml(text)
    if data.get("format", FORMAT) != FORMAT:  # all else may have another meaning there
        raise ConfigError(f"its format is {shown(data['format'])}, this program reads {FORMAT}")
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        raise ConfigError(what_is_wrong(error)) from error
    presets: dict[str, Preset] = {}
    for table in file.preset:
        preset = Preset(
            table.name,
            table.bias_ev,
            table.meter,
            ProgramConfig(**dict(table.limits)) if table.limits is not None else None,
            table.damping,
            table.controls,
            table.hold_white_balance,
            GoalConfig(**dict(table.goal)) if table.goal is not None else None,
        )
        if preset.key in presets:
            raise ConfigError(f"two presets are called {preset.name!r}: rename one")
        presets[preset.key] = preset
    return tuple(presets.values())


def _table(preset: Preset) -> tomlkit.items.Table:
    table = tomlkit.table()
    for key, value in (
        ("name", preset.name),
        ("bias_ev", preset.bias_ev),
        ("meter", preset.meter or None),
        ("damping", preset.damping),
        ("hold_white_balance", preset.hold_white_balance),
    ):
        if value is not None:
            table.add(key, value)
    for key, rules in (("limits", preset.program), ("goal", preset.goal)):
        if rules is not None:
            standing = {field.name: field.default for field in fields(rules)}
            table.add(key, {name: value for name, value in asdict(rules).items() if value != standing[name]})
    if preset.adjustments:
        table.add("controls", {name: _plain(value) for name, value in preset.adjustments.items()})
    return table


def _plain(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value
