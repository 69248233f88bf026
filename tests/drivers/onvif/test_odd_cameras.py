"""ONVIF cameras that leave parts out, refuse requests or answer oddly: they open all the same, wherever possible."""

import logging

import pytest

pytest.importorskip("onvif", reason="needs the extra autoexposure[onvif]")

from autoexposure.errors import CameraError, SettledOtherwise, UnsupportedControl
from autoexposure.exposure import Exposure
from drivers.http.url import parse_device_url
from drivers.onvif.camera import OnvifCamera
from tests.drivers.patience import QUICK, TIMEOUT_S

LIBRARY_WORDS = ("NoneType", "attribute", "Unknown error", "object", "Traceback", "zeep", "XML", "KeyError", "index")
"""What the texts of internal exceptions are made of."""


@pytest.fixture
def open_network(network):
    opened = []

    def open_it(login="admin:secret@"):
        network.user = ("admin", "secret") if login else None
        url = parse_device_url(f"{login}127.0.0.1:{network.port}", "onvif", 80)
        opened.append(OnvifCamera(url, read_back=QUICK, patience_s=TIMEOUT_S))
        return opened[-1]

    yield open_it
    for camera in opened:
        camera.close()


def is_controlled(network, camera):
    """Whether its exposure is set and put back, pictures coming."""
    original = dict(network.exposure)
    camera.read(TIMEOUT_S)
    settings = camera.settings()
    camera.take_control()
    really = camera.set_exposure(Exposure(0.002, 2.0))
    assert (really.time_s, really.gain) == pytest.approx((0.002, 2.0), rel=1e-3)
    assert network.exposure["ExposureTime"] == pytest.approx(2000)
    camera.restore(settings)
    return network.exposure == original


@pytest.mark.parametrize(
    "left_out",
    [
        *("UTCDateTime", "Date", "Time", "Hour", "SystemDateAndTime", "Manufacturer", "SerialNumber", "Version"),
        *("VideoSourceConfiguration", "SourceToken", "Bounds", "VideoEncoderConfiguration", "RateControl", "Timeout"),
        "Priority",
    ],
)
def test_a_part_that_is_left_out_is_no_hindrance(network, open_network, left_out):
    network.leaves_out = {left_out}
    assert is_controlled(network, open_network())


@pytest.mark.parametrize(
    "refused", ["GetSystemDateAndTime", "GetDeviceInformation", "GetServices", "GetCapabilities", "GetVideoSources"]
)
def test_a_question_that_is_refused_is_no_hindrance(network, open_network, refused):
    network.refused = {refused}
    assert is_controlled(network, open_network())


@pytest.mark.parametrize(("year", "hour"), [("0", "1"), ("2026", "24"), ("", "1"), ("twenty", "1"), ("99999", "1")])
def test_a_clock_that_makes_no_sense_counts_as_ours(network, open_network, year, hour):
    now = network._GetSystemDateAndTime(None)
    head, _, tail = now.partition("<tt:Year>")
    now = f"{head}<tt:Year>{year}{tail[tail.index('</') :]}"
    head, _, tail = now.partition("<tt:Hour>")
    network.says["GetSystemDateAndTime"] = f"{head}<tt:Hour>{hour}{tail[tail.index('</') :]}"
    assert is_controlled(network, open_network())


def test_a_login_goes_by_the_cameras_clock(network, open_network):
    network.clock_ahead_s = 3600
    assert is_controlled(network, open_network())


def test_one_that_asks_for_the_login_even_for_the_time(network, open_network):
    network.open_to_all = set()
    assert is_controlled(network, open_network())


def test_one_that_names_no_services_at_all_has_them_where_it_was_asked(network, open_network):
    network.refused = {"GetServices", "GetCapabilities"}
    camera = open_network()
    assert camera.capabilities.note.startswith("This network camera has no manual exposure")
    camera.read(TIMEOUT_S)


@pytest.mark.parametrize("refused", ["GetOptions", "GetImagingSettings"])
def test_without_options_or_settings_the_exposure_stays_its_own(network, open_network, refused):
    network.refused = {refused}
    camera = open_network()
    camera.read(TIMEOUT_S)
    assert not camera.capabilities.controls_exposure
    assert camera.settings() == {}
    with pytest.raises(UnsupportedControl, match=r"over ONVIF"):
        camera.take_control()
    assert "SetImagingSettings" not in network.operations()


