"""``phone:`` as the control loop sees it."""

import re

import pytest

from autoexposure.control.loop import ControlLoop, LoopConfig
from autoexposure.custody.journal import Journal
from autoexposure.errors import (
    CameraBusy,
    CameraDisconnected,
    CameraError,
    ConfigError,
    FeedbackError,
    FrameTimeout,
    UnsupportedControl,
)
from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import Label
from autoexposure.feedback.store import FeedbackStore
from autoexposure.metering.meters import METERS
from autoexposure.recording.reader import Recording
from autoexposure.recording.writer import recording_sink
from autoexposure.states import AeState, LoopState
from drivers.phone import camera as phone
from drivers.phone import link as phone_link
from drivers.phone import session as phone_session
from drivers.phone.camera import PhoneCamera, open_phone
from drivers.phone.controls import NOTHING
from drivers.phone.pairing import address as phone_address
from drivers.phone.pairing.address import PhoneAddress, parse_address
from drivers.phone.pairing.qr_code import beside
from drivers.phone.session import SESSIONS
from drivers.phone.waiting import WaitingForPhone
from tests.drivers.phone.conftest import FULL, PATIENCE_S, Stand

COMPENSATION = {"exposureCompensation": {"min": -2, "max": 2, "step": 0.5}}


def read_until(camera, satisfied, timeout_s=PATIENCE_S):
    for _ in range(200):
        frame = camera.read(timeout_s)
        if satisfied(frame):
            return frame
    raise AssertionError("no such frame came")


# ---- waiting


def test_without_a_phone_the_pictures_are_the_code_to_scan(stand):
    camera = stand.open()
    frame = camera.read(1)
    assert stand.scan(frame.pixels) == stand.offers[-1].url
    assert isinstance(camera, WaitingForPhone)
    assert not camera.capabilities.controls_exposure
    assert "scan" in camera.capabilities.note
    with pytest.raises(UnsupportedControl):
        camera.take_control()


def test_the_code_in_the_terminal_can_be_scanned(stand):
    offer = stand.offer()
    assert stand.scan_terminal(offer.terminal_text()) == offer.url


@pytest.mark.parametrize("columns", [80, 60])
def test_the_code_and_what_to_do_fit_into_a_small_terminal(stand, columns):
    offer = stand.offer()
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in beside(offer, columns).split("\n")]
    assert max(map(len, lines)) <= columns
    assert columns < 80 or len(lines) <= 21, "three lines are left for the state"
    assert any(offer.address in line for line in lines)
    assert any(offer.fingerprint[:23].replace(":", " ") in line for line in lines)


def test_an_offer_is_made_once_and_again_when_it_is_used(stand):
    stand.open()
    for _ in range(3):
        stand.camera.read(0)
    assert len(stand.offers) == 1
    offer = stand.offers[0]
    assert "#" not in offer.address
    assert offer.fingerprint.count(":") == 31
    assert offer.url not in repr(offer)


def test_the_secret_is_printed_to_terminals_only(stand, capsys):
    with open_phone(stand.spec) as camera:
        camera.read(0)
        assert "#" not in capsys.readouterr().err


def test_a_phone_that_must_still_allow_its_camera_is_waited_for(stand):
    visitor = stand.visitor()
    visitor.pair()
    visitor.connect(open_camera=False)
    visitor.say(type="trouble", text="The camera is not allowed: Allow it.")
    link = stand.camera._session.link
    with link._changed:
        assert link._changed.wait_for(lambda: link.trouble, PATIENCE_S)
    assert stand.scan(stand.camera.read(0).pixels) == ""


def test_the_code_follows_the_computer_into_another_network(stand, monkeypatch):
    stand.spec = "port=0"
    monkeypatch.setattr(phone_address, "_own_address", lambda: "127.0.0.1")
    offer = stand.offer()
    assert not offer.reachable
    assert "in no network" in beside(offer, 80)
    monkeypatch.setattr(phone_address, "_own_address", lambda: "127.0.0.2")
    assert isinstance(stand.reopened(), WaitingForPhone)
    stand.camera.read(0)
    assert stand.offers[-1].address.startswith("https://127.0.0.2:")


# ---- a phone


