"""The default scene: a person in a dim room before a bright window, with a lamp beside her.

Composed at run time from two photographs in the public domain: NASA's portrait of Eileen Collins and SpaceX's
picture of a rocket on its pad, which the window looks out on. What is drawn is the room: wall, window frame, lamp.
It is rendered once for every light, as linear layers that add up.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from autoexposure.simulation.cutout import Cutout, Mask, cut_out_astronaut
from autoexposure.simulation.photograph import linearised
from autoexposure.simulation.scene import VGA
from autoexposure.simulation.sensor import Radiance

Floats = NDArray[np.floating]

WIDTH_PX, HEIGHT_PX = VGA
FIGURE_LEFT_PX, FIGURE_TOP_PX = 128, 22
WINDOW_LEFT_PX, WINDOW_TOP_PX, WINDOW_RIGHT_PX, WINDOW_BOTTOM_PX = 36, 14, 452, 350
LAMP_X_PX, LAMP_Y_PX = 566, 150
SHADE_DOWN_PX = 36

ROOM_DAYLIGHT = 0.05
"""Light that reaches the wall from the window's side, with the view outside at about 0.7: the face is five stops
below the sky, as in a room of some depth at noon."""

OUTSIDE_LIGHT = 3.0
LAMP_COLOUR = np.array([1.0, 0.78, 0.5], np.float32)
SKYLIGHT_COLOUR = np.array([0.93, 1.0, 1.09], np.float32)
WALL = np.array([0.50, 0.46, 0.40], np.float32)
FRAME_PAINT = np.array([0.78, 0.76, 0.72], np.float32)
SHADE_CLOTH = np.array([0.55, 0.50, 0.42], np.float32)
POLE_METAL = np.array([0.10, 0.09, 0.08], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PortraitLights:
    """The room in (480, 640, 3) float32, linear, in one unit.

    Attributes
    ----------
    daylight : with light through the window only.
    lamplight : what the lamp adds when it is on.
    """

    daylight: Radiance
    lamplight: Radiance


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """What there is behind the figure; all (480, 640) or (480, 640, 3).

    Attributes
    ----------
    reflectance : of wall and window frame.
    glass : 1 where one looks through the window.
    shade, pole : 1 where the lamp's shade and stand are.
    """

    reflectance: Radiance
    glass: Mask
    shade: Mask
    pole: Mask


def portrait_lights(portrait: NDArray[np.uint8], launch_pad: NDArray[np.uint8]) -> PortraitLights:
    """Render the room from the (512, 512, 3) portrait and the (427, 640, 3) picture of the pad, both RGB."""
    cutout = cut_out_astronaut(portrait)
    figure = Cutout(_placed(cutout.light), _placed(cutout.alpha))
    room = _room()
    return PortraitLights(_daylight(figure, room, _outside(linearised(launch_pad))), _lamplight(figure, room))


def _daylight(figure: Cutout, room: Room, outside: Radiance) -> Radiance:
    x, y = _pixel_grid()
    falls_in = 0.75 + 0.5 * np.exp(-(((x - 250) / 260) ** 2) - ((y - 380) / 260) ** 2)
    skylight = (ROOM_DAYLIGHT * falls_in)[..., np.newaxis] * SKYLIGHT_COLOUR
    behind = _over(room.reflectance * skylight, outside * np.float32(OUTSIDE_LIGHT), room.glass)
    behind = _over(behind, np.broadcast_to(POLE_METAL * ROOM_DAYLIGHT, behind.shape), room.pole)
    round_shade = (1 - 0.25 * np.abs(x - LAMP_X_PX) / 46)[..., np.newaxis]
    behind = _over(behind, SHADE_CLOTH * round_shade * np.float32(0.9 * ROOM_DAYLIGHT), room.shade)
    lit_figure = figure.light * (SKYLIGHT_COLOUR * np.float32(1.15 * ROOM_DAYLIGHT))
    # The window's light creeps round the edges of hair and shoulders.
    edge = (figure.alpha * (1 - _blurred(figure.alpha, 5)))[..., np.newaxis]
    creeping = _blurred(behind, 14) * edge * np.float32(0.25) * (np.float32(0.3) + figure.light)
    return _through_lens(_over(behind, lit_figure + creeping, figure.alpha), glare=0.012)


def _lamplight(figure: Cutout, room: Room) -> Radiance:
    x, y = _pixel_grid()
    pool = 0.5 / (1 + ((x - LAMP_X_PX) ** 2 + (y - LAMP_Y_PX) ** 2) / 110**2)
    wall = room.reflectance * pool[..., np.newaxis] * LAMP_COLOUR
    behind = _over(wall, np.full_like(wall, 0.004), room.glass)
    behind = _over(behind, np.broadcast_to(POLE_METAL * np.float32(0.15), behind.shape), room.pole)
    bulb = np.exp(-(((x - LAMP_X_PX) / 30) ** 2) - ((y - LAMP_Y_PX - 6) / 42) ** 2)
    behind = _over(behind, (0.6 + 1.6 * bulb)[..., np.newaxis] * LAMP_COLOUR, room.shade)
    # The lamp stands to the right: it lights the near side more, and surfaces that turn towards it most.
    nearness = np.clip((x - 100) / 480, 0, 1) ** 1.3
    to_the_right = -np.asarray(cv2.Sobel(_blurred(figure.alpha, 18), cv2.CV_32F, 1, 0), np.float32)
    turned = np.clip(to_the_right / np.abs(to_the_right).max(), 0, 1)
    lit_figure = figure.light * LAMP_COLOUR * (0.16 + 0.30 * nearness + 0.25 * turned)[..., np.newaxis]
    return _through_lens(_over(behind, lit_figure, figure.alpha), glare=0.02)


def _outside(launch_pad: Radiance) -> Radiance:
    """The view through the window, (480, 640, 3), 0 elsewhere: the dusk of the photograph made day."""
    width, height = WINDOW_RIGHT_PX - WINDOW_LEFT_PX, WINDOW_BOTTOM_PX - WINDOW_TOP_PX
    rocket_px, rocket_in_window_px = 320, 120
    left = rocket_px - rocket_in_window_px
    view = launch_pad[-height - 8 : -8, left : left + width]
    flat = np.power(np.maximum(view, np.float32(1e-4)), np.float32(0.6))
    grey = flat.mean(axis=2, keepdims=True)
    pale = grey + np.float32(0.7) * (flat - grey)
    above_horizon = np.arange(height, 0, -1, dtype=np.float32)[:, np.newaxis, np.newaxis]
    haze = np.exp(-((above_horizon / 90) ** 2)) * np.array([0.30, 0.20, 0.12], np.float32)
    seen = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.float32)
    seen[WINDOW_TOP_PX:WINDOW_BOTTOM_PX, WINDOW_LEFT_PX:WINDOW_RIGHT_PX] = _blurred(pale + haze, 1.2)
    return seen


def _room() -> Room:
    grain = _blurred(np.random.default_rng(1).standard_normal((HEIGHT_PX, WIDTH_PX), dtype=np.float32), 3)
    reflectance = WALL * (1 + np.float32(0.015) * grain / grain.std())[..., np.newaxis]
    glass = np.zeros((HEIGHT_PX, WIDTH_PX), np.float32)
    left, top, right, bottom = WINDOW_LEFT_PX, WINDOW_TOP_PX, WINDOW_RIGHT_PX, WINDOW_BOTTOM_PX
    wood_px, sash_px = 15, 6
    reflectance[max(top - wood_px, 0) : bottom + wood_px, left - wood_px : right + wood_px] = FRAME_PAINT
    glass[top:bottom, left:right] = 1
    post, bar = left + (right - left) // 2 - 40, top + 85
    for across in (
        np.s_[top:bottom, post - sash_px : post + sash_px],
        np.s_[bar - sash_px : bar + sash_px, left:right],
    ):
        glass[across] = 0
        reflectance[across] = FRAME_PAINT * 0.92
    reflectance[top:bottom, right : right + 3] = FRAME_PAINT * 0.45
    reflectance[top:bottom, left - 3 : left] = FRAME_PAINT * 0.6
    sill = bottom + wood_px - 4
    reflectance[sill : sill + 16, left - 26 : right + 26] = FRAME_PAINT * 1.05
    reflectance[sill + 16 : sill + 24, left - 26 : right + 26] = WALL * 0.35
    pole = np.zeros((HEIGHT_PX, WIDTH_PX), np.float32)
    pole[LAMP_Y_PX + SHADE_DOWN_PX :, LAMP_X_PX - 3 : LAMP_X_PX + 3] = 1
    return Room(_blurred(reflectance, 0.9), _blurred(glass, 0.8), _lamp_shade(), pole)


def _lamp_shade() -> Mask:
    """Drawn four times as large and shrunk: smooth edges."""
    around = np.array([(-26, -42), (26, -42), (46, SHADE_DOWN_PX), (-46, SHADE_DOWN_PX)])
    corners = around + np.array([LAMP_X_PX, LAMP_Y_PX])
    large = np.zeros((HEIGHT_PX * 4, WIDTH_PX * 4), np.uint8)
    cv2.fillPoly(large, [(corners * 4).astype(np.int32)], 255)
    return np.asarray(cv2.resize(large, VGA, interpolation=cv2.INTER_AREA), np.float32) / np.float32(255)


def _placed(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """The portrait, (512, 512) or (512, 512, 3), at its place in the frame, its lowest rows cut off."""
    frame: NDArray[np.float32] = np.zeros((HEIGHT_PX, WIDTH_PX, *picture.shape[2:]), np.float32)
    frame[FIGURE_TOP_PX:, FIGURE_LEFT_PX:] = picture[: HEIGHT_PX - FIGURE_TOP_PX, : WIDTH_PX - FIGURE_LEFT_PX]
    return frame


def _through_lens(light: Radiance, glare: float) -> Radiance:
    """Every lens spreads a little of the light over its surroundings."""
    small = cv2.resize(light, (WIDTH_PX // 4, HEIGHT_PX // 4), interpolation=cv2.INTER_AREA)
    spread = cv2.resize(_blurred(np.asarray(small, np.float32), 12), VGA)
    return np.asarray(light + np.float32(glare) * spread, np.float32)


def _over(below: Floats, above: Floats, mask: Mask) -> Radiance:
    cover = mask[..., np.newaxis]
    return np.asarray(below * (1 - cover) + above * cover, np.float32)


def _blurred(picture: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), np.float32)


def _pixel_grid() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Column and row numbers, both (480, 640)."""
    rows, columns = np.indices((HEIGHT_PX, WIDTH_PX), np.float32)
    return columns, rows
