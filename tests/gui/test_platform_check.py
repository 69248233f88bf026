import subprocess
import sys

import pytest

from autoexposure.extras import install_command
from gui import platform_check
from gui.platform_check import (
    LIBRARY_PACKAGES,
    NO_DISPLAY,
    XCB_PACKAGES,
    import_sentence,
    missing_packages,
    platform_of,
    qt_problem,
)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="displays are found by variables on Linux only")


@pytest.mark.parametrize(
    ("environment", "platform"),
    [
        ({}, None),
        ({"DISPLAY": ""}, None),
        ({"DISPLAY": ":0"}, "xcb"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "wayland"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0", "XDG_SESSION_TYPE": "wayland"}, "wayland"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0", "XDG_SESSION_TYPE": "x11"}, "xcb"),
        ({"QT_QPA_PLATFORM": "offscreen"}, "offscreen"),
        ({"QT_QPA_PLATFORM": "offscreen:size=800x600"}, "offscreen"),
        ({"QT_QPA_PLATFORM": "xcb"}, None),
        ({"QT_QPA_PLATFORM": "xcb;wayland", "DISPLAY": ":0"}, "xcb"),
        ({"QT_QPA_PLATFORM": "wayland", "DISPLAY": ":0"}, None),
    ],
)
def test_the_platform_qt_will_choose(environment, platform):
    assert platform_of(environment) == platform


@linux_only
def test_no_display_is_said_plainly():
    assert qt_problem({}) == NO_DISPLAY


@linux_only
def test_a_display_that_does_not_answer(monkeypatch):
    monkeypatch.setattr(platform_check, "missing_packages", lambda needed: [])
    problem = qt_problem({"WAYLAND_DISPLAY": "nobody-there", "XDG_RUNTIME_DIR": "/nonexistent"})
    assert problem is not None
    assert "'nobody-there' does not answer" in problem


def test_offscreen_works_here():
    assert qt_problem({"QT_QPA_PLATFORM": "offscreen"}) is None


def test_missing_libraries_become_packages_each_once():
    absent = {"libglib-2.0.so.0", "libgthread-2.0.so.0", "libxcb-cursor.so.0"}

    def load(soname):
        if soname in absent:
            raise OSError(f"{soname}: cannot open shared object file")

    assert missing_packages({**LIBRARY_PACKAGES, **XCB_PACKAGES}, load) == ["libglib2.0-0", "libxcb-cursor0"]


@linux_only
def test_the_sentence_names_every_missing_package(monkeypatch):
    monkeypatch.setattr(platform_check, "missing_packages", lambda needed: ["libegl1", "libxkbcommon0"])
    problem = qt_problem({"QT_QPA_PLATFORM": "offscreen"})
    assert problem is not None
    assert problem.endswith("sudo apt install libegl1 libxkbcommon0")


def test_an_import_error_of_qt_names_the_package():
    error = ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")
    assert import_sentence(error).endswith("sudo apt install libegl1")
    unknown = ImportError("libnever.so.7: cannot open shared object file: No such file or directory")
    assert "libnever.so.7" in import_sentence(unknown)
    assert "undefined symbol" in import_sentence(ImportError("undefined symbol: x"))


def test_a_window_whose_libraries_are_not_installed_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyqtgraph", None)
    problem = qt_problem({"QT_QPA_PLATFORM": "offscreen"})
    assert problem == f"The window needs pyqtgraph, which is not installed: run {install_command('window')}."


def test_asking_does_not_load_qt_before_the_system_was_asked():
    code = "import sys; import gui.platform_check; sys.exit('PyQt6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