def test_a_phone_that_joins_is_opened_anew_with_what_it_can_do(stand):
    camera, _ = stand.joined()
    assert isinstance(camera, PhoneCamera)
    assert camera.info.name == "Played <b>Phone</b>, camera2 0, facing back"
    assert camera.info.stable_id == "phone:lens-1"
    assert camera.info.spec == f"phone:{stand.spec}"
    assert camera.capabilities.time_s.minimum == pytest.approx(1e-4)
    assert camera.capabilities.native_auto
    assert camera.frame_interval_s == pytest.approx(0.05)
    assert camera.exposure is None  # a browser can't say what its automatic uses


def test_white_balance_and_tones_are_set_where_the_browser_has_them(stand):
    white = {"whiteBalanceMode": ["continuous", "manual"], "colorTemperature": {"min": 2500, "max": 7000, "step": 50}}
    tones = {"brightness": {"min": 0, "max": 255, "step": 1}, "contrast": {"min": 0, "max": 0}, "sharpness": "yes"}
    camera, played = stand.joined({**FULL, **white, **tones})
    found = {each.name: each for each in camera.adjustments()}
    assert list(found) == ["white_balance_automatic", "white_balance_temperature", "brightness"]
    assert (found["white_balance_temperature"].value, found["white_balance_temperature"].active) == (4400, False)
    assert camera.adjust("white_balance_automatic", 0) == 0
    assert camera.adjust("white_balance_temperature", 3333) == 3350
    assert camera.adjust("brightness", 500) == 255
    assert played.settings["whiteBalanceMode"] == "manual"
    assert (played.settings["colorTemperature"], played.settings["brightness"]) == (3350, 255)
    camera.take_control()
    assert camera.set_exposure(Exposure(0.0123, 2.0)).time_s == pytest.approx(0.0123)


def test_a_browser_that_has_none_offers_none(stand):
    camera, _ = stand.joined()
    assert camera.adjustments() == ()
    with pytest.raises(UnsupportedControl, match="no control brightness"):
        camera.adjust("brightness", 3)


def test_exposure_is_set_and_reported_with_the_pictures(stand):
    camera, played = stand.joined()
    assert camera.read(PATIENCE_S).exposure is None
    camera.take_control()
    really = camera.set_exposure(Exposure(0.0123, 2.0))
    assert (really.time_s, really.gain) == (pytest.approx(0.0123), 2.0)
    assert played.settings == {"exposureMode": "manual", "exposureTime": 123.0, "iso": 200.0}
    frame = read_until(camera, lambda frame: frame.exposure == really)
    assert frame.reported
    assert camera.exposure == really


def test_a_picture_is_not_believed_while_the_change_may_not_show_yet(stand):
    camera, played = stand.joined()
    played.frames_between = 1
    camera.take_control()
    camera.set_exposure(Exposure(0.02, 1.0))
    frame = read_until(camera, lambda frame: frame.reported and frame.exposure.time_s > 0.015)
    assert frame.sequence >= played.changed_after + phone_link.SETTLED_FRAMES


def test_what_the_phone_really_set_is_returned(stand):
    camera, played = stand.joined()
    camera.take_control()
    played.problem = ""
    answer = played._answer

    async def coarse(socket, message):
        if message["type"] == "apply":
            message["constraints"]["exposureTime"] = 150.0
        await answer(socket, message)

    played._answer = coarse
    assert camera.set_exposure(Exposure(0.0123, 1.0)).time_s == pytest.approx(0.015)


def test_a_picture_that_was_on_its_way_during_a_change_takes_nothing_back(stand):
    camera, played = stand.joined()
    camera.take_control()
    before = dict(played.settings)
    played.header = {"settings": before, "applied": 0}  # taken before every change, sent after it
    really = camera.set_exposure(Exposure(0.0123, 2.0))
    for _ in range(3):
        camera.read(PATIENCE_S)
    assert really.time_s == pytest.approx(0.0123)
    assert camera.exposure == really
    assert camera.settings()["exposureTime"] == 123.0


def test_compensation_is_steered_in_ev_steps(stand):
    camera, played = stand.joined(COMPENSATION)
    assert camera.capabilities.time_s is None
    assert camera.capabilities.gain.values == pytest.approx([2 ** (k / 2) for k in range(-4, 5)])
    assert not camera.capabilities.native_auto
    camera.take_control()
    assert camera.set_exposure(Exposure(0.05, 1.5)).gain == pytest.approx(2**0.5)
    assert played.settings["exposureCompensation"] == pytest.approx(0.5)
    assert read_until(camera, lambda frame: frame.reported).exposure.gain == pytest.approx(2**0.5)


