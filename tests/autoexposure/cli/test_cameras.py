"""`autoexposure list`: cameras that can't be used say why, and what else there is."""

import sys

import pytest

from autoexposure.camera import CameraInfo
from autoexposure.cli import main as cli

USABLE = CameraInfo("v4l2:/dev/video4", "Webcam", "usb-1", "uvcvideo on usb-1")
TROUBLED = CameraInfo("v4l2:/dev/video0", "ipu6", "pci", "isys on PCI", trouble="only a library can start it: use that")
SIMULATED = CameraInfo("sim:", "Simulated camera", "sim:")


@pytest.mark.parametrize(
    ("real", "said"),
    [
        ([], "No camera is plugged in."),
        ([TROUBLED], "No camera here can be used."),
        ([TROUBLED, USABLE], ""),
    ],
)
def test_the_list_ends_in_what_else_can_be_done(
    real: list[CameraInfo], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("drivers.discovery.list_cameras", lambda: [*real, SIMULATED])
    monkeypatch.setattr(sys, "argv", ["autoexposure", "list"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    assert not ended.value.code
    assert err.strip().startswith(said)
    assert bool(err) == bool(said)
    assert ("a Raspberry Pi's camera by its number, picamera2:0" in err) == bool(said)
    assert ("use that" in " ".join(out.split())) == (TROUBLED in real)
