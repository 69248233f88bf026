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

from autoexposure.simulation.photograph import linearised
from autoexposure.simulation.scene import VGA
from autoexposure.simulation.sensor import Radiance

Floats = NDArray[np.floating]

Mask = NDArray[np.float32]
"""(H, W) float32, 0..1."""

# fmt: off
OUTLINE_PX = np.array([
    # hair and the right side of the face, ring of the suit, shoulder
    (232, 16), (255, 20), (272, 30), (285, 42), (296, 62), (301, 82), (300, 100), (294, 115), (284, 127), (274, 133),
    (267, 137), (264, 150), (259, 163), (256, 173), (275, 185), (290, 200), (301, 220), (306, 236), (322, 243),
    (338, 258), (350, 278), (358, 300), (363, 330), (363, 350),
    # helmet, down to the corner of the photograph
    (375, 347), (395, 344), (412, 345), (435, 352), (460, 368), (480, 395), (492, 425), (497, 455), (505, 455),
    (512, 462), (512, 512),
    # left arm upwards, ring, the left side of the face
    (41, 512), (26, 470), (19, 436), (22, 424), (28, 328), (32, 300), (40, 281), (66, 244), (94, 225), (111, 206),
    (115, 187), (124, 173), (141, 157), (162, 149), (185, 149), (182, 132), (176, 122), (166, 113), (157, 96),
    (154, 80), (155, 66), (162, 52), (178, 40), (192, 30), (206, 21),
], np.int32)
# fmt: on
"""(N, 2) column, row: where the astronaut ends, to some 4 pixels, in the 512x512 portrait; drawn by hand."""

UNSURE_PX = 8
"""The true edge is looked for this far to either side of the outline."""

EDGE_RADIUS_PX = 4
"""Half the width of the window in which the edge is fitted to the brightness of the picture."""

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
class Cutout:
    """A figure without its background.

    Attributes
    ----------
    light : (H, W, 3) float32, linear 0..1, the photograph.
    alpha : (H, W) float32, 1 where the figure is, 0 where it isn't.
    """

    light: Radiance
    alpha: Mask


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
    cutout = _cut_out(portrait)
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


def _cut_out(portrait: NDArray[np.uint8]) -> Cutout:
    """Cut the figure out of the (512, 512, 3) RGB portrait.

    Grab-cut (Rother and others 2004) decides in a band around the outline, at half size because that takes a quarter
    of the time; a guided filter (He and others 2010) then lets the edge follow hair and cloth at full size.
    """
    half = cv2.resize(portrait, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    drawn = np.zeros(half.shape[:2], np.uint8)
    cv2.fillPoly(drawn, [OUTLINE_PX // 2], 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (UNSURE_PX + 1, UNSURE_PX + 1))
    surely_in = cv2.erode(drawn, disc, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    maybe_in = cv2.dilate(drawn, disc)
    labels = np.where(drawn > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[surely_in > 0] = cv2.GC_FGD
    labels[maybe_in == 0] = cv2.GC_BGD
    cv2.setRNGSeed(0)
    no_rectangle = (0, 0, 1, 1)
    cv2.grabCut(half, labels, no_rectangle, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    inside = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.float32)
    hard = np.asarray(cv2.resize(inside, (portrait.shape[1], portrait.shape[0])), np.float32)
    grey = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    soft = _guided(grey, hard)
    # Stretched, so that faint haze around the figure goes and what is nearly solid is solid.
    return Cutout(linearised(portrait), np.clip((soft - 0.1) / 0.85, 0, 1))


def _guided(guide: NDArray[np.floating], mask: Mask, flat_variance: float = 1e-3) -> Mask:
    """The mask as a locally linear function of the guide's brightness."""

    def mean(values: NDArray[np.floating]) -> Mask:
        side = 2 * EDGE_RADIUS_PX + 1
        return np.asarray(cv2.blur(values, (side, side)), np.float32)

    guide_mean, mask_mean = mean(guide), mean(mask)
    covariance = mean(guide * mask) - guide_mean * mask_mean
    variance = mean(guide * guide) - guide_mean * guide_mean
    slope = covariance / (variance + np.float32(flat_variance))
    offset = mask_mean - slope * guide_mean
    return np.asarray(mean(slope) * guide + mean(offset), np.float32)


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
