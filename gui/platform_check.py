"""Whether Qt can open a window here, found out before Qt is asked: it would abort the whole program otherwise.

Qt loads its platform plugin inside ``QApplication`` and calls ``abort`` when a library or the display is missing,
which no ``except`` catches. Everything here is therefore asked of the system's loader, without Qt.
"""

from __future__ import annotations

import ctypes
import os
import re
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from autoexposure.extras import first_missing, not_installed

# Debian and Ubuntu package of every library outside the PyQt6 wheel that Qt 6.11 names as NEEDED (readelf -d).
LIBRARY_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
XCB_PACKAGES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
WAYLAND_PACKAGES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
ALL_PACKAGES = {**LIBRARY_PACKAGES, **XCB_PACKAGES, **WAYLAND_PACKAGES}

NO_DISPLAY = "There is no display here: neither DISPLAY nor WAYLAND_DISPLAY is set, so no window can be opened."


def qt_problem(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return one sentence saying why no window can be opened here, or None if one can."""
    platform = platform_of(environment) if sys.platform == "linux" else "other"
    if platform is None:
        return NO_DISPLAY
    if library := first_missing("PyQt6", "pyqtgraph"):
        return not_installed(f"The window needs {library}", "window") + "."
    if sys.platform == "linux":
        missing = missing_packages(_needed(platform))
        if missing:
            return f"Qt lacks system libraries; install them with: sudo apt install {' '.join(missing)}"
        silent = _silent_display(platform, environment)
        if silent:
            return silent
    try:
        import PyQt6.QtWidgets  # noqa: F401
    except ImportError as error:
        return import_sentence(error)
    return None


def platform_of(environment: Mapping[str, str]) -> str | None:
    """Name of the platform plugin that Qt will load on Linux, or None where there is no display for any."""
    command = environment.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if command and command not in ("xcb", "wayland"):
        return command  # offscreen, vnc, eglfs, ...: needs no display server
    has_x, has_wayland = bool(environment.get("DISPLAY")), bool(environment.get("WAYLAND_DISPLAY"))
    if command:
        return command if (has_x if command == "xcb" else has_wayland) else None
    if has_wayland and (not has_x or environment.get("XDG_SESSION_TYPE") == "wayland"):
        return "wayland"
    return "xcb" if has_x else None


def missing_packages(needed: Mapping[str, str], load: Callable[[str], object] = ctypes.CDLL) -> list[str]:
    """Sorted packages of those libraries (soname -> package) that the loader can't find."""
    missing = set()
    for soname, package in needed.items():
        try:
            load(soname)
        except OSError:
            missing.add(package)
    return sorted(missing)


def import_sentence(error: ImportError) -> str:
    """What to do about an ImportError of PyQt6, in one sentence."""
    match = re.match(r"(lib[^\s:]+\.so[.\d]*): cannot open shared object file", str(error))
    if match:
        package = ALL_PACKAGES.get(match[1])
        if package:
            return f"Qt lacks a system library ({match[1]}); install it with: sudo apt install {package}"
        return f"Qt lacks the system library {match[1]}; install the package that holds it."
    return f"Qt can't be loaded: {error}."


def _needed(platform: str) -> dict[str, str]:
    extra = {"xcb": XCB_PACKAGES, "wayland": WAYLAND_PACKAGES}.get(platform, {})
    return {**LIBRARY_PACKAGES, **extra}


def _silent_display(platform: str, environment: Mapping[str, str]) -> str | None:
    """A sentence if a display is named but nothing answers there (a stale variable, a missing permission)."""
    if platform == "xcb":
        name = environment["DISPLAY"]
        answers = _x_display_answers(name)
    elif platform == "wayland":
        name = environment["WAYLAND_DISPLAY"]
        answers = _wayland_display_answers(Path(environment.get("XDG_RUNTIME_DIR", "/")) / name)
    else:
        return None
    return None if answers else f"The display {name!r} does not answer, so no window can be opened there."


def _x_display_answers(name: str) -> bool:
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(name.encode(), None)
    broken = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not broken


def _wayland_display_answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True
