"""Camera profiles as TOML text: readable, with what each line means beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autoexposure.camera import LONGEST_NOTE
from autoexposure.errors import ConfigError
from autoexposure.files.bounded import BadInput, parse_toml
from autoexposure.plain_text import plain
from autoexposure.profiles.profile import CameraProfile, Delay, MeasuredControl, ReadBack, Span
from autoexposure.response import ResponseCurve

FORMAT = 1
"""Written into every file; a program that reads a higher one says that it is too old."""

CURVE_STEP = 5
"""The response curve is written at every fifth code value: in between a straight line is off by less than a code."""


def to_toml(profile: CameraProfile) -> str:
    """The text of a profile."""
    lines = [
        "# Camera profile of autoexposure: what this camera really does, as 'autoexposure probe' measured it.",
        "# Times in seconds; light in EV (log2): +1 is twice the light. You may share this file.",
        _line("format", FORMAT),
        "",
        "[camera]",
        _line("name", profile.name),
        _line("stable_id", profile.stable_id),
        _line("detail", profile.detail),
        "",
        "[measured]",
        _line("at", profile.measured_at),
        _line("program", profile.program),
        _line("took_s", profile.took_s),
        _line("drift_ev", profile.drift_ev, "how far the scene's light changed meanwhile"),
        _line("notes", profile.notes),
        "",
        "[frames]",
        _line("interval_s", profile.frame_interval_s, "between two pictures at short exposures"),
        _line("startup_frames", profile.startup_frames, "pictures after opening that are not steady yet"),
        *_optional("slowed_by_exposure", profile.slows_frames, "exposures longer than the interval lower the rate"),
        *_optional("capped_at_s", profile.capped_at_s, "longer settings bring no more light"),
        "",
        "[flicker]",
        _line("mains_hz", profile.mains_hz, "50 or 60 where lamps were seen to flicker, else 0"),
        _line("swing_ev", profile.flicker_ev),
    ]
    if (delay := profile.delay) is not None:
        lines += [
            "",
            "[delay]",
            _line("frames", delay.frames, "from a setting to its picture, the one under way left out: 0 is the next"),
            _line("shortest_frames", delay.shortest, "the same after the newest picture read, transfer included"),
            _line("longest_frames", delay.longest),
            _line("trials", delay.trials),
            _line("latency_s", delay.latency_s, "from the order to the timestamp of that picture, typically"),
            _line("write_s", delay.write_s, "how long the order itself took, typically"),
        ]
    for name, control, really in (
        ("time", profile.time, "log2 of the effective seconds of each"),
        ("gain", profile.gain, "EV over the first one"),
    ):
        if control is not None:
            lines += ["", f"[{name}]", *_control_lines(control, really)]
    if profile.response is not None:
        codes = range(0, 256, CURVE_STEP)
        relative = [float(f"{profile.response.relative[code]:.4g}") for code in codes]
        lines += [
            "",
            "[response]",
            _line("codes", tuple(codes), "code values of a picture"),
            _line("relative", relative, "light that makes them, as a share of what saturates"),
        ]
    return "\n".join(lines) + "\n"


def from_toml(text: str) -> CameraProfile:
    """Read the text of a profile. Raises ConfigError."""
    try:
        data = parse_toml(text)
    except BadInput as error:
        raise ConfigError(str(error)) from error
    try:
        if data["format"] != FORMAT:
            raise ConfigError(f"its format is {data['format']!r}, this program reads {FORMAT}")
        camera, measured, frames, flicker = (data[key] for key in ("camera", "measured", "frames", "flicker"))
        return CameraProfile(
            stable_id=_text(camera["stable_id"]),
            name=_text(camera["name"]),
            detail=_text(camera["detail"]),
            measured_at=_text(measured["at"]),
            program=_text(measured["program"]),
            took_s=float(measured["took_s"]),
            drift_ev=float(measured["drift_ev"]),
            notes=tuple(_text(note) for note in measured["notes"]),
            frame_interval_s=float(frames["interval_s"]),
            startup_frames=int(frames["startup_frames"]),
            slows_frames=frames.get("slowed_by_exposure"),
            capped_at_s=float(frames["capped_at_s"]) if "capped_at_s" in frames else None,
            mains_hz=int(flicker["mains_hz"]),
            flicker_ev=float(flicker["swing_ev"]),
            delay=_delay(data.get("delay")),
            time=_control(data.get("time")),
            gain=_control(data.get("gain")),
            response=_response(data.get("response")),
        )
    except KeyError as error:
        raise ConfigError(f"{error.args[0]} is missing in it") from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ConfigError(f"a value in it is of the wrong kind ({plain(error)})") from error


def _control_lines(control: MeasuredControl, really: str) -> list[str]:
    lines = [
        _line("advertised", (control.advertised.low, control.advertised.high), "what the driver announces"),
        _line("advertised_step", control.advertised_step),
        _line("really", (control.map.really[0], control.map.really[-1]), "what of it was found; for people, not read"),
        _line("stepped", control.stepped, "there is nothing between the values below"),
        _line("read_back", str(control.read_back), "honest: what is used; echo: what was asked; none"),
        _line("dead_zones", _spans(control.dead_zones), "from, to: nothing moves"),
        _line("falls", _spans(control.falls), "from, to: less light although the value rises"),
        _line("set", control.asked, "values as the driver takes them"),
        _line("light_ev", control.light_ev, really),
    ]
    if control.codes:
        lines.append(_line("codes", control.codes, "the device's own numbers of them"))
    if control.noise:
        lines.append(_line("noise", control.noise, "standard deviation of a mid-tone pixel, in code values"))
    return lines


def _delay(table: Mapping[str, Any] | None) -> Delay | None:
    if table is None:
        return None
    return Delay(
        frames=int(table["frames"]),
        shortest=int(table["shortest_frames"]),
        longest=int(table["longest_frames"]),
        trials=int(table["trials"]),
        latency_s=float(table.get("latency_s", 0.0)),
        write_s=float(table.get("write_s", 0.0)),
    )


def _control(table: Mapping[str, Any] | None) -> MeasuredControl | None:
    if table is None:
        return None
    return MeasuredControl(
        asked=_numbers(table["set"], float),
        light_ev=_numbers(table["light_ev"], float),
        advertised=Span(*_numbers(table["advertised"], float)),
        advertised_step=float(table["advertised_step"]),
        codes=_numbers(table.get("codes", ()), int),
        noise=_numbers(table.get("noise", ()), float),
        stepped=bool(table["stepped"]),
        read_back=ReadBack(table["read_back"]),
        dead_zones=tuple(Span(*_numbers(pair, float)) for pair in table["dead_zones"]),
        falls=tuple(Span(*_numbers(pair, float)) for pair in table["falls"]),
    )


def _response(table: Mapping[str, Any] | None) -> ResponseCurve | None:
    if table is None:
        return None
    codes, relative = _numbers(table["codes"], float), _numbers(table["relative"], float)
    curve = np.interp(np.arange(256), codes, relative)
    curve[-1] = 1.0
    if not np.all(np.diff(curve.astype(np.float32)) > 0):  # rounding made neighbours alike: a hair of slope
        curve = (curve + 1e-4 * np.arange(256) / 255) / (1 + 1e-4)
    return ResponseCurve("measured", curve.astype(np.float32))


def _numbers(values: Any, kind: Callable[[Any], Any]) -> tuple[Any, ...]:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise TypeError(f"a list was expected, given {values!r}")
    return tuple(kind(value) for value in values)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text was expected, given {value!r}")
    return value if value.isprintable() else plain(value, LONGEST_NOTE)  # such files are handed around


def _spans(spans: Sequence[Span]) -> list[tuple[float, float]]:
    return [(span.low, span.high) for span in spans]


def _optional(key: str, value: object, comment: str) -> list[str]:
    return [] if value is None else [_line(key, value, comment)]


def _line(key: str, value: object, comment: str = "") -> str:
    return f"{key} = {_value(value)}" + (f"  # {comment}" if comment else "")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(float(f"{value:.6g}"))
    if isinstance(value, str):
        return '"' + "".join(_escaped(character) for character in value) + '"'
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    raise TypeError(f"no way to write {value!r}")


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"
