"""What libcamera offers beside exposure. It begins anew with each opening, so that nothing outlives the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from autoexposure.abilities.adjustable import Adjustment, AdjustmentKind
from drivers.common.adjustment_set import Knob
from drivers.picamera2.pictures import Picamera2, Picamera2Pictures

TONES = {"brightness": "Brightness", "contrast": "Contrast", "saturation": "Saturation", "sharpness": "Sharpness"}

STEP = 0.05
"""libcamera's tones are continuous, from -1 to 1 or from 0 to some 32, with 0 or 1 for unchanged."""

AF_MANUAL, AF_CONTINUOUS = 0, 2
LENS_STEP_DIOPTRES = 0.1


def picamera2_knobs(
    camera: Picamera2, pictures: Picamera2Pictures, write: Callable[[dict[str, object]], None]
) -> Iterator[Knob]:
    """The controls of an open Picamera2, in libcamera's own scales; ``write`` sets some by libcamera's names."""
    controls = camera.camera_controls
    if "AwbEnable" in controls:
        yield _switch("white_balance_automatic", lambda on: write({"AwbEnable": on}))
    if "ColourTemperature" in controls:  # settable since libcamera 0.5; before, pictures only tell it
        yield _number(
            "white_balance_temperature",
            controls["ColourTemperature"],
            float(str(pictures.metadata.get("ColourTemperature", 0))),
            100.0,
            lambda kelvin: write({"ColourTemperature": round(kelvin)}),
            unit="K",
        )
    if "AfMode" in controls and "LensPosition" in controls:
        yield _switch(
            "focus_automatic",
            lambda on: write({"AfMode": AF_CONTINUOUS if on else AF_MANUAL}),
            on=_usual(controls["AfMode"]) > 0,
        )
        yield _number(
            "focus_distance",
            controls["LensPosition"],
            float(str(pictures.metadata.get("LensPosition", 0))),
            LENS_STEP_DIOPTRES,
            lambda dioptres: write({"LensPosition": dioptres}),
            unit="dpt",
        )
    for name, libcameras in TONES.items():
        if libcameras in controls:
            span = controls[libcameras]
            yield _number(name, span, _usual(span), STEP, partial(_write_one, write, libcameras))


def _write_one(write: Callable[[dict[str, object]], None], name: str, value: float) -> None:
    write({name: value})


def _switch(name: str, write: Callable[[bool], None], *, on: bool = True) -> Knob:
    adjustment = Adjustment(name, AdjustmentKind.SWITCH, int(on), default=int(on))
    return Knob(adjustment, None, lambda value: write(bool(value)))


def _number(
    name: str,
    control: tuple[float, float, object],
    now: float,
    step: float,
    write: Callable[[float], None],
    unit: str = "",
) -> Knob:
    least, greatest = float(control[0]), float(control[1])
    usual = _usual(control)
    adjustment = Adjustment(
        name,
        AdjustmentKind.NUMBER,
        min(max(now, least), greatest),
        least,
        greatest,
        step,
        default=usual if least <= usual <= greatest else None,
        unit=unit,
    )
    return Knob(adjustment, None, write)


def _usual(control: tuple[float, float, object]) -> float:
    """Libcamera's third value; some controls have none."""
    return float(control[2]) if isinstance(control[2], int | float) else float(control[0])
