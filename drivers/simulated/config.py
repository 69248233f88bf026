"""What a simulated camera is like, and reading that from the text of ``sim:key=value,key=value``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from autoexposure.abilities.moded import PictureMode
from autoexposure.camera import Capabilities, ControlRange
from autoexposure.errors import ConfigError
from autoexposure.files.bounded import parse_ratio
from autoexposure.simulation.light import Drifting, Light, Switched
from autoexposure.simulation.panorama import PAN_DEG_PER_S
from autoexposure.simulation.scene import Size
from drivers.simulated.disobedience import DEAF

LIGHTS: Mapping[str, Light] = {
    "switch": Switched(first=1.0, second=1 / 6),
    "dim": Drifting(delta_ev=-3.0),
}
"""Light that can be put on any scene: a lamp that leaves a sixth when it is off, a dimmer that goes down by 3 EV."""

SIZES_PX = ((1280, 720), (640, 480), (320, 240))
RATES_FPS = (60.0, 30.0, 15.0)
"""What it offers, as a webcam does, beside what it was opened with."""

MODE_KEYS = ("width", "height", "fps")


@dataclass(frozen=True, slots=True)
class SimulatedConfig:
    """A simulated camera. Every field is a key of the specification.

    Attributes
    ----------
    scene : name of a built-in scene, or path of a file or folder.
    light : ``story`` is what the scene brings along (nothing, if it is a file), ``steady`` never changes,
        ``switch`` and ``dim`` change the light on all of the scene.
    pan : how fast to look around in a panorama, in degrees per second.
    moving : speed at which a subject goes from side to side before the scene after its first 15 s, in pixels a second;
        it is smeared by as much as it moves during the exposure. 0 is no subject.
    width, height : of the picture in pixels.
    fps : frames per second, as long as the exposure time allows it.
    delay : frames between a setting and the first picture that shows it, 0 to 8; 0 is the very next one.
    start_ev : how far from an average meter's wish the camera starts.
    time_step : distance of neighbouring exposure times in seconds, and the shortest (UVC: 100 us); 0 is continuous.
    max_time : longest exposure time in seconds.
    slow_frames : a time longer than the frame interval slows the frames; ``off`` cuts it to the interval.
    max_gain : highest linear gain; the lowest is 1.
    gain_steps : number of gains; 0 is continuous.
    gain_law : ``linear`` spaces the gains evenly, ``db`` in even ratios.
    noise : photon and read noise.
    seed : of the noise.
    mains : 50 or 60 lights the scene with lamps that flicker at twice that frequency; 0 does not.
    native : start with the firmware's own auto exposure on.
    report : frames carry the exposure that made them, which webcams don't do.
    deaf : ``time``, ``gain`` or ``both`` is ignored, as by some firmware; ``none`` obeys.
    cured : it obeys once its own automatic was on.
    echo : what it ignores reads back as if it had obeyed.
    controls : ``none``, ``few`` or ``many`` controls beside exposure.
    wb_speed : share of its error that the automatic white balance corrects every frame, misled by what is over-exposed;
        0 is one that can't be misled.
    """

    scene: str = "portrait"
    light: str = "story"
    pan: float = PAN_DEG_PER_S
    moving: float = 0.0
    width: int = 640
    height: int = 480
    fps: float = 30.0
    delay: int = 2
    start_ev: float = -3.0
    time_step: float = 1e-4
    max_time: float = 0.5
    slow_frames: bool = True
    max_gain: float = 16.0
    gain_steps: int = 241
    gain_law: str = "linear"
    noise: bool = True
    seed: int = 0
    mains: int = 0
    native: bool = False
    report: bool = False
    deaf: str = "none"
    cured: bool = False
    echo: bool = False
    controls: str = "few"
    wb_speed: float = 0.0

    def __post_init__(self) -> None:
        self._check("scene", bool(self.scene), "a name, a file or a folder")
        self._check("light", self.light in {"story", "steady", *LIGHTS}, "story, steady, switch or dim")
        self._check("pan", abs(self.pan) <= 360, "degrees per second up to 360")
        self._check("moving", 0 <= self.moving <= 10_000, "0 to 10000 pixels per second")
        self._check("width", 16 <= self.width <= 4096, "16 to 4096 pixels")
        self._check("height", 16 <= self.height <= 4096, "16 to 4096 pixels")
        self._check("fps", 0.1 <= self.fps <= 240, "0.1 to 240 frames per second")
        self._check("delay", 0 <= self.delay <= 8, "0 to 8 frames")
        self._check("start_ev", abs(self.start_ev) <= 20, "-20 to 20 EV")
        self._check("time_step", 0 <= self.time_step <= self.max_time, "0 to max_time seconds")
        self._check("max_time", SHORTEST_S <= self.max_time <= 60, "0.00001 to 60 seconds")
        self._check("max_gain", 1 <= self.max_gain <= 1024, "1 to 1024")
        self._check("gain_steps", 0 <= self.gain_steps <= 65536, "0 to 65536 gains")
        self._check("gain_law", self.gain_law in ("linear", "db"), "linear or db")
        self._check("seed", self.seed >= 0, "0 or above")
        self._check("deaf", self.deaf in DEAF, "none, time, gain or both")
        self._check("wb_speed", 0 <= self.wb_speed <= 1, "0 to 1")
        self._check("controls", self.controls in ("none", "few", "many"), "none, few or many")
        self._check("mains", self.mains in (0, 50, 60), "50 or 60 hertz, or 0 for off")

    def _check(self, key: str, good: bool, expected: str) -> None:
        if not good:
            raise ConfigError(f"{key} of a simulated camera must be {expected}, given {getattr(self, key)}")

    @property
    def size(self) -> Size:
        """Width and height of its pictures."""
        return Size(self.width, self.height)

    @property
    def frame_interval_s(self) -> float:
        """Nominal time between two pictures."""
        return 1 / self.fps

    @property
    def mode(self) -> PictureMode:
        """Size and rate of its pictures; there is no format to choose."""
        return PictureMode("", self.width, self.height, (self.fps,))

    def modes(self) -> tuple[PictureMode, ...]:
        """Every mode it offers, largest first."""
        sizes = sorted({*SIZES_PX, (self.width, self.height)}, key=lambda size: -size[0] * size[1])
        rates = tuple(sorted({*RATES_FPS, self.fps}, reverse=True))
        return tuple(PictureMode("", width, height, rates) for width, height in sizes)

    def capabilities(self) -> Capabilities:
        """What a program may know of this camera."""
        return Capabilities(
            time_s=self._times(),
            gain=self._gains(),
            native_auto=True,
            reports_exposure=self.report,
            delay_frames=(self.delay, self.delay),
        )

    def _times(self) -> ControlRange:
        longest_s = self.max_time if self.slow_frames else min(self.max_time, self.frame_interval_s)
        if not self.time_step:
            return ControlRange(min(SHORTEST_S, longest_s), longest_s)
        steps = max(1, math.floor(longest_s / self.time_step + 1e-6))
        return ControlRange(self.time_step, steps * self.time_step, self.time_step)

    def _gains(self) -> ControlRange:
        if self.gain_steps == 1 or self.max_gain == 1:
            return ControlRange(1.0, 1.0)
        if not self.gain_steps:
            return ControlRange(1.0, self.max_gain)
        intervals = self.gain_steps - 1
        if self.gain_law == "linear":
            return ControlRange(1.0, self.max_gain, (self.max_gain - 1) / intervals)
        ratios = tuple(self.max_gain ** (index / intervals) for index in range(self.gain_steps))
        return ControlRange(1.0, ratios[-1], values=ratios)


SHORTEST_S = 1e-5
"""Shortest exposure time of a camera without steps: what fast webcam sensors reach."""


def parse_simulated(text: str) -> SimulatedConfig:
    """Read what stands behind ``sim:``. A comma belongs to a value unless ``word=`` follows it.

    Raises
    ------
    ConfigError
        For an unknown key or a bad value.
    """
    values: dict[str, object] = {}
    for part in _parts(text):
        key, equals, value = part.partition("=")
        key = key.strip()
        if key not in KEYS:
            given = f"{key}=" if equals else part
            raise ConfigError(f"a simulated camera has the keys {', '.join(KEYS)}, given {given!r}")
        if key in values:
            raise ConfigError(f"{key} of a simulated camera is given twice")
        read, expected = READERS[KEYS[key]]
        try:
            values[key] = read(value.strip())
        except (ValueError, ZeroDivisionError, OverflowError) as error:
            raise ConfigError(f"{key} of a simulated camera must be {expected}, given {value!r}") from error
    return SimulatedConfig(**values)  # type: ignore[arg-type]  # each value was read as its field's type


def in_mode(text: str, mode: PictureMode) -> str:
    """``text``, as behind ``sim:``, with another size and rate."""
    rate = [f"fps={mode.rates_fps[0]:g}"] if mode.rates_fps else []
    parts = [without_mode(text), f"width={mode.width_px}", f"height={mode.height_px}", *rate]
    return ",".join(filter(None, parts))


def without_mode(text: str) -> str:
    """``text``, as behind ``sim:``, without size and rate: which camera it is."""
    return ",".join(part for part in _parts(text) if part.partition("=")[0].strip() not in MODE_KEYS)


def _parts(text: str) -> list[str]:
    return re.split(r",\s*(?=\w+=)", text.strip()) if text.strip() else []


def _switch(text: str) -> bool:
    words = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]


KEYS: Mapping[str, str] = {field.name: str(field.type) for field in fields(SimulatedConfig)}
"""Key -> name of its type."""

READERS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "str": (str, "text"),
    "int": (int, "a whole number"),
    "float": (parse_ratio, "a number, as 0.02 or 1/50"),
    "bool": (_switch, "on or off"),
}
"""Name of a type -> what reads it, and what it expects in words."""