def test_a_phone_without_control_still_delivers_and_says_so(stand):
    camera, _ = stand.joined({})
    assert camera.capabilities.note == NOTHING
    with pytest.raises(UnsupportedControl):
        camera.take_control()
    with pytest.raises(UnsupportedControl):
        camera.set_exposure(Exposure(0.01))
    with pytest.raises(UnsupportedControl):
        camera.set_native_auto(True)
    assert camera.read(PATIENCE_S).exposure is None
    assert camera.settings() == {}


def test_a_refused_setting_is_an_error_in_words(stand):
    camera, played = stand.joined()
    played.problem = "OverconstrainedError"
    with pytest.raises(CameraError, match="OverconstrainedError"):
        camera.take_control()


def test_a_phone_that_does_not_answer_is_lost(stand, monkeypatch):
    camera, played = stand.joined()
    monkeypatch.setattr(phone, "ANSWER_S", 0.05)
    played.deaf = True
    with pytest.raises(CameraDisconnected, match="Wi-Fi"):
        camera.take_control()


def test_no_picture_is_a_timeout_first(stand):
    camera, played = stand.joined()
    camera.read(PATIENCE_S)
    played.silent = True
    with pytest.raises(FrameTimeout, match="locked"):
        read_until(camera, lambda frame: False, 0.05)  # what was on its way still comes


# ---- leaving and coming back


def test_a_vanished_phone_is_waited_for_and_then_the_code_comes_back(stand, monkeypatch):
    camera, played = stand.joined()
    played.vanish()
    with camera, pytest.raises(CameraDisconnected):
        read_until(camera, lambda frame: False)
    monkeypatch.setattr(phone, "RETURN_S", 0.01)
    with pytest.raises(CameraDisconnected, match="unlock"):
        stand.open()
    monkeypatch.setattr(phone_session, "AWAY_S", 0.0)
    assert isinstance(stand.open(), WaitingForPhone)
    played.connect()
    assert stand.reopened().info.stable_id == "phone:lens-1"


def test_a_phone_that_comes_back_in_time_goes_on(stand, monkeypatch):
    camera, played = stand.joined()
    monkeypatch.setattr(phone, "RETURN_S", PATIENCE_S)
    played.vanish()
    with camera, pytest.raises(CameraDisconnected):
        read_until(camera, lambda frame: False)
    played.connect()
    camera = stand.open()
    assert isinstance(camera, PhoneCamera)
    camera.read(PATIENCE_S)


def test_stop_on_the_phone_brings_the_code_at_once(stand):
    camera, played = stand.joined()
    played.say(type="bye")
    played.vanish()
    with camera, pytest.raises(CameraDisconnected, match="stopped on the phone"):
        read_until(camera, lambda frame: False)
    assert isinstance(stand.open(), WaitingForPhone)


def test_a_locked_screen_is_said_in_words(stand):
    camera, played = stand.joined()
    played.say(type="trouble", text="The phone's screen is locked.")
    with camera, pytest.raises(CameraDisconnected, match="screen is locked"):
        read_until(camera, lambda frame: False)
    camera = stand.open()
    assert isinstance(camera, WaitingForPhone)
    camera.read(0)
    played.open_camera()
    stand.reopened().read(PATIENCE_S)


def test_another_lens_is_another_camera(stand):
    _camera, played = stand.joined()
    played.device, played.label, played.capabilities = "lens-2", "facing front", COMPENSATION
    played.settings = {"exposureCompensation": 0.0}
    played.open_camera()
    camera = stand.reopened()
    assert camera.info.stable_id == "phone:lens-2"
    assert camera.capabilities.time_s is None


def test_a_phone_stays_joined_while_its_camera_is_closed(stand):
    camera, played = stand.joined()
    camera.read(PATIENCE_S)
    camera.close()
    with stand.open() as again:
        assert isinstance(again, PhoneCamera)
        again.read(PATIENCE_S)
    SESSIONS.close_parked()
    played.wait_for("closed")
    assert isinstance(stand.open(), WaitingForPhone)


def test_two_cameras_at_one_address_are_one_too_many(stand):
    stand.offer()
    with pytest.raises(CameraBusy):
        open_phone(stand.spec)


