"""Nodes that are no cameras, or cameras that can't be read: each is said, and none is opened in silence."""

import pytest

from tests.rig.playing import Seen, playing

pytestmark = pytest.mark.rig

REASONS = {"h264": "H264", "noformats": "format", "mplane": "planes", "nostream": "read()", "ipu6": "libcamera"}
NO_CAMERA_NAMED = ("run", "-m", "average", "--frames", "5", "--json", "LINES")


@playing(shims=["h264", "noformats", "mplane", "nostream", "ipu6"], argv=("list",))
def test_the_list_says_why_a_node_can_not_be_opened(seen: Seen, request: pytest.FixtureRequest) -> None:
    assert seen.code == 0, str(seen)
    said = " ".join(seen.said.split())
    assert REASONS[request.node.callspec.id] in said, str(seen)


@playing(shims=["ipu6"], argv=NO_CAMERA_NAMED)
def test_a_laptop_whose_only_camera_needs_another_way_in_is_told_so(seen: Seen) -> None:
    assert "libcamera" in seen.said, str(seen)


@playing(shims=["h264"], argv=NO_CAMERA_NAMED)
def test_without_a_name_the_next_camera_that_can_be_read_is_taken(seen: Seen) -> None:
    assert seen.code == 0, str(seen)
    assert len(seen.lines) == 5, str(seen)


@playing(shims=["h264", "mplane", "nostream", "ipu6"])
def test_opened_by_name_it_fails_with_the_reason(seen: Seen) -> None:
    assert seen.code in (1, 2), str(seen)
    assert "Traceback" not in seen.err, str(seen)
    assert len(seen.err.splitlines()) <= 2, str(seen)
