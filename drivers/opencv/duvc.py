"""A Windows camera's exposure through DirectShow itself (duvc-ctl): true limits, and a mode that can be read.

Raw values are the camera's: the power of two of a second, and gain as a bare number.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import ModuleType

from drivers.common.adjustment_set import Knob
from drivers.common.time_code import LOG2, TimeCode
from drivers.opencv.adjustments import duvc_knobs
from drivers.opencv.devices import OpenCvDevice, directshow_devices
from drivers.opencv.duvc_ctl import DuvcCamera, Setting
from drivers.opencv.properties import Property, Span

log = logging.getLogger(__name__)


class DuvcProperties:
    """One camera in duvc-ctl.

    Parameters
    ----------
    library : the duvc_ctl package.
    camera : one of its Cameras.
    name : what error messages call it.
    """

    def __init__(self, library: ModuleType, camera: DuvcCamera, name: str) -> None:
        self._name = name
        self._library = library
        self._camera = camera
        self._properties = {Property.TIME: library.CamProp.Exposure, Property.GAIN: library.VidProp.Gain}
        self._spans = {prop: span for prop in Property if (span := self._ask_span(prop)) is not None}

    @property
    def time_code(self) -> TimeCode:
        """How exposure times are counted."""
        return LOG2

    def knobs(self) -> Iterator[Knob]:
        """The camera's controls beside exposure, as they are now."""
        return duvc_knobs(self._library, self._camera, self._name)

    def span(self, prop: Property) -> Span | None:
        """As Properties.span."""
        return self._spans.get(prop)

    def get(self, prop: Property) -> int | None:
        """As Properties.get."""
        setting = self._ask(prop)
        return int(setting.value) if setting is not None else None

    def set(self, prop: Property, raw: int) -> bool:
        """As Properties.set."""
        return self._write(prop, raw, self._library.CamMode.Manual)

    def automatic(self) -> bool | None:
        """As Properties.automatic."""
        setting = self._ask(Property.TIME)
        return bool(setting.mode == self._library.CamMode.Auto) if setting is not None else None

    def set_automatic(self, on: bool) -> bool:
        """As Properties.set_automatic."""
        now = self.get(Property.TIME)
        mode = self._library.CamMode.Auto if on else self._library.CamMode.Manual
        return now is not None and self._write(Property.TIME, now, mode)

    def _write(self, prop: Property, raw: int, mode: object) -> bool:
        if prop not in self._spans:
            return False
        result = self._camera.set(self._properties[prop], self._library.PropSetting(raw, mode))
        if not result.is_ok():
            log.info("%s = %d was refused: %s", prop, raw, result.error().description())
        return bool(result.is_ok())

    def _ask(self, prop: Property) -> Setting | None:
        if prop not in self._spans:
            return None
        result = self._camera.get(self._properties[prop])
        return result.value() if result.is_ok() else None

    def _ask_span(self, prop: Property) -> Span | None:
        result = self._camera.get_range(self._properties[prop])
        if not result.is_ok():
            return None
        found = result.value()
        return Span(int(found.min), int(found.max), max(1, int(found.step))) if found.min < found.max else None


def open_duvc(library: ModuleType, device: OpenCvDevice) -> DuvcProperties | None:
    """The properties of the camera that OpenCV opens as ``device``; None if DirectShow doesn't list it."""
    listed = directshow_devices(library)
    found = next((each for each in listed if device.path and _instance(str(each.path)) == _instance(device.path)), None)
    if found is None and not device.path and isinstance(device.target, int) and device.target < len(listed):
        found = listed[device.target]  # both count DirectShow's own list
    if found is None:
        return None
    result = library.open_camera(found)
    if not result.is_ok():
        log.info("%s: DirectShow says %s", device.name, result.error().description())
        return None
    return DuvcProperties(library, result.value(), device.name)


def _instance(path: str) -> str:
    """A device path without the interface at its end, in which DirectShow and Media Foundation differ."""
    return path.lower().partition("#{")[0]
