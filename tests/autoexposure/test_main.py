"""The console script, before there is a command line."""

import os
import subprocess
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

import pytest

from autoexposure import __main__


class Interrupted(MetaPathFinder):
    """Ctrl+C comes while the command line is imported."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "autoexposure.cli.main":
            raise KeyboardInterrupt


def test_ctrl_c_while_it_loads_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "autoexposure.cli.main", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == ""


def test_files_in_the_current_folder_hide_nothing_of_the_program(tmp_path: Path) -> None:
    for name in ("models", "gui"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the wrong one')\n")
    (tmp_path / "metering").mkdir()  # without __init__.py
    for name in ("drivers", "cv2", "typer", "numpy", "typing", "pathlib", "fnmatch", "re", "logging"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')\n")
    home = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    words = ["-m", "autoexposure", "run", "--camera", "sim:width=64,height=48", "--frames", "2", "--json", "-", "-q"]
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, env=os.environ | home, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 2