def test_a_second_phone_is_another_camera_at_another_address(stand, phones):
    first, _ = stand.joined()
    second = Stand(phones)
    second.spec = "host=127.0.0.2,port=0"
    try:
        other, _ = second.joined(device="lens-9")
        for camera in (first, other, first, other):
            camera.read(PATIENCE_S)
        assert (first.info.stable_id, other.info.stable_id) == ("phone:lens-1", "phone:lens-9")
    finally:
        second.close()


# ---- under the control loop


def turn_until(loop, satisfied, turns=400):
    for _ in range(turns):
        snapshot = loop.turn()
        assert snapshot.loop_state is not LoopState.FAILED, snapshot.error
        if satisfied(snapshot):
            return snapshot
    raise AssertionError(f"it never came to that: {snapshot}")


def test_a_loop_waits_settles_loses_its_phone_and_goes_on(stand, tmp_path, monkeypatch):
    monkeypatch.setattr(phone, "RETURN_S", 0.05)
    config = LoopConfig(retry_first_s=0.01, retry_longest_s=0.05)
    journal = Journal(tmp_path / "journal")
    with ControlLoop(stand.open, METERS["average"].make, config=config, journal=journal) as loop:
        waiting = turn_until(loop, lambda snapshot: snapshot.frame is not None)
        assert "scan the code" in waiting.notice
        assert waiting.ae_state is AeState.INACTIVE

        played = stand.visitor().join()
        settled = turn_until(loop, lambda snapshot: snapshot.ae_state is AeState.CONVERGED)
        assert settled.notice == ""
        assert abs(settled.decision.delta_ev) < 0.25
        assert played.settings["exposureMode"] == "manual"

        played.vanish()
        lost = turn_until(loop, lambda snapshot: snapshot.loop_state is LoopState.RECONNECTING)
        assert "disconnected" in lost.notice
        away = turn_until(loop, lambda snapshot: "unlock" in str(snapshot.error))
        assert away.loop_state is LoopState.RECONNECTING

        played.light /= 4
        played.connect()
        again = turn_until(
            loop, lambda snapshot: snapshot.camera == settled.camera and snapshot.ae_state is AeState.CONVERGED
        )
        assert again.frame.exposure.ev - settled.frame.exposure.ev == pytest.approx(2, abs=0.5)
    assert played.settings["exposureMode"] == "continuous"
    assert journal.entries() == []


# ---- the specification


def test_the_address_is_chosen(monkeypatch):
    monkeypatch.setattr(phone_address, "_own_address", lambda: "192.168.1.5")
    assert parse_address("") == PhoneAddress("192.168.1.5", 8443, fall_back=True, everywhere=False)
    assert parse_address("host=10.0.0.2, port=9000,any=yes") == PhoneAddress("10.0.0.2", 9000, False, True)
    assert parse_address("host=::1").host == "::1"


@pytest.mark.parametrize("spec", ["host=", "host=0.0.0.0", "host=x", "port=99999", "port=-1", "any=maybe", "pixel7"])
def test_a_malformed_specification_is_said(spec):
    with pytest.raises(ConfigError, match="host=ADDRESS"):
        open_phone(spec)


def test_the_own_address_is_one(monkeypatch):
    assert parse_address("").host.count(".") == 3


def test_a_code_that_can_be_scanned_is_in_no_recording(stand, monkeypatch, tmp_path):
    monkeypatch.setattr(phone, "RETURN_S", 0.05)
    config = LoopConfig(retry_first_s=0.01, retry_longest_s=0.05)
    path = tmp_path / "phone.tar"
    with (
        recording_sink(path) as sink,
        ControlLoop(stand.open, METERS["average"].make, config=config, journal=Journal(tmp_path / "journal")) as loop,
    ):
        loop.add_sink(sink)
        waiting = turn_until(loop, lambda snapshot: snapshot.frame is not None)
        assert stand.scan(waiting.frame.pixels) == stand.offers[-1].url, "on the screen it can be scanned"
        with FeedbackStore(tmp_path / "feedback.sqlite") as store, pytest.raises(FeedbackError, match="no picture yet"):
            store.add(waiting.frame, Label.WELL, camera="", meter="", ae_state=waiting.ae_state, delta_ev=None)
        stand.visitor().join()
        turn_until(loop, lambda snapshot: snapshot.ae_state is AeState.CONVERGED)
    assert sink.error is None
    with Recording(path) as recording:
        assert not any(stand.scan(recording.pixels(number)) for number in range(len(recording.pictures)))
