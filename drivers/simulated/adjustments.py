"""The simulated camera's controls beside exposure: what webcams have, from two of them to fourteen."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.abilities.adjustable import AUTOMATICS, NAMES, Adjustment, AdjustmentKind, Choice
from autoexposure.errors import UnsupportedControl
from autoexposure.frame import Pixels
from drivers.simulated.white_balance import NEUTRAL_K, TEMPERATURES_K, AutoWhiteBalance, channel_gains

_SWITCH, _NUMBER, _CHOICE = AdjustmentKind.SWITCH, AdjustmentKind.NUMBER, AdjustmentKind.CHOICE

SHARP_AT = 60
"""Focus distance at which the scene is sharp, where the autofocus holds it."""

BLUR_PX = 0.05
"""Radius of the blur for each step away from there, for a picture 640 pixels wide."""

POWER_LINES_HZ = (0, 50, 60)
"""What the entries of ``power_line_frequency`` mean to the firmware's own automatic exposure."""

EVERY = (
    Adjustment("white_balance_automatic", _SWITCH, 1, default=1),
    Adjustment("white_balance_temperature", _NUMBER, NEUTRAL_K, *TEMPERATURES_K, 10, default=NEUTRAL_K, unit="K"),
    Adjustment("red_balance", _NUMBER, 128, 0, 255, default=128),
    Adjustment("blue_balance", _NUMBER, 128, 0, 255, default=128),
    Adjustment("focus_automatic", _SWITCH, 1, default=1),
    Adjustment("focus_distance", _NUMBER, SHARP_AT, 0, 255, 5, default=SHARP_AT),
    Adjustment(
        "power_line_frequency",
        _CHOICE,
        0,
        default=0,
        choices=tuple(Choice(entry, f"{hz} Hz" if hz else "off") for entry, hz in enumerate(POWER_LINES_HZ)),
    ),
    Adjustment("backlight_compensation", _NUMBER, 0, 0, 2, default=0),
    Adjustment("brightness", _NUMBER, 0, -64, 64, default=0),
    Adjustment("contrast", _NUMBER, 32, 0, 64, default=32),
    Adjustment("saturation", _NUMBER, 64, 0, 128, default=64),
    Adjustment("hue", _NUMBER, 0, -40, 40, default=0),
    Adjustment("gamma", _NUMBER, 100, 72, 500, default=100),
    Adjustment("sharpness", _NUMBER, 0, 0, 7, default=0),
)
"""As they are when the camera gets its power; at their defaults none of them changes a picture."""

AMOUNTS = {
    "none": (),
    "few": ("white_balance_automatic", "white_balance_temperature"),
    "many": tuple(NAMES),
}
"""Which of them a camera has, by the word behind ``controls=``."""


class SimulatedAdjustments:
    """The controls of one camera, from the moment it gets its power.

    Parameters
    ----------
    amount : a key of ``AMOUNTS``.
    balance : its automatic white balance.
    """

    def __init__(self, amount: str, balance: AutoWhiteBalance) -> None:
        self._there = {each.name: each for each in EVERY if each.name in AMOUNTS[amount]}
        self._values = {each.name: each.value for each in EVERY}
        self._balance = balance

    def __getitem__(self, name: str) -> float:
        if name == "white_balance_temperature" and self._held(name):
            return round(self._balance.temperature_k)
        return self._values[name]

    def now(self) -> tuple[Adjustment, ...]:
        """All of them, in the order of ``NAMES``."""
        return tuple(replace(each, value=self[name], active=not self._held(name)) for name, each in self._there.items())

    def set(self, name: str, value: float) -> float:
        """Set one; return its value then. Raises UnsupportedControl if it isn't there, or its automatic has it."""
        if name not in self._there:
            raise UnsupportedControl(f"the simulated camera has no control {name}")
        if self._held(name):
            raise UnsupportedControl(f"{name} of the simulated camera is set by itself: switch {AUTOMATICS[name]} off")
        if name == "white_balance_automatic":  # either goes on from where the other has brought it
            self._balance.begin(self["white_balance_temperature"])
            self._values["white_balance_temperature"] = self["white_balance_temperature"]
        if name == "focus_automatic" and value:
            self._values["focus_distance"] = SHARP_AT
        self._values[name] = self._there[name].nearest(value)
        return self._values[name]

    @property
    def gains(self) -> NDArray[np.float32]:
        """(3,): what red, green and blue light are multiplied by."""
        if self["white_balance_automatic"]:
            return channel_gains(self._balance.temperature_k)
        by_hand = np.array([self["red_balance"] / 128, 1, self["blue_balance"] / 128], np.float32)
        return channel_gains(self["white_balance_temperature"]) * by_hand

    def finish(self, pixels: Pixels) -> Pixels:
        """A picture as these controls leave it: focus, sharpness, tone, colour."""
        changed = {each.name for each in EVERY if self[each.name] != each.default}
        if "focus_distance" in changed:
            radius_px = BLUR_PX * abs(self["focus_distance"] - SHARP_AT) * pixels.shape[1] / 640
            pixels = cv2.GaussianBlur(pixels, (0, 0), max(radius_px, 0.1))  # type: ignore[assignment]  # stays uint8
        if "sharpness" in changed:
            share = self["sharpness"] / 7
            pixels = cv2.addWeighted(pixels, 1 + share, cv2.GaussianBlur(pixels, (0, 0), 1.0), -share, 0)  # type: ignore[assignment]  # stays uint8
        if changed & {"brightness", "contrast", "gamma"}:
            pixels = np.take(self._tone_curve(), pixels)
        if changed & {"saturation", "hue"}:
            pixels = self._coloured(pixels)
        return pixels

    def _held(self, name: str) -> bool:
        """Whether its automatic has it."""
        return bool(self._values.get(AUTOMATICS.get(name, ""), 0))

    def _tone_curve(self) -> Pixels:
        levels = np.linspace(0, 1, 256) ** (100 / self["gamma"])
        levels = (levels - 0.5) * (self["contrast"] / 32) + 0.5 + self["brightness"] / 255
        return np.rint(np.clip(levels, 0, 1) * 255).astype(np.uint8)

    def _coloured(self, pixels: Pixels) -> Pixels:
        """Chroma stretched and turned around grey, which keeps the brightness of every pixel."""
        angle, share = np.deg2rad(self["hue"]), self["saturation"] / 64
        turn = share * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb).astype(np.float32)
        luma[..., 1:] = (luma[..., 1:] - 128) @ turn.T + 128
        return np.asarray(cv2.cvtColor(np.clip(np.rint(luma), 0, 255).astype(np.uint8), cv2.COLOR_YCrCb2RGB), np.uint8)