@pytest.mark.parametrize("operation", ["GetImagingSettings", "SetImagingSettings"])
def test_a_refusal_now_and_then_costs_nothing(network, open_network, operation):
    camera = open_network()
    original = camera.settings()
    for use in (
        camera.take_control,
        lambda: camera.set_exposure(Exposure(0.002, 2.0)),
        lambda: camera.restore(original),
    ):
        network.stalls = [operation]
        use()
        assert network.stalls == []
    assert network.exposure["Mode"] == "AUTO"


def test_what_can_no_longer_be_read_is_what_was_written(network, open_network):
    camera = open_network()
    camera.take_control()
    network.refused = {"GetImagingSettings"}
    really = camera.set_exposure(Exposure(0.002, 2.0))
    assert (really.time_s, really.gain) == pytest.approx((0.002, 2.0))
    assert camera.exposure == really


@pytest.mark.parametrize("left_out", ["Mode", "Gain", "ExposureTime"])
def test_what_a_camera_leaves_out_as_it_is_read_back_is_what_was_written(network, open_network, left_out):
    camera = open_network()
    camera.take_control()
    network.leaves_out = {left_out}
    really = camera.set_exposure(Exposure(0.002, 2.0))
    assert (really.time_s, really.gain) == pytest.approx((0.002, 2.0), rel=1e-3)


def test_one_that_refuses_its_own_settings_is_given_the_exposure_alone(network, open_network):
    network.partial_only = True
    camera = open_network()
    camera.take_control()
    assert camera.set_exposure(Exposure(0.002, 2.0)).time_s == pytest.approx(0.002)


def test_a_value_that_settles_elsewhere_is_said(network, open_network):
    network.exposure["Mode"] = "MANUAL"
    camera = open_network()
    original = camera.settings()
    camera.take_control()
    camera.set_exposure(Exposure(0.002, 2.0))
    network.deaf = True
    with pytest.raises(SettledOtherwise, match="exposure time in microseconds is 2000 now, where it was 10000"):
        camera.restore(original)


@pytest.mark.parametrize("operation", ["GetProfiles", "GetStreamUri"])
@pytest.mark.parametrize("odd", ["refused", "empty", "another", "no XML"])
def test_without_pictures_it_is_said_in_plain_words(network, open_network, operation, odd, caplog, capfd):
    caplog.set_level(logging.INFO)
    if odd == "refused":
        network.refused = {operation}
    else:
        words = {"empty": "<trt:{}Response/>", "another": "<trt:WhoKnowsResponse/>", "no XML": "<trt:{}Response"}
        network.says[operation] = words[odd].format(operation)
    with pytest.raises(CameraError) as caught:
        open_network()
    said = str(caught.value)
    assert said.startswith("The network camera at ")
    assert not any(word in said for word in LIBRARY_WORDS), said
    assert not capfd.readouterr().err


@pytest.mark.parametrize(
    "answer",
    [
        "<timg:{}Response/>",
        "<timg:SomethingElse/>",
        "<timg:{}Response><timg:ImagingOptions/><timg:ImagingSettings/></timg:{}Response>",
        "<timg:{}Response><timg:ImagingOptions><tt:Exposure/></timg:ImagingOptions></timg:{}Response>",
        "<timg:{}Response><timg:ImagingOptions><tt:Exposure><tt:Mode>MANUAL</tt:Mode><tt:ExposureTime><tt:Min>much"
        "</tt:Min><tt:Max>9</tt:Max></tt:ExposureTime></tt:Exposure></timg:ImagingOptions></timg:{}Response>",
        "<timg:{}Response",
    ],
)
@pytest.mark.parametrize("operation", ["GetOptions", "GetImagingSettings"])
def test_odd_answers_about_exposure_cost_the_exposure_alone(network, open_network, operation, answer):
    network.says[operation] = answer.replace("{}", operation)
    camera = open_network()
    assert not camera.capabilities.controls_exposure
    camera.read(TIMEOUT_S)
