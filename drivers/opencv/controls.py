"""Exposure through OpenCV or DirectShow, where an accepted value is not yet an obeyed one."""

from __future__ import annotations

import logging

from autoexposure.camera import Capabilities, ControlRange, Settings
from autoexposure.errors import CameraError, ControlTaken, UnsupportedControl
from autoexposure.exposure import Exposure
from drivers.common.gain_law import GainLaw
from drivers.opencv.duvc_ctl import duvc_missing
from drivers.opencv.properties import Properties, Property, Span

log = logging.getLogger(__name__)

AUTOMATIC = "automatic"

DELAY_FRAMES = (0, 12)
"""For a camera that was not measured. Webcams take up to 8 pictures; OpenCV and the system hold a few more."""


class OpenCvControls:
    """Reads and writes a camera's exposure. Changes nothing until asked to.

    Parameters
    ----------
    properties : the camera's raw values; None where there is no exposure control at all.
    name : what error messages call the camera.
    frame_interval_s : nominal time between two pictures; taking over never starts with a longer exposure.
    nothing : the sentence that says why there is no exposure control.
    """

    def __init__(self, properties: Properties | None, name: str, frame_interval_s: float, nothing: str) -> None:
        self._properties = properties
        self._name = name
        self._frame_s = frame_interval_s
        self._nothing = nothing
        self._taken = False
        self._time = properties.span(Property.TIME) if properties is not None else None
        self._gain = properties.span(Property.GAIN) if properties is not None else None
        self._law = GainLaw((0,), (1.0,))
        if self._gain is not None:
            self._law = GainLaw.assumed(self._gain.minimum, self._gain.maximum, self._gain.step)

    @property
    def capabilities(self) -> Capabilities:
        """What can be set, for the rest of the program."""
        return Capabilities(
            self._time_range(),
            self._law.range(reads_back=True) if self._gain is not None else None,
            native_auto=self._time is not None,
            delay_frames=DELAY_FRAMES,
            note=self._note(),
        )

    def now(self) -> Exposure | None:
        """What is set; None while the firmware decides."""
        automatic = self._properties.automatic() if self._properties is not None else None
        if self._properties is None or (self._time is None and self._gain is None) or automatic:
            return None
        if automatic is None and self._time is not None and not self._taken:
            return None  # it can't be asked, and cameras start in automatic
        return self._exposure(self._properties)

    def settings(self) -> Settings:
        """As Camera.settings; ``automatic`` is left out where it can't be asked."""
        properties = self._properties
        if properties is None:
            return {}
        raw = {str(prop): value for prop in Property if (value := properties.get(prop)) is not None}
        automatic = properties.automatic() if self._time is not None else None
        return {**raw, **({AUTOMATIC: int(automatic)} if automatic is not None else {})}

    def restore(self, settings: Settings) -> None:
        """As Camera.restore. Where the mode before is not known, it counts as automatic: cameras start so."""
        properties = self._properties
        if properties is None or not settings:
            return
        refused: list[str] = []
        if self._time is not None and Property.TIME in settings:
            properties.set_automatic(False)
        for prop in Property:
            if prop in settings and properties.span(prop) is not None:
                raw = int(settings[prop])
                if not properties.set(prop, raw) and properties.get(prop) != raw:
                    refused.append(prop)
        self._taken = False
        if self._time is not None and settings.get(AUTOMATIC, 1):
            # An exposure time that the automatic is about to change anyway need not have been taken back.
            refused = [prop for prop in refused if prop != Property.TIME]
            if not properties.set_automatic(True):
                refused.append("automatic exposure")
        if refused:
            raise CameraError(f"{self._name} did not take back its {' and '.join(refused)}: set it by hand")

    def take(self) -> None:
        """As Camera.take_control: manual, then time and gain are written, whatever was read."""
        properties = self._controlled()
        handed_over = {prop: properties.get(prop) for prop in Property}
        if self._time is not None:
            properties.set_automatic(False)
            if properties.automatic():
                raise UnsupportedControl(f"{self._name} keeps its exposure automatic although manual was asked for")
            fits = properties.time_code.nearest(self._frame_s, *_limits(self._time))
            found = handed_over[Property.TIME]
            if not properties.set(Property.TIME, fits if found is None else min(found, fits)):
                raise UnsupportedControl(f"{self._name} refuses every exposure time: its pictures can only be watched")
        if (gain := handed_over[Property.GAIN]) is not None:
            properties.set(Property.GAIN, gain)
        self._taken = True

    def set(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure: what the camera says afterwards counts, not that it said yes."""
        properties = self._controlled()
        accepted = True
        if self._time is not None:
            accepted = properties.set(
                Property.TIME, properties.time_code.nearest(exposure.time_s, *_limits(self._time))
            )
        if self._gain is not None:
            accepted = properties.set(Property.GAIN, self._law.code_for(exposure.gain)) and accepted
        if self._time is not None and properties.automatic():
            raise ControlTaken(f"{self._name} ignores exposure times: its automatic exposure is on")
        if not accepted:
            log.info("%s refused a part of %s", self._name, exposure)
        self._taken = True
        return self._exposure(properties)

    def set_automatic(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        if self._properties is None or self._time is None:
            raise UnsupportedControl(f"{self._name} has no automatic exposure that can be switched")
        if not on:
            self.take()
            return
        self._taken = False
        if not self._properties.set_automatic(True):
            raise CameraError(f"{self._name} did not switch its automatic exposure on")

    def _controlled(self) -> Properties:
        if self._properties is None or (self._time is None and self._gain is None):
            raise UnsupportedControl(self._note())
        return self._properties

    def _exposure(self, properties: Properties) -> Exposure:
        time, gain = properties.get(Property.TIME), properties.get(Property.GAIN)
        return Exposure(
            self._frame_s if time is None else properties.time_code.seconds(time),
            1.0 if gain is None else self._law.gain_of(gain),
        )

    def _time_range(self) -> ControlRange | None:
        if self._properties is None or self._time is None:
            return None
        return self._properties.time_code.range(*_limits(self._time))

    def _note(self) -> str:
        if self._time is None and self._gain is None:
            return self._nothing
        if self._time is None:
            return "This camera's exposure time can't be set; only its gain can."
        if self._gain is None:
            return "This camera has no gain control; only its exposure time can be set."
        if self._time.assumed:
            return duvc_missing("The limits of this camera's exposure are assumed: to read them needs duvc-ctl")
        return ""


def _limits(span: Span) -> tuple[int, int, int]:
    return span.minimum, span.maximum, span.step
