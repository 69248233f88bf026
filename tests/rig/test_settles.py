"""The whole program before a lamp that is switched, on a webcam with every delay, law and quirk. One boot each."""

import pytest

pytestmark = pytest.mark.rig

WEBCAMS = {
    "0 log snap": "--gain-law log --snap-exposure --frozen-readback",
    "2 linear snap": "--snap-exposure",
    "4 log": "--gain-law log",
    "8 linear": "--frozen-readback",
}
"""What the webcam is known to be (its delay in frames, gain law, eleven exposure steps), and what else it is told."""


@pytest.mark.parametrize("known", WEBCAMS)
def test_three_stops_of_light_are_followed(run_in_rig, known):
    webcam = f"--webcam=--delay {known.split()[0]} --log /run/webcam.jsonl {WEBCAMS[known]}"
    environment = {"AUTOEXPOSURE_RIG_WEBCAM": known}
    report = run_in_rig([webcam], "-s", "tests/rig/guest/guest_settles.py", environment=environment)
    print(report)  # noqa: T201
    assert " passed" in report
