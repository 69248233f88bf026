"""Which cameras there are, and opening one by its specification: ``family:rest``.

The families here import their libraries only when they are used. Other packages add families through the entry-point
group ``autoexposure.drivers``: the entry's name is the family, its value a callable that takes what stands behind the
colon and returns a Camera.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from autoexposure.camera import Camera, CameraInfo
from autoexposure.clock import Clock
from autoexposure.errors import CameraNotFound, ConfigError
from autoexposure.extras import first_missing, not_installed
from autoexposure.spec_text import quiet_errors, shown
from drivers.plugin_camera import open_plugin
from drivers.v4l2.paths import video_nodes

log = logging.getLogger(__name__)

GROUP = "autoexposure.drivers"

WEBCAMS_BY_OPENCV = sys.platform in ("win32", "darwin")
"""Where OpenCV is the way to webcams."""

SIMULATED = "sim:"
"""The camera that is always there."""

PHONE = CameraInfo("phone:", "A phone's browser", "phone:", "shows a code to scan; no app to install")
"""A phone can't be found before it has come, so it is always listed."""

Opener = Callable[[str, Clock | None], Camera]


def _open_simulated(rest: str, clock: Clock | None) -> Camera:
    from drivers.simulated.camera import open_simulated

    return open_simulated(rest, clock=clock)


def _open_v4l2(rest: str, clock: Clock | None) -> Camera:
    if sys.platform != "linux":
        raise CameraNotFound("v4l2 cameras exist on Linux only: use the simulated one with 'sim:'")
    from drivers.v4l2.camera import open_v4l2

    return open_v4l2(rest)


def _open_replay(rest: str, clock: Clock | None) -> Camera:
    from drivers.replay import open_replay

    return open_replay(rest, clock)


def _open_controls(rest: str, clock: Clock | None) -> Camera:
    from drivers.external.controls_only import open_controls

    return open_controls(_with_family(rest.strip()), lambda spec: open_camera(spec, clock=clock))


def _open_phone(rest: str, clock: Clock | None) -> Camera:
    if missing := _phone_lacks():
        raise CameraNotFound(missing)
    from drivers.phone.camera import open_phone

    return open_phone(rest)


def _phone_lacks() -> str:
    """What has to be installed before a phone can be the camera, in words; mostly nothing."""
    missing = first_missing("aiohttp", "cryptography", "segno")
    return not_installed(f"a phone as the camera needs {missing}", "phone") if missing else ""


def _in_module(module: str, opener: str) -> Opener:
    """A family with a module of its own, imported when the first camera of it is opened."""

    def open_it(rest: str, _clock: Clock | None) -> Camera:
        camera: Camera = getattr(import_module(module), opener)(rest)
        return camera

    return open_it


FAMILIES: dict[str, Opener] = {
    "sim": _open_simulated,
    "v4l2": _open_v4l2,
    "phone": _open_phone,
    "ipwebcam": _in_module("drivers.http.ip_webcam", "open_ip_webcam"),
    "droidcam": _in_module("drivers.http.droidcam", "open_droidcam"),
    "onvif": _in_module("drivers.onvif.camera", "open_onvif"),
    "gphoto2": _in_module("drivers.gphoto2.camera", "open_gphoto2"),
    "controls": _open_controls,
    "opencv": _in_module("drivers.opencv.camera", "open_opencv"),
    "aravis": _in_module("drivers.aravis.camera", "open_aravis"),
    "picamera2": _in_module("drivers.picamera2.camera", "open_picamera2"),
    "replay": _open_replay,
}
"""The families that come with the program; they win over entry points of the same name."""


def list_cameras() -> list[CameraInfo]:
    """Every camera found, real ones first, then simulated ones, then a phone that may come.

    Those that can't be opened say why in ``detail``.
    """
    found: list[CameraInfo] = []
    if _video_devices():
        try:
            from drivers.v4l2.camera import list_v4l2

            found += list_v4l2()
        except ImportError as error:
            log.warning("V4L2 cameras are left out: %s", error)
    if WEBCAMS_BY_OPENCV:
        from drivers.opencv.camera import list_opencv

        found += list_opencv()
    return [*found, *_simulated(), replace(PHONE, detail=_phone_lacks() or PHONE.detail)]


