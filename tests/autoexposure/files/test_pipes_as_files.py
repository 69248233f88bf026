"""A pipe that nobody writes to, given where a file is expected: one sentence, at once, instead of waiting for ever."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoexposure.cli import main as cli

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")

SIM = "sim:width=64,height=48,light=steady"
RELEASE_S = 15.0


@pytest.fixture(params=["pipe.jpg", "pipe.mp4"])
def pipe(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Whoever waits for it after all is let go after a while, and fails the test by what it says then."""
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    path = tmp_path / request.param
    os.mkfifo(path)

    def release() -> None:
        with contextlib.suppress(OSError):  # nobody waits
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))

    timer = threading.Timer(RELEASE_S, release)
    timer.start()
    yield path
    timer.cancel()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--camera", "sim:scene={pipe}", "--meter", "average"], "no regular file"),
        (["run", "--camera", "replay:{pipe}", "--meter", "average"], "there is no recording"),
        (["run", "--camera", SIM, "--meter-from", "{pipe}", "--meter", "average"], "is no file to meter from"),
        (["run", "--camera", SIM, "--model", "{pipe}"], "no regular file"),
        (["run", "--camera", SIM, "--camera-profile", "{pipe}", "--meter", "average"], "no regular file"),
    ],
)
def test_a_pipe_is_refused(
    words: list[str], said: str, pipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["autoexposure", *(word.replace("{pipe}", str(pipe)) for word in words)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code in (1, 2)
    assert said in capsys.readouterr().err
