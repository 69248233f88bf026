import errno

import pytest

pytest.importorskip("linuxpy", reason="V4L2 exists on Linux only")

from autoexposure.errors import CameraDisconnected
from drivers.opencv.limits import _kernel_spans
from drivers.opencv.properties import Property, Span
from tests.drivers.conftest import GAIN, TIME

SPANS = {TIME: (Property.TIME, Span(3, 2047, 1)), GAIN: (Property.GAIN, Span(0, 255, 1))}


def test_the_kernel_says_what_can_be_set(webcam):
    assert _kernel_spans(str(webcam.path)) == dict(SPANS.values())


@pytest.mark.parametrize("control", SPANS)
def test_a_control_that_can_not_be_described_costs_that_control(webcam, control):
    webcam.refusing["QUERY_EXT_CTRL", control] = errno.EIO
    assert _kernel_spans(str(webcam.path)) == dict(span for other, span in SPANS.items() if other != control)


def test_a_cable_that_is_pulled_is_said(webcam):
    webcam.fail["QUERY_EXT_CTRL"] = [errno.ENODEV]
    with pytest.raises(CameraDisconnected):
        _kernel_spans(str(webcam.path))
