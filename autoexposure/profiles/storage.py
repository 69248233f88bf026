"""Calibrations as TOML text: readable, with what each line means beside it.

The classes are the file. A field has the name it has in the profile and, where that is another one, the key as its
alias; its type is checked on reading, its description is the comment written beside it. Keys that are not known are
passed over.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, ClassVar

import numpy as np
import tomlkit
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from autoexposure.camera import LONGEST_NOTE
from autoexposure.errors import ConfigError
from autoexposure.files.bounded import BadInput, parse_toml
from autoexposure.files.checked import shown, what_is_wrong
from autoexposure.plain_text import plain
from autoexposure.profiles.profile import CameraProfile, Delay, MeasuredControl, ReadBack, Span
from autoexposure.response import ResponseCurve

FORMAT = 1
"""Written into every file; a program that finds a higher number says that it is too old."""

CURVE_STEP = 5
"""The response curve is written at every fifth code value: in between a straight line is off by less than a code."""

HEADER = (
    "A camera's calibration by autoexposure: what this camera really does, as 'autoexposure probe' measured it.",
    "Times in seconds; light in EV (log2): +1 is twice the light. You may share this file.",
)


def _printable(text: str) -> str:
    return text if text.isprintable() else plain(text, LONGEST_NOTE)  # such files are handed around


def _ends(pair: object) -> object:
    if isinstance(pair, Span):
        return pair
    if not isinstance(pair, list) or len(pair) != 2:
        raise ValueError("two numbers were expected")
    return {"low": pair[0], "high": pair[1]}


Text = Annotated[str, AfterValidator(_printable)]
Ends = Annotated[Span, BeforeValidator(_ends)]


class _Table(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, from_attributes=True, validate_by_name=True)


class _Camera(_Table):
    name: Text
    stable_id: Text
    detail: Text


class _Measured(_Table):
    measured_at: Text = Field(alias="at")
    program: Text
    took_s: float
    drift_ev: float = Field(description="how far the scene's light changed meanwhile")
    notes: tuple[Text, ...]


class _Frames(_Table):
    frame_interval_s: float = Field(alias="interval_s", gt=0, description="between two pictures at short exposures")
    startup_frames: int = Field(description="pictures after opening that are not steady yet")
    slows_frames: bool | None = Field(
        None, alias="slowed_by_exposure", description="exposures longer than the interval lower the rate"
    )
    capped_at_s: float | None = Field(None, description="longer settings bring no more light")


class _Flicker(_Table):
    mains_hz: int = Field(description="50 or 60 where lamps were seen to flicker, else 0")
    flicker_ev: float = Field(alias="swing_ev")


class _Delay(_Table):
    frames: int = Field(description="from a setting to its picture, the one under way left out: 0 is the next")
    shortest: int = Field(
        alias="shortest_frames", description="the same after the newest picture read, transfer included"
    )
    longest: int = Field(alias="longest_frames")
    trials: int
    latency_s: float = Field(0.0, description="median, from making the setting to the timestamp of that picture")
    write_s: float = Field(0.0, description="median, how long making the setting took")


class _Control(_Table):
    advertised: Ends = Field(description="what the driver announces")
    advertised_step: float
    really: object = Field(None, description="what of it was found; for people, not read")
    stepped: bool = Field(description="there is nothing between the values below")
    read_back: ReadBack = Field(description="honest: what is used; echo: what was asked; none")
    dead_zones: tuple[Ends, ...] = Field(description="from, to: nothing moves")
    falls: tuple[Ends, ...] = Field(description="from, to: less light although the value rises")
    asked: tuple[float, ...] = Field(alias="set", description="values as the driver takes them")
    light_ev: tuple[float, ...]
    codes: tuple[int, ...] = Field((), description="the device's own numbers of them")
    noise: tuple[float, ...] = Field((), description="standard deviation of a mid-tone pixel, in code values")


class _Time(_Control):
    light_ev: tuple[float, ...] = Field(description="log2 of the effective seconds of each")


class _Gain(_Control):
    light_ev: tuple[float, ...] = Field(description="EV over the first one")


class _Response(_Table):
    codes: tuple[Annotated[int, Field(ge=0, le=255)], ...] = Field(min_length=1, description="code values of a picture")
    relative: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(
        description="light that makes them, as a share of what saturates"
    )


class _File(_Table):
    format: int
    camera: _Camera
    measured: _Measured
    frames: _Frames
    flicker: _Flicker
    delay: _Delay | None = None
    time: _Time | None = None
    gain: _Gain | None = None
    response: _Response | None = None


def to_toml(profile: CameraProfile) -> str:
    """The text of a calibration."""
    text = tomlkit.document()
    for line in HEADER:
        text.add(tomlkit.comment(line))
    text.add("format", tomlkit.item(FORMAT))
    flat: dict[str, type[_Table]] = {"camera": _Camera, "measured": _Measured, "frames": _Frames, "flicker": _Flicker}
    for key, kind in flat.items():
        _add(text, key, kind.model_validate(profile))
    if profile.delay is not None:
        _add(text, "delay", _Delay.model_validate(profile.delay))
    if profile.time is not None:
        _add(text, "time", _Time.model_validate(profile.time))
    if profile.gain is not None:
        _add(text, "gain", _Gain.model_validate(profile.gain))
    if profile.response is not None:
        relative = [float(f"{share:.4g}") for share in profile.response.relative[::CURVE_STEP]]
        _add(text, "response", _Response(codes=tuple(range(0, 256, CURVE_STEP)), relative=tuple(relative)))
    return tomlkit.dumps(text)


def from_toml(text: str) -> CameraProfile:
    """Read the text of a calibration. Raises ConfigError."""
    try:
        data = parse_toml(text)
    except BadInput as error:
        raise ConfigError(str(error)) from error
    if data.get("format", FORMAT) != FORMAT:  # all else may have another meaning there
        raise ConfigError(f"its format is {shown(data['format'])}, this program reads {FORMAT}")
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        raise ConfigError(what_is_wrong(error)) from error
    flat = {**dict(file.camera), **dict(file.measured), **dict(file.frames), **dict(file.flicker)}
    return CameraProfile(
        **flat,
        delay=Delay(**dict(file.delay)) if file.delay is not None else None,
        time=_control("time", file.time),
        gain=_control("gain", file.gain),
        response=_curve(file.response) if file.response is not None else None,
    )


def _control(key: str, table: _Control | None) -> MeasuredControl | None:
    if table is None:
        return None
    try:
        return MeasuredControl(**{name: value for name, value in table if name != "really"})
    except ConfigError as error:
        raise ConfigError(f"{key}: {error}") from error


def _curve(table: _Response) -> ResponseCurve:
    if len(table.codes) != len(table.relative):
        raise ConfigError("response needs as many relative as codes")
    if any(after <= before for before, after in pairwise(table.codes)):  # interpolation would make nonsense of them
        raise ConfigError("response needs codes that rise")
    curve = np.interp(np.arange(256), table.codes, table.relative)
    curve[-1] = 1.0
    if not np.all(np.diff(curve.astype(np.float32)) > 0):  # rounding made neighbours alike: a hair of slope
        curve = (curve + 1e-4 * np.arange(256) / 255) / (1 + 1e-4)
    return ResponseCurve("measured", curve.astype(np.float32))


def _add(text: tomlkit.TOMLDocument, key: str, table: _Table) -> None:
    """Add a table with each key's meaning beside it; what was not measured is left out."""
    added = tomlkit.table()
    for name, field in type(table).model_fields.items():
        value = getattr(table, name)
        if value is None or (value == () and field.default == ()):
            continue
        item = tomlkit.item(_written(value))
        if field.description:
            item.comment(field.description)
        added.add(field.alias or name, item)
    text.add(tomlkit.nl())
    text.add(key, added)


def _written(value: object) -> object:
    """As TOML has it; numbers to six digits, which is more than any measurement is worth."""
    match value:
        case float():
            return float(f"{value:.6g}")
        case tuple():
            return [_written(item) for item in value]
        case Span(low, high):
            return [_written(low), _written(high)]
        case _:
            return value
