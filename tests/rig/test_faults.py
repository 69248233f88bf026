"""What goes wrong with real cameras: another program, refusals, broken streams, kill -9, the cable."""

import pytest

pytestmark = pytest.mark.rig


ENDINGS = "halted or termination or kill or unplugged"


@pytest.mark.parametrize("which", [f"not ({ENDINGS})", ENDINGS], ids=["meddling and faults", "endings"])
def test_the_program_recovers_and_puts_every_control_back(run_in_rig, which):
    report = run_in_rig(["--webcam=--delay 2"], "-s", "-k", which, "tests/rig/guest_faults.py")
    print(report)  # noqa: T201
    assert " passed" in report