def same_camera(info: CameraInfo) -> str:
    """The specification that opens this very camera again, wherever it is plugged in by then."""
    if not _identified(info):
        return info.spec
    family, _, rest = info.spec.partition(":")
    if family == "controls":
        return f"controls:{same_camera(replace(info, spec=rest))}"
    _, comma, options = rest.partition(",")
    return f"{family}:{info.stable_id}{comma}{options}"


def open_same(info: CameraInfo, otherwise: Callable[[], Camera]) -> Camera:
    """Open the camera that ``info`` was of, wherever it is plugged in by now.

    ``otherwise`` opened it before, and does so again where a family names its cameras by what they are anyway.
    """
    return open_camera(same_camera(info)) if _identified(info) else otherwise()


def _identified(info: CameraInfo) -> bool:
    """Whether a camera can be opened by what it is, and not only by where it was."""
    family = info.spec.removeprefix("controls:").partition(":")[0]
    return family in ("v4l2", "opencv") and "-number-" not in info.stable_id


def open_camera(spec: str | None = None, *, clock: Clock | None = None) -> Camera:
    """Open the camera that ``spec`` names; without one, the first real camera with exposure control, else ``sim:``.

    ``clock`` moves a simulated camera; real ones have their own time. Raises ConfigError for a family that doesn't
    exist, CameraNotFound for a camera that doesn't, CameraBusy if it is in use.
    """
    spec = _with_family((spec or _default()).strip())
    with quiet_errors(spec):  # a login is easily written where a family takes none
        family, _, rest = spec.partition(":")
        if family in FAMILIES:
            try:
                return FAMILIES[family](rest, clock)
            except ImportError as error:
                raise CameraNotFound(f"cameras of the family {family!r} can't be used here: {error}") from error
        plugins = _plugins()
        if family not in plugins:
            known = ", ".join(f"{name}:" for name in sorted({*FAMILIES, *plugins}))
            raise ConfigError(f"a camera is named by one of {known} and what follows, given {shown(spec)!r}")
        return open_plugin(plugins[family], rest)


def open_metered_elsewhere(spec: str, meter_from: str, *, clock: Clock | None = None) -> Camera:
    """Open the controls of the camera ``spec`` (whose stream another program may own) with pictures of ``meter_from``.

    ``meter_from`` is a file, a URL or another camera. Raises as ``open_camera``.
    """
    from drivers.external.metered_elsewhere import MeteredElsewhere
    from drivers.external.picture_source import open_pictures

    pictures = open_pictures(meter_from, lambda source: open_camera(source, clock=clock))
    try:
        controls = open_camera(f"controls:{(spec or _default()).removeprefix('controls:')}", clock=clock)
    except BaseException:
        pictures.close()
        raise
    return MeteredElsewhere(controls, pictures)


def _with_family(spec: str) -> str:
    """A bare number or device node is a V4L2 camera's."""
    return f"v4l2:{spec}" if spec.isdecimal() or spec.startswith("/dev/") else spec


def _video_devices() -> bool:
    """Whether there is anything to look at for V4L2; without, its library need not be loaded, which takes 0.2 s."""
    return sys.platform == "linux" and bool(video_nodes())


def _default() -> str:
    if WEBCAMS_BY_OPENCV:
        from drivers.opencv import camera as opencv

        return opencv.first_controllable() or SIMULATED
    if _video_devices():
        try:
            from drivers.v4l2.camera import first_controllable

            return first_controllable() or SIMULATED
        except ImportError as error:
            log.warning("V4L2 cameras are left out: %s", error)
    return SIMULATED


def _simulated() -> list[CameraInfo]:
    """The simulated camera before each scene of the gallery, the default one first."""
    from autoexposure.simulation.builtin_scenes import DEFAULT_SCENE, GALLERY

    found = []
    for name in sorted(GALLERY, key=lambda name: name != DEFAULT_SCENE):
        spec = SIMULATED if name == DEFAULT_SCENE else f"{SIMULATED}scene={name}"
        story = (GALLERY[name].__doc__ or "").strip().splitlines()
        found.append(CameraInfo(spec, f"Simulated camera: {name}", spec, story[0].rstrip(".") if story else ""))
    return found


def _plugins() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
