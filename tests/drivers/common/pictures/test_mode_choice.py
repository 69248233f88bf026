import pytest

from autoexposure.abilities.moded import PictureMode
from autoexposure.errors import ConfigError
from drivers.common.pictures.formats import FORMATS
from drivers.common.pictures.mode_choice import WantedMode, choose_mode, choose_rate

OFFERED = [
    PictureMode("H264", 640, 480, (30.0,)),
    PictureMode("GREY", 640, 480, (60.0,)),
    PictureMode("MJPG", 640, 480, (30.0, 60.0)),
    PictureMode("MJPG", 1920, 1080, (30.0,)),
    PictureMode("YUYV", 640, 480, (15.0, 30.0)),
    PictureMode("YUYV", 320, 240, (30.0,)),
    PictureMode("YUYV", 1920, 1080, (5.0,)),
]


@pytest.mark.parametrize(
    ("wanted", "fourcc", "size"),
    [
        (WantedMode(), "YUYV", (640, 480)),
        (WantedMode(rate_fps=60), "MJPG", (640, 480)),
        (WantedMode(1920, 1080), "MJPG", (1920, 1080)),
        (WantedMode(1920, 1080, 5), "YUYV", (1920, 1080)),  # 21 MB/s
        (WantedMode(300, 200), "YUYV", (320, 240)),
        (WantedMode(fourcc="GREY"), "GREY", (640, 480)),
    ],
)
def test_choice_of_mode(wanted, fourcc, size):
    chosen = choose_mode(OFFERED, wanted)
    assert chosen is not None
    assert (chosen.fourcc, chosen.size_px) == (fourcc, size)


@pytest.mark.parametrize(
    ("offered", "size", "chosen"),
    [
        ("YUYV MJPG", (640, 480), "YUYV"),
        ("YUYV MJPG", (1280, 720), "MJPG"),  # 55 MB/s
        ("YUYV NV12 MJPG", (800, 600), "NV12"),
        ("VYUY YUYV UYVY", (640, 480), "YUYV"),
        ("GREY BA81 MJPG", (640, 480), "MJPG"),
        ("GREY RG10", (640, 480), "RG10"),
        ("Y10 GREY", (640, 480), "GREY"),
        ("BGR3 YUYV", (640, 480), "YUYV"),  # 28 MB/s
        ("H264 HEVC", (640, 480), None),
    ],
)
def test_cheapest_format_in_colour_that_fits_through_the_bus(offered, size, chosen):
    modes = [PictureMode(name, *size, (30.0,)) for name in offered.split()]
    found = choose_mode(modes, WantedMode(*size))
    assert (found.fourcc if found else None) == chosen


def test_no_usable_mode():
    assert choose_mode(OFFERED[:1], WantedMode()) is None
    assert choose_mode(OFFERED, WantedMode(fourcc="NV12")) is None


@pytest.mark.parametrize(
    ("rates", "wanted", "chosen"),
    [
        ((15.0, 30.0, 60.0), 30, 30.0),
        ((15.0, 29.97), 30, 29.97),
        ((5.0, 10.0), 30, 10.0),
        ((), 25, 25),
        ((60.0,), 30, 60.0),
    ],
)
def test_choice_of_rate(rates, wanted, chosen):
    assert choose_rate(PictureMode("YUYV", 640, 480, rates), wanted) == chosen


@pytest.mark.parametrize("wrong", [{"width_px": 0}, {"rate_fps": -1}, {"rate_fps": float("nan")}, {"fourcc": "H264"}])
def test_impossible_wishes(wrong):
    with pytest.raises(ConfigError):
        WantedMode(**wrong)


@pytest.mark.parametrize(
    ("called", "name"),
    [("mjpeg", "MJPG"), ("i420", "YU12"), ("yuy2", "YUYV"), ("pGAA", "pGAA"), ("PBAA", "pBAA"), ("y16-be", "Y16-BE")],
)
def test_a_format_has_the_names_that_people_know(called, name):
    assert WantedMode(fourcc=called).fourcc == name


def test_two_formats_that_differ_by_capitals_are_asked_about():
    with pytest.raises(ConfigError, match="must be pGAA or pgAA, given 'PGAA'"):
        WantedMode(fourcc="PGAA")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_may_be_insisted_on(name):
    modes = [*OFFERED, PictureMode(name, 640, 480, (30.0,))]
    chosen = choose_mode(modes, WantedMode(fourcc=name))
    assert chosen is not None
    assert chosen.fourcc == name
