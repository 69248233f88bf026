"""What webcams and their drivers send: every format, JPEGs of all kinds, stamps and numbers, sizes and rates."""

import pytest

from tests.rig.playing import CAMERA, Seen, playing, run

pytestmark = pytest.mark.rig

FASTEST_FPS = 45
"""The webcam makes 30; more is a number that isn't counted."""


@playing("")
def test_a_healthy_webcam_is_set_and_put_back(seen: Seen) -> None:
    seen.settled()
    assert seen.notices == []
    assert len(seen.err.splitlines()) == 1


@playing("--format UYVY", "--format I420")
def test_every_uncompressed_format_is_read(seen: Seen) -> None:
    seen.settled()


@playing("--only-mjpeg", shims=["jpeg4cc"])
def test_motion_jpeg_by_its_other_name_is_read(seen: Seen) -> None:
    seen.settled()


@playing("--only-mjpeg --jpeg-pad 8", "--only-mjpeg --jpeg-rotate")
def test_a_jpeg_of_another_size_than_agreed_is_read_as_it_is(seen: Seen) -> None:
    seen.settled()


@playing("--only-mjpeg --jpeg-nodht")
def test_a_jpeg_without_huffman_tables_is_read(seen: Seen) -> None:
    seen.settled()


@playing("--only-mjpeg --jpeg-cut 3")
def test_a_jpeg_cut_short_is_left_out(seen: Seen) -> None:
    seen.settled()
    judged = [line["delta_ev"] for line in seen.lines[-15:]]
    assert max(judged) - min(judged) < 0.15, str(seen)
    assert seen.lines[-1]["dropped"] >= 10, str(seen)


@playing("--only-mjpeg --jpeg-extra")
def test_surplus_bytes_in_a_jpeg_are_no_news(seen: Seen) -> None:
    seen.settled()
    assert len(seen.err.splitlines()) == 1, str(seen)


@playing(shims=["tsconst", "tszero", "tsback"])
def test_a_stamp_that_does_not_advance_is_none(seen: Seen) -> None:
    seen.settled()
    assert "stamp" in seen.said, str(seen)
    assert seen.lines[-1]["frame_rate"] < FASTEST_FPS, str(seen)


@playing(shims=["tspast", "tsfuture"], argv=run(frames=80))
def test_a_stamp_that_is_off_keeps_no_picture_back(seen: Seen) -> None:
    seen.settled()
    assert seen.lines[-1]["frame_rate"] < FASTEST_FPS, str(seen)


@playing(shims=["seqzero"])
def test_pictures_without_numbers_are_counted_here(seen: Seen) -> None:
    seen.settled()
    assert len({line["sequence"] for line in seen.lines}) == len(seen.lines)


@playing(shims=["noparm,nosizes", "parm0,anyrate", "stepwise"])
def test_a_driver_that_says_little_of_its_modes_is_used(seen: Seen) -> None:
    seen.settled()


@playing("--mjpeg", shims=["insists"])
def test_the_mode_a_driver_insists_on_is_used(seen: Seen) -> None:
    seen.settled()


@playing(shims=["morebufs"])
def test_more_buffers_than_asked_for_make_nothing_later(seen: Seen) -> None:
    seen.settled()


@playing(shims=["empty"])
def test_empty_buffers_are_left_out(seen: Seen) -> None:
    seen.settled()


@playing("--truncate 3")
def test_every_third_picture_cut_short_on_the_way_is_left_out(seen: Seen) -> None:
    seen.settled()


@playing(shims=["marked"], argv=("run", "-c", CAMERA, "-m", "average", "--seconds", "4"))
def test_a_camera_whose_pictures_are_all_damaged_is_given_up_with_the_reason(seen: Seen) -> None:
    assert seen.code == 1, str(seen)
    assert "damaged" in seen.err, str(seen)
    assert seen.after == seen.before


@playing("--only-mjpeg --jpeg-cut 1")
def test_a_camera_all_of_whose_pictures_lack_a_part_is_given_up_with_the_reason(seen: Seen) -> None:
    assert seen.code == 1, str(seen)
    assert "parts of it are missing" in seen.err, str(seen)
    assert seen.after == seen.before


@playing(shims=["liar"])
def test_a_camera_whose_pictures_can_not_be_decoded_is_given_up_with_the_reason(seen: Seen) -> None:
    assert seen.code == 1, str(seen)
    assert "decoded" in seen.err, str(seen)
    assert seen.after == seen.before


@playing(shims=["nospace"])
def test_a_bus_without_bandwidth_is_named(seen: Seen) -> None:
    assert seen.code == 1, str(seen)
    assert "bandwidth" in seen.err, str(seen)
    assert seen.after == seen.before


@playing("--name 'Microsoft® LifeCam HD-3000 für Überall'")
def test_a_name_cut_in_the_middle_of_a_letter_is_shown(seen: Seen) -> None:
    seen.settled()
    assert "LifeCam" in seen.err


@playing(meanwhile=[(20, "freeze", 20)], argv=run(frames=60))
def test_a_stream_that_stands_still_for_a_while_goes_on(seen: Seen) -> None:
    seen.settled()
