"""What goes wrong with real cameras: another program, refusals, broken streams, kill -9, the cable."""

import pytest

pytestmark = pytest.mark.rig


def test_the_program_recovers_and_puts_every_control_back(run_in_rig):
    report = run_in_rig(["--webcam=--delay 2"], "-s", "tests/rig/guest/guest_faults.py")
    print(report)  # noqa: T201
    assert " passed" in report
