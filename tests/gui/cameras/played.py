"""What cameras offer beside exposure: one that offers little, one that offers all there is."""

from autoexposure.abilities.adjustable import Adjustment, AdjustmentKind, Choice
from autoexposure.abilities.moded import PictureMode

SWITCH, NUMBER, CHOICE = AdjustmentKind.SWITCH, AdjustmentKind.NUMBER, AdjustmentKind.CHOICE

FEW = (
    Adjustment("white_balance_automatic", SWITCH, 1.0, default=1.0),
    Adjustment("brightness", NUMBER, 128.0, 0.0, 255.0, default=128.0),
    Adjustment("saturation", NUMBER, 60.0, 0.0, 100.0, default=50.0),
)
"""Three."""
MANY = (
    Adjustment("white_balance_automatic", SWITCH, 0.0, default=1.0),
    Adjustment("white_balance_temperature", NUMBER, 4600.0, 2800.0, 6500.0, 10.0, default=4000.0, unit="K"),
    Adjustment(
        "white_balance_preset",
        CHOICE,
        0.0,
        0.0,
        4.0,
        default=0.0,
        choices=tuple(map(Choice, range(5), ("Manual", "Incandescent", "Fluorescent", "Daylight", "Cloudy"))),
    ),
    Adjustment("red_balance", NUMBER, 128.0, 0.0, 255.0, default=128.0),
    Adjustment("blue_balance", NUMBER, 140.0, 0.0, 255.0, default=128.0),
    Adjustment("focus_automatic", SWITCH, 1.0, default=1.0),
    Adjustment("focus_distance", NUMBER, 30.0, 0.0, 250.0, 5.0, default=0.0, active=False),
    Adjustment(
        "power_line_frequency",
        CHOICE,
        1.0,
        0.0,
        2.0,
        default=2.0,
        choices=(Choice(0, "Off"), Choice(1, "50 Hz"), Choice(2, "60 Hz")),
    ),
    Adjustment("backlight_compensation", NUMBER, 0.0, 0.0, 4.0, default=0.0),
    Adjustment("brightness", NUMBER, -12.0, -64.0, 64.0, default=0.0),
    Adjustment("contrast", NUMBER, 32.0, 0.0, 64.0, default=32.0),
    Adjustment("saturation", NUMBER, 64.0, 0.0, 128.0, default=64.0),
    Adjustment("hue_automatic", SWITCH, 0.0, default=0.0),
    Adjustment("hue", NUMBER, 0.0, -40.0, 40.0, default=0.0),
    Adjustment("gamma", NUMBER, 100.0, 72.0, 500.0, default=100.0),
    Adjustment("sharpness", NUMBER, 3.0, 0.0, 6.0, default=3.0),
)
"""Every one there can be: seventeen, and with size, rate and format twenty."""
MODES = (
    PictureMode("MJPG", 1920, 1080, (30.0, 15.0)),
    PictureMode("YUYV", 1920, 1080, (5.0,)),
    PictureMode("MJPG", 1280, 720, (60.0, 30.0)),
    PictureMode("YUYV", 1280, 720, (10.0,)),
    PictureMode("YUYV", 640, 480, (30.0, 15.0)),
    PictureMode("MJPG", 640, 480, (60.0, 30.0)),
)
MODE = PictureMode("MJPG", 1280, 720, (30.0,))
