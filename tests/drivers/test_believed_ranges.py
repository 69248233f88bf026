"""A range is believed only after scaling, whichever driver it comes from: nothing a device says ends the program."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexposure.camera import Capabilities, ControlRange, believed_gains, believed_times
from autoexposure.control.program import ExposureProgram, ProgramConfig
from autoexposure.errors import ConfigError
from autoexposure.exposure import GAINS, TIMES_S, Exposure, believed_exposure
from drivers.common.time_code import TimeCode
from drivers.gphoto2.choices import Choices
from drivers.http.device import ReadBack
from drivers.http.droidcam_controls import DroidcamControls
from drivers.http.ip_webcam_status import Offered as IpWebcamOffered
from drivers.onvif.exposure import Offered as OnvifOffered
from drivers.onvif.exposure import gains_of as onvif_gains
from drivers.onvif.exposure import times_of as onvif_times
from drivers.phone.controls import PhoneControls, TrackSettings

ODD = [5e-324, 1e-300, 0.0, -1.0, 1.0, 100.0, 1e9, 1e300, 1.7e308, math.inf, -math.inf, math.nan]
odd = st.sampled_from(ODD) | st.floats()
ABLE = settings(max_examples=200, deadline=None)


def check(time_s: ControlRange | None, gain: ControlRange | None) -> None:
    """What a driver offers can be used by all that is above it."""
    capabilities = Capabilities(time_s, gain)
    program = ExposureProgram(capabilities, 1 / 30, ProgramConfig())
    for ev in (-40.0, program.plain_ev, 40.0):
        split = program.split(ev)
        assert TIMES_S[0] <= split.time_s <= TIMES_S[1]
        assert GAINS[0] <= split.gain <= GAINS[1]


@ABLE
@given(odd, odd, odd)
def test_any_three_numbers_are_a_usable_range_or_none(low: float, high: float, step: float) -> None:
    check(believed_times(low, high, step), believed_gains(low, high, step))


@ABLE
@given(st.lists(odd, max_size=6))
def test_of_any_values_those_are_kept_that_can_be(values: list[float]) -> None:
    check(believed_times(0, 0, values=tuple(values)) if values else None, None)


def test_what_can_be_is_kept_as_it_is() -> None:
    assert believed_times(1e-4, 0.5, 1e-4) == ControlRange(1e-4, 0.5, 1e-4)
    assert believed_gains(1.0, 16.0, reads_back=False) == ControlRange(1.0, 16.0, reads_back=False)
    assert believed_times(1e-3, math.inf) == ControlRange(1e-3, TIMES_S[1])  # no limit known is no fault
    assert believed_times(0.5, 0.1) is None
    assert believed_times(5e-324 * 1e-4, 1e-323 * 1e-4) is None
    assert believed_exposure(5e-324 * 1e-4, 1.0) is None
    assert believed_exposure(0.01, 2.0) == Exposure(0.01, 2.0)


def test_a_driver_that_asks_nobody_is_refused_in_a_sentence() -> None:
    with pytest.raises(ConfigError, match="a camera's time must be between"):
        Capabilities(ControlRange(0.0, 1.0))
    with pytest.raises(ConfigError, match="a camera's gain must be between"):
        Capabilities(gain=ControlRange(1.0, 1e300))


@ABLE
@given(low=odd, high=odd, step=odd, least=odd, most=odd, now=odd)
def test_a_phone(low: float, high: float, step: float, least: float, most: float, now: float) -> None:
    spans = {"min": low, "max": high, "step": step}
    others = {"min": least, "max": most, "step": step}
    said = {
        "exposureMode": ["manual", "continuous"],
        "exposureTime": spans,
        "iso": others,
        "exposureCompensation": spans,
    }
    for page in (said, {"exposureMode": ["continuous"], "exposureCompensation": spans}):
        controls = PhoneControls.from_page(page)
        check(controls.time_s, controls.gain)
        settings = {"exposureMode": "manual", "exposureTime": now, "iso": now, "exposureCompensation": now}
        controls.exposure(TrackSettings.from_page(settings), 1 / 30)
        if controls.any:
            controls.constraints(Exposure(0.01, 2.0))


@ABLE
@given(low=odd, high=odd, least=odd, most=odd)
def test_an_onvif_camera(low: float, high: float, least: float, most: float) -> None:
    spans = {"ExposureTime": {"Min": low, "Max": high}, "Gain": {"Min": least, "Max": most}}
    offered = OnvifOffered.of({"Exposure": {"Mode": ["MANUAL", "AUTO"], **spans}})
    check(onvif_times(offered.time_us), onvif_gains(offered.gain_db))


@ABLE
@given(low=odd, high=odd, least=odd, most=odd)
def test_an_ip_webcam(low: float, high: float, least: float, most: float) -> None:
    for time_ns, iso in (
        ({"min": low, "max": high}, {"min": least, "max": most}),
        ([low, high, least], [least, most, high]),
        ([str(low), str(high), str(least)], [str(least), str(most), str(high)]),
    ):
        status = {
            "curvals": {"manual_sensor": "on"},
            "avail": {"exposure_ns": time_ns, "iso": iso, "exposure": [str(low), str(high), "0"]},
        }
        capabilities = IpWebcamOffered.of(status, 1 / 30).scales.capabilities("{step}", "nothing")
        check(capabilities.time_s, capabilities.gain)
        status["curvals"] = {}
        capabilities = IpWebcamOffered.of(status, 1 / 30).scales.capabilities("{step}", "nothing")
        check(capabilities.time_s, capabilities.gain)


@ABLE
@given(low=odd, high=odd, least=odd, most=odd, unit_s=st.sampled_from([1e-9, 1e-4, 1.0, None]))
def test_a_droidcam(low: float, high: float, least: float, most: float, unit_s: float | None) -> None:
    info = {"ssMin": low, "ssMax": high, "isoMin": least, "isoMax": most, "evMin": low, "evMax": high}
    info |= {"ssValue": low, "isoValue": most, "evValue": low}
    controls = DroidcamControls(None, info, 1 / 30, unit_s, None, ReadBack(0.0, 0.0))  # type: ignore[arg-type]  # unused
    check(controls.capabilities.time_s, controls.capabilities.gain)
    controls._exposure_of(info)


@ABLE
@given(st.integers(), st.integers(), st.integers())
def test_an_opencv_webcam(minimum: int, maximum: int, step: int) -> None:
    for code in TimeCode:
        check(code.range(minimum % 2**32, maximum % 2**32, step % 2**16), None)
        check(code.range(-(minimum % 2**32), maximum % 2**32, step % 2**16), None)
        believed_exposure(code.seconds(minimum), 1.0)


def test_a_still_camera() -> None:
    texts = ["1/60", "9" * 5000, "1/" + "9" * 400, "0/0", "30", "Bulb", "1/125"]
    check(Choices.times(texts).range(), Choices.isos([*texts, "ISO 100", "9" * 5000, "200"]).range(1 / 100))


def test_numbers_of_a_phone_come_as_json_and_may_be_infinite() -> None:
    said = json.loads('{"min": 1e999, "max": 1e-400, "step": NaN}')
    assert not PhoneControls.from_page({"exposureMode": ["manual"], "exposureTime": said, "iso": said}).any
