"""Shutter speed and ISO of a still camera, as choices; and the dial settings that let them be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autoexposure.camera import Capabilities, Settings
from autoexposure.errors import CameraError, UnsupportedControl
from autoexposure.exposure import Exposure, believed_exposure
from drivers.gphoto2.choices import Choices, iso_number, shutter_seconds
from drivers.gphoto2.link import Gphoto2Link

TIME_ENTRIES = ("shutterspeed2", "shutterspeed")
"""Nikon has both; the first writes fractions, the second rounds to 0.0001 s."""
ISO_ENTRIES = ("iso",)
MODE_ENTRIES = ("expprogram", "autoexposuremode")
AUTO_ISO_ENTRIES = ("autoiso", "isoauto")

MANUAL = ("m", "manual")
AUTOMATIC = ("p", "auto", "program")

DELAY_FRAMES = (0, 10)

NOTHING = "This still camera lets neither shutter speed nor ISO be set from here: live view and metering work."
NO_ISO = "This still camera sets the shutter speed but not the ISO."
NO_TIME = "This still camera sets the ISO but not the shutter speed."


@dataclass(frozen=True, slots=True)
class Entries:
    """Which configuration entries this camera has for what; empty where it has none."""

    time: str
    iso: str
    mode: str
    auto_iso: str


class Gphoto2Exposure:
    """The exposure of one camera; all but ``capabilities`` and ``texts_for`` run on the thread of its link.

    Parameters
    ----------
    frame_interval_s : what an exposure counts as where its time can't be set.
    """

    def __init__(self, link: Gphoto2Link, name: str, frame_interval_s: float) -> None:
        self._link = link
        self._name = name
        self._frame_s = frame_interval_s
        self._entries = Entries(*map(self._first, (TIME_ENTRIES, ISO_ENTRIES, MODE_ENTRIES, AUTO_ISO_ENTRIES)))
        self._modes = link.choices(self._entries.mode) if self._entries.mode else ()
        self._auto_iso = link.choices(self._entries.auto_iso) if self._entries.auto_iso else ()
        self._times, self._isos = Choices.times(()), Choices.isos(())
        self._read_choices()

    @property
    def capabilities(self) -> Capabilities:
        """What can be set, for the rest of the program."""
        time_s = self._times.range()
        base = self._isos.numbers[0] if self._isos.numbers else 100.0
        gain = self._isos.range(1 / base)
        note = NOTHING if time_s is None and gain is None else NO_ISO if gain is None else NO_TIME
        return Capabilities(
            time_s,
            gain,
            native_auto=self._mode(AUTOMATIC) is not None and self._mode_writable,
            delay_frames=DELAY_FRAMES,
            base_iso=round(base),
            note=note if time_s is None or gain is None else "",
        )

    def now(self) -> Exposure | None:
        """What is set; None where the camera decides."""
        if self._modes and self._link.value(self._entries.mode).lower() not in MANUAL:
            return None
        time_s, gain = self._frame_s, 1.0
        if self._times.range() is not None:
            shown = shutter_seconds(self._link.value(self._entries.time))
            if shown is None:
                return None
            time_s = shown
        if self._isos.range() is not None:
            number = iso_number(self._link.value(self._entries.iso))
            if number is None:
                return None
            gain = number / self._isos.numbers[0]
        return believed_exposure(time_s, gain)

    def settings(self) -> Settings:
        """As Camera.settings: seconds, ISO (0 = not a number, such as Auto), places in the camera's list of modes."""
        entries = self._entries
        found: dict[str, int | float] = {}
        if entries.time:
            found["time_s"] = shutter_seconds(self._link.value(entries.time)) or 0.0
        if entries.iso:
            found["iso"] = iso_number(self._link.value(entries.iso)) or 0.0
        for key, entry, choices in (
            ("mode", entries.mode, self._modes),
            ("auto_iso", entries.auto_iso, self._auto_iso),
        ):
            value = self._link.value(entry) if entry else ""
            if value in choices:
                found[key] = choices.index(value)
        return found

    def restore(self, settings: Settings) -> None:
        """As Camera.restore: the values while the camera takes them, then who decides over them."""
        entries = self._entries
        if settings.get("time_s") and self._times.numbers:
            self._set(entries.time, self._times.nearest(settings["time_s"]))
        if "iso" in settings and entries.iso:
            iso = settings["iso"]
            text = self._isos.nearest(iso) if iso and self._isos.numbers else self._isos.automatic()
            if text is not None:
                self._set(entries.iso, text)
        for key, entry, choices in (
            ("auto_iso", entries.auto_iso, self._auto_iso),
            ("mode", entries.mode, self._modes),
        ):
            place = int(settings.get(key, -1))
            if not 0 <= place < len(choices):
                continue
            self._set(entry, choices[place])
            if self._link.value(entry) != choices[place]:
                raise CameraError(f"{self._name} did not go back to {choices[place]}: set it on the camera")

    def take(self) -> None:
        """As Camera.take_control."""
        if (manual := self._mode(MANUAL)) is not None:
            self._set(self._entries.mode, manual)
            if self._link.value(self._entries.mode) != manual:
                raise UnsupportedControl(f"{self._name} stays automatic: turn its mode dial to M")
            self._read_choices()  # some cameras list other speeds under the automatic, or none
        if not self.capabilities.controls_exposure:
            raise UnsupportedControl(NOTHING)
        off = next((text for text in self._auto_iso if text.lower() == "off"), None)
        if off is not None:
            self._set(self._entries.auto_iso, off)
        if self._isos.numbers and iso_number(self._link.value(self._entries.iso)) is None:
            self._set(self._entries.iso, self._isos.texts[0])

    def texts_for(self, exposure: Exposure) -> dict[str, str]:
        """The choices nearest to ``exposure``, by entry. Raises UnsupportedControl if there are none."""
        texts: dict[str, str] = {}
        if self._times.range() is not None:
            texts[self._entries.time] = self._times.nearest(exposure.time_s)
        if self._isos.range() is not None:
            texts[self._entries.iso] = self._isos.nearest(exposure.gain * self._isos.numbers[0])
        if not texts:
            raise UnsupportedControl(NOTHING)
        return texts

    def exposure_of(self, texts: Mapping[str, str]) -> Exposure:
        """What choices made by ``texts_for`` amount to."""
        time_s = shutter_seconds(texts.get(self._entries.time, ""))
        number = iso_number(texts.get(self._entries.iso, ""))
        return Exposure(time_s or self._frame_s, number / self._isos.numbers[0] if number is not None else 1.0)

    def write(self, texts: Mapping[str, str]) -> Exposure | None:
        """Set what is not so yet; return what the camera says it is then set to."""
        for entry, text in texts.items():
            self._set(entry, text)
        return self.now()

    def set_automatic(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        if not self.capabilities.native_auto:
            raise UnsupportedControl(f"{self._name} switches its automatic exposure with its mode dial only")
        if on:
            automatic = self._mode(AUTOMATIC)
            assert automatic is not None
            self._set(self._entries.mode, automatic)
        else:
            self.take()

    def _first(self, names: tuple[str, ...]) -> str:
        return next((name for name in names if self._link.choices(name)), "")

    def _read_choices(self) -> None:
        entries = self._entries
        self._times = Choices.times(self._link.choices(entries.time) if entries.time else ())
        self._isos = Choices.isos(self._link.choices(entries.iso) if entries.iso else ())
        self._mode_writable = bool(entries.mode) and self._link.writable(entries.mode)

    def _mode(self, names: tuple[str, ...]) -> str | None:
        return next((text for text in self._modes if text.lower() in names), None)

    def _set(self, entry: str, text: str) -> None:
        if self._link.value(entry) == text:
            return
        if not self._link.writable(entry):
            hint = "turn its mode dial to M" if entry == self._entries.mode else f"set its {entry} on the camera"
            raise UnsupportedControl(f"{self._name} does not let {entry} be set from here: {hint}")
        self._link.set(entry, text)
