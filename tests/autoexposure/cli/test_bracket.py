"""`autoexposure bracket`: a few exposures in a folder, and one picture of all."""

import json
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from autoexposure.bracketing.bracket import Bracket
from autoexposure.control.snapshot import Snapshot
from autoexposure.family import Family
from autoexposure.files.decoding import decode
from autoexposure.response import ResponseCurve
from drivers import discovery
from drivers.common.no_controls import NoControls
from drivers.common.stream_camera import StreamCamera
from drivers.simulated.camera import open_simulated

SIM = "sim:width=64,height=48,light=steady"

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bracket(in_new_home: Call) -> Call:
    """``bracket(*words)``: the exit code, what was printed, and what was said."""
    return partial(in_new_home, "bracket", "--meter", "matrix")


def test_the_pictures_lie_in_a_new_folder_from_dark_to_bright(bracket: Call, tmp_path: Path) -> None:
    code, out, err = bracket(str(tmp_path), "--camera", SIM, "--count", "2", "--light", "hdr", "--png")
    paths = [Path(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [path.name for path in paths] == ["1.png", "2.png", "fused.png", "light.hdr", "bracket.json"]
    assert {path.parent.parent for path in paths} == {tmp_path}
    facts = json.loads(paths[-1].read_text())
    assert facts["pictures"][0]["ev"] < facts["pictures"][1]["ev"]
    assert decode(paths[0].read_bytes()).mean() < decode(paths[1].read_bytes()).mean()


def test_without_a_folder_it_goes_among_the_documents(bracket: Call, tmp_path: Path) -> None:
    code, out, _ = bracket("--camera", SIM, "--no-fuse", "--count", "2")
    assert code == 0
    assert len(out.splitlines()) == 3
    assert all(
        Path(line).parent.parent.name == "autoexposure" and line.startswith(str(tmp_path)) for line in out.split()
    )


def test_who_interrupts_it_keeps_what_was_taken(bracket: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true = Bracket.next_ev

    def interrupted(
        self: Bracket, shown: Snapshot, reach_ev: tuple[float, float], response: ResponseCurve
    ) -> float | None:
        found = true(self, shown, reach_ev, response)
        if self.taken:
            os.kill(os.getpid(), signal.SIGINT)
        return found

    monkeypatch.setattr(Bracket, "next_ev", interrupted)
    code, out, err = bracket(str(tmp_path), "--camera", SIM, "--count", "5")
    names = [Path(line).name for line in out.splitlines()]
    assert code == 1
    assert names[0] == "1.jpg"
    assert names[-1] == "bracket.json"
    assert len(names) < 6
    assert "of 5 pictures were taken: the loop was stopped" in err
    assert err.count("\n") == 1


def test_a_camera_that_can_not_be_set_says_so(bracket: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_uncontrolled(rest: str, clock: object) -> StreamCamera:
        pictures = open_simulated("width=64,height=48,native=on")
        return StreamCamera(pictures.info, pictures, NoControls("Nothing can be set."), 1 / 30)

    monkeypatch.setitem(discovery.FAMILIES, "fixed", Family("fixed", open_uncontrolled))
    code, out, err = bracket(str(tmp_path), "--camera", "fixed:", "--wait", "0")
    assert (code, out) == (1, "")
    assert "no picture was taken: the camera's exposure can't be set" in err
    assert list(tmp_path.glob("bracket-*")) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--count", "1"], "--count"),
        (["--count", "6"], "--count"),
        (["--light", "gif"], ".hdr or .exr"),
        (["FILE/deeper"], "nothing can be written into"),
    ],
)
def test_a_wrong_call_is_said_before_a_camera_is_opened(
    bracket: Call, tmp_path: Path, words: list[str], said: str
) -> None:
    (tmp_path / "file").touch()
    given = [word.replace("FILE", str(tmp_path / "file")) for word in words]
    code, _, err = bracket(*given, "--camera", "none-such:")
    assert code == 2
    assert said in err
