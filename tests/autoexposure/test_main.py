"""The console script, before there is a command line."""

import sys
from importlib.abc import MetaPathFinder

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
