"""The page in a real browser: headless Chromium with its fake camera.

Its fake device offers exposureMode manual and continuous and exposureTime 10 to 100 in steps of 5, applies and reports
them, and has no iso; but its picture doesn't answer to exposure. So the wire is proved on it, and the closed loop on a
canvas that does answer, some frames late, as phones do.
"""

import asyncio
import codecs
import fcntl
import math
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from autoexposure.control.loop import ControlLoop
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraDisconnected, UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.metering.meters import METERS
from autoexposure.phone_status import PhoneState
from autoexposure.states import AeState, LoopState
from drivers.phone import camera as phone
from drivers.phone import channel as phone_channel
from drivers.phone import routes as phone_routes
from drivers.phone import session as phone_session
from drivers.phone.camera import PhoneCamera
from drivers.phone.controls import NO_ISO, NOTHING
from drivers.phone.server import _let_go_of_sockets
from drivers.phone.session import SESSIONS
from tests.drivers.phone.chromium import BROWSER, PATIENCE_S, Chromium
from tests.drivers.phone.conftest import Stand
from tests.drivers.phone.radio import Radio

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium (Debian: apt-get install chromium)")

PICTURES = os.environ.get("PHONE_PICTURES")
"""A folder for screenshots, for people to look at."""

CANVAS_CAMERA = """
(() => {
  const FRAMES_LATE = 3;
  const settings = {exposureMode: "continuous", exposureTime: 100, iso: 100, frameRate: 20, deviceId: "canvas"};
  const capabilities = {exposureMode: ["continuous", "manual"], exposureTime: {min: 1, max: 500, step: 1},
                        iso: {min: 100, max: 1600, step: 1}, deviceId: "canvas"};
  window.light = 400;
  let pipeline = Array(FRAMES_LATE).fill({time: 0.01, gain: 1});
  const canvas = document.createElement("canvas");
  canvas.width = 640; canvas.height = 480;
  const paper = canvas.getContext("2d");
  setInterval(() => {
    const manual = settings.exposureMode === "manual";
    pipeline.push(manual ? {time: settings.exposureTime * 1e-4, gain: settings.iso / 100} : {time: 0.01, gain: 1});
    const {time, gain} = pipeline.shift();
    for (let x = 0; x < 16; x++) for (let y = 0; y < 12; y++) {
      const reflectance = 0.05 + 0.35 * ((x * 7 + y * 5) % 16) / 16;
      const code = Math.round(255 * Math.min(1, reflectance * light * time * gain) ** (1 / 2.2));
      paper.fillStyle = `rgb(${code},${code},${code})`;
      paper.fillRect(x * 40, y * 40, 40, 40);
    }
  }, 50);
  const camera = {kind: "videoinput", deviceId: "canvas", label: "camera2 0, facing back"};
  navigator.mediaDevices.enumerateDevices = async () =>
    [camera, {...camera, deviceId: "front", label: "camera2 1, facing front"}];
  navigator.mediaDevices.getUserMedia = async () => {
    const stream = canvas.captureStream(20);
    const track = stream.getVideoTracks()[0];
    track.getCapabilities = () => capabilities;
    track.getSettings = () => ({...settings});
    track.applyConstraints = async (wanted) => { Object.assign(settings, ...wanted.advanced); };
    window.testTrack = track;
    return stream;
  };
})();
"""

SHIFTED_CAMERA = (
    CANVAS_CAMERA.replace(
        'exposureMode: ["continuous", "manual"], exposureTime: {min: 1, max: 500, step: 1},',
        'exposureMode: ["continuous"], exposureCompensation: {min: -4, max: 4, step: 1 / 3},',
    )
    .replace("iso: {min: 100, max: 1600, step: 1}, ", "")
    .replace("exposureTime: 100, iso: 100, frameRate", "exposureCompensation: 0, frameRate")
    .replace(
        "{time: 0.01, gain: 1});\n    const", "{time: 0.01, gain: 2 ** settings.exposureCompensation});\n    const"
    )
)
"""Its automatic can only be shifted."""

ADJUSTABLE_CAMERA = (
    CANVAS_CAMERA.replace(
        "iso: 100, frameRate",
        'iso: 100, whiteBalanceMode: "continuous", colorTemperature: 4400, brightness: 128, frameRate',
    )
    .replace(
        "iso: {min: 100,",
        'whiteBalanceMode: ["continuous", "manual"], colorTemperature: {min: 2500, max: 7000, step: 50},'
        " brightness: {min: 0, max: 255, step: 1}, iso: {min: 100,",
    )
    .replace("Object.assign(settings", "window.lastAsked = wanted.advanced[0]; Object.assign(settings")
)
"""It has controls beside exposure."""

KEEP_TRACK = """
const taken = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await taken(wanted);
  window.testTrack = stream.getVideoTracks()[0];
  return stream;
};
"""


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """A page answers, and comes back, as soon as the machine lets it."""
    monkeypatch.setattr(phone, "ANSWER_S", PATIENCE_S)
    monkeypatch.setattr(phone_routes, "HEARTBEAT_S", PATIENCE_S)
    monkeypatch.setattr(phone_channel, "SILENCE_S", PATIENCE_S)
    monkeypatch.setattr(phone_session, "AWAY_S", 600.0)
    monkeypatch.setattr(phone, "RETURN_S", 20.0)


@pytest.fixture(scope="module")
def air():
    radio = Radio()
    yield radio
    radio.close()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory, air):
    browser = Chromium(tmp_path_factory.mktemp("chromium"), air.port)
    yield browser
    browser.close()


NO_WEBSOCKET = """
WebSocket = class {  // as Safari does where the person has accepted a certificate
  constructor() { setTimeout(() => this.onclose({code: 1006})); }
  close() {}
};
"""


@pytest.fixture(params=["socket", "requests"])
def line(request, page):
    """Tests that take this run once over a WebSocket and once without."""
    if request.param == "requests":
        page.before_pages(NO_WEBSOCKET)
    return request.param


@pytest.fixture
def radio(air):
    yield air
    air.mend()


@pytest.fixture
def page(chromium):
    """The tab, with the scripts of one test only."""
    scripts = []
    add = chromium.before_pages

    def remembered(source: str) -> None:
        scripts.append(chromium.call("Page.addScriptToEvaluateOnNewDocument", source=source)["identifier"])

    chromium.before_pages = remembered
    chromium.said.clear()
    yield chromium
    chromium.before_pages = add
    for script in scripts:
        chromium.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    chromium.go("about:blank")


def scanned(stand):
    """The address in the QR code on the camera's picture."""
    return stand.scan(stand.open().read(1).pixels)


def read_until(camera, satisfied):
    for _ in range(400):
        frame = camera.read(PATIENCE_S)
        if satisfied(frame):
            return frame
    raise AssertionError("no such picture came")


def break_connection(session):
    """The TCP connections break; what goes over requests survives that, so there the computer lets go."""
    server = session.server

    async def now():  # in the server's own thread: elsewhere its channels change while one looks at them
        for channel in server._routes._channels.values():
            channel.leave()
        await _let_go_of_sockets(server._loop)

    asyncio.run_coroutine_threadsafe(now(), server._loop).result(PATIENCE_S)


def pictures(page, name):
    if PICTURES:
        page.look("new Promise((done) => setTimeout(done, 500))")  # nothing fades any more
        for scheme in ("dark", "light"):
            page.picture(Path(PICTURES) / f"{name}-{scheme}.png", scheme)


def test_the_wire_with_the_fake_device(stand, page):
    page.before_pages(KEEP_TRACK)
    page.go(scanned(stand))
    camera = stand.reopened()
    assert isinstance(camera, PhoneCamera)
    assert page.look("location.hash") == ""
    assert page.look("document.body.dataset.state") == "live"

    time_s = camera.capabilities.time_s
    assert (time_s.minimum, time_s.maximum, time_s.step) == pytest.approx((0.001, 0.01, 0.0005))
    assert camera.capabilities.note == NO_ISO
    assert camera.frame_interval_s == pytest.approx(1 / 20)
    frame = camera.read(PATIENCE_S)
    assert max(frame.size_px) >= 160
    assert frame.pixels.std() > 5

    camera.take_control()
    for wanted_s, units in ((0.003, 30), (0.00852, 85), (0.001, 10)):
        really = camera.set_exposure(Exposure(wanted_s))
        assert really.time_s == pytest.approx(units * 1e-4)
        assert page.look("testTrack.getSettings().exposureTime") == units
        assert page.look("testTrack.getSettings().exposureMode") == "manual"
        frame = read_until(camera, lambda frame, really=really: frame.exposure == really)
        assert frame.reported
    pictures(page, "fake-device")

    with pytest.raises(UnsupportedControl, match="continuous"):
        camera.set_native_auto(True)  # the fake device offers it and doesn't do it, as phones do: it is noticed
    camera.close()
    assert page.said == []


def test_what_is_set_beside_exposure_stays_with_it_and_is_put_back_as_it_was_found(stand, page):
    page.before_pages(ADJUSTABLE_CAMERA)
    page.go(scanned(stand))
    camera = stand.reopened()
    camera.take_control()
    camera.set_exposure(Exposure(0.002))
    assert camera.adjust("white_balance_automatic", 0) == 0
    assert camera.adjust("white_balance_temperature", 3000) == 3000
    assert camera.adjust("brightness", 7) == 7
    camera.set_exposure(Exposure(0.004))
    asked = page.look("lastAsked")
    assert (asked["exposureTime"], asked["colorTemperature"], asked["brightness"]) == (40, 3000, 7)
    page.look("dropped = testTrack, 0")
    break_connection(camera._session)
    page.wait_for("dropped.getSettings().exposureMode === 'continuous'")
    left = page.look("dropped.getSettings()")
    assert (left["whiteBalanceMode"], left["brightness"]) == ("continuous", 128)


def test_the_lens_is_put_back_when_the_computer_is_gone_and_taken_again_when_it_is_back(stand, page, line):
    page.before_pages(CANVAS_CAMERA)
    page.go(scanned(stand))
    camera = stand.reopened()
    camera.take_control()
    camera.set_exposure(Exposure(0.002))
    assert page.look("testTrack.getSettings().exposureMode") == "manual"
    page.look("dropped = testTrack, 0")
    session = camera._session
    break_connection(session)
    page.wait_for("dropped.getSettings().exposureMode === 'continuous'")
    camera = stand.reopened()
    assert isinstance(camera, PhoneCamera)
    camera.take_control()
    assert camera.set_exposure(Exposure(0.004)).time_s == pytest.approx(0.004)
    camera.close()
    SESSIONS.close_parked()
    page.wait_for("document.body.dataset.state === 'failed'")
    assert "The computer is done" in page.look("document.body.innerText")
    assert page.look("testTrack.readyState") == "ended"
    pictures(page, "done")


REASONS_COME_LATE = """
const asks = fetch;
fetch = async (path, options) => {
  const answer = await asks(path, options);
  if (String(path).includes("/hear/")) await new Promise((done) => setTimeout(done, 700));
  return answer;
};
"""


def test_a_page_that_is_refused_waits_for_the_reason(stand, page):
    page.before_pages(NO_WEBSOCKET)
    page.before_pages(REASONS_COME_LATE)
    page.go(scanned(stand))
    camera = stand.reopened()
    camera.read(PATIENCE_S)  # pictures are on their way, one after the other
    SESSIONS.dismiss()
    page.wait_for("document.body.dataset.state === 'failed'")
    assert "The computer is done" in page.look("document.body.innerText")


def test_stop_and_start_again_on_the_phone(stand, page, line):
    page.before_pages(KEEP_TRACK)
    page.go(scanned(stand))
    camera = stand.reopened()
    camera.read(PATIENCE_S)
    page.look("document.getElementById('stop').click()")
    assert page.look("testTrack.readyState") == "ended"
    pictures(page, "stopped")
    waiting = stand.reopened()
    assert not isinstance(waiting, PhoneCamera)
    page.look("document.getElementById('stop').click()")
    assert isinstance(stand.reopened(), PhoneCamera)
    stand.camera.read(PATIENCE_S)


def test_a_page_with_an_old_code_says_what_to_do(stand, page):
    url = scanned(stand)
    page.go(url.split("#")[0] + "#used-long-ago")
    page.wait_for("document.body.dataset.state === 'failed'")
    assert "Scan the one the computer shows now" in page.look("document.body.innerText")
    assert page.look("location.hash") == ""
    pictures(page, "refused")
    page.go(url)  # the right one, in the same tab
    assert isinstance(stand.reopened(), PhoneCamera)


def test_a_page_without_a_code_says_what_to_do(stand, page):
    page.go(scanned(stand).split("#")[0])
    page.wait_for("document.body.dataset.state === 'failed'")
    assert "Scan the code" in page.look("document.body.innerText")
    assert page.look("document.getElementById('stop').offsetHeight") == 0
    pictures(page, "no-code")


def test_a_computer_that_does_not_answer_is_tried_again_with_the_same_code(stand, page):
    page.before_pages("""
      let away = true;
      const fetched = fetch;
      fetch = (...what) => away ? Promise.reject(new TypeError("no network")) : fetched(...what);
    """)
    page.go(scanned(stand))
    page.wait_for("document.body.dataset.state === 'failed'")
    assert "The computer does not answer" in page.look("document.body.innerText")
    pictures(page, "no-answer")
    page.look("away = false, document.getElementById('stop').click()")
    assert isinstance(stand.reopened(), PhoneCamera)


def test_a_camera_that_must_be_allowed_is_waited_for_on_both_sides(stand, page):
    page.before_pages(CANVAS_CAMERA)
    page.before_pages("""
      const taken = navigator.mediaDevices.getUserMedia;
      let decide;
      navigator.mediaDevices.getUserMedia = () => new Promise((yes, no) => {
        decide = {yes: async () => yes(await taken()), no: () => no(new DOMException("", "NotAllowedError"))};
      });
    """)
    page.go(scanned(stand))
    page.wait_for("document.getElementById('headline').textContent === 'Let the page use the camera'")
    pictures(page, "asking")
    page.look("decide.no(), 0")
    page.wait_for("document.body.dataset.state === 'failed'")
    pictures(page, "not-allowed")
    link = stand.camera._session.link
    with link._changed:
        assert link._changed.wait_for(lambda: "The camera is not allowed" in link.trouble, PATIENCE_S)
    assert stand.scan(stand.camera.read(0).pixels) == "", "there is nothing to scan any more"
    page.look("decide = null, document.getElementById('stop').click()")
    page.wait_for("decide")
    assert page.look("document.getElementById('stop-text').textContent") == "Stop"
    page.look("decide.yes()")
    assert isinstance(stand.reopened(), PhoneCamera)


def test_another_lens_is_chosen_on_the_phone(stand, page):
    page.before_pages(CANVAS_CAMERA)
    page.before_pages(PHONE_LIFE)
    page.go(scanned(stand))
    stand.reopened().read(PATIENCE_S)
    page.look("document.querySelectorAll('#lenses button')[1].click()")
    again = stand.reopened()
    assert isinstance(again, PhoneCamera)
    again.read(PATIENCE_S)
    assert again.info.name == "Phone, Back camera"
    page.look("document.getElementById('stop').click()")
    assert page.look("awake") == ["screen", "released"], "one lock, and none is left"


def test_a_browser_that_does_not_tell_of_camera_frames_still_sends_them(stand, page):
    """WebKit without a graphics card: the method is there and never calls back."""
    page.before_pages(CANVAS_CAMERA)
    page.before_pages("HTMLVideoElement.prototype.requestVideoFrameCallback = () => 1;")
    page.go(scanned(stand))
    camera = stand.reopened()
    camera.take_control()
    really = camera.set_exposure(Exposure(0.004))
    assert read_until(camera, lambda frame: frame.exposure == really).reported


def test_a_browser_without_control_says_so_on_the_phone_and_here(stand, page):
    page.before_pages(
        CANVAS_CAMERA.replace("track.getCapabilities = () => capabilities", "track.getCapabilities = null")
    )
    page.go(scanned(stand))
    camera = stand.reopened()
    assert camera.capabilities.note == NOTHING
    assert camera.read(PATIENCE_S).exposure is None
    assert "lets no page set the exposure" in page.look("document.body.innerText")
    pictures(page, "no-control")


def test_the_closed_loop_settles_on_a_camera_that_answers(stand, page, line, tmp_path):
    page.before_pages(CANVAS_CAMERA)
    page.go(scanned(stand))
    stand.camera.close()
    with ControlLoop(stand.open, METERS["average"].make, journal=Journal(tmp_path / "journal")) as loop:

        def settled(turns=600):
            for _ in range(turns):
                snapshot = loop.turn()
                assert snapshot.loop_state is not LoopState.FAILED, snapshot.error
                converged = snapshot.ae_state is AeState.CONVERGED and snapshot.frame.reported
                if converged and abs(snapshot.decision.delta_ev) < 0.25:
                    return snapshot
            raise AssertionError(f"never settled: {snapshot}")

        first = settled()
        track = page.look("testTrack.getSettings()")
        assert track["exposureMode"] == "manual"
        assert first.commanded.time_s * first.commanded.gain == pytest.approx(
            track["exposureTime"] * track["iso"] * 1e-6
        )
        pictures(page, "closed-loop")

        page.look("light = light / 8, 0")
        for _ in range(600):
            if loop.turn().ae_state is AeState.SEARCHING:
                break
        second = settled()
        assert second.frame.exposure.ev - first.frame.exposure.ev == pytest.approx(3, abs=0.5)
    assert page.look("testTrack.getSettings().exposureMode") == "continuous"
    assert page.said == []


def test_where_only_the_automatic_can_be_shifted_the_loop_settles_in_its_steps(stand, page, tmp_path):
    page.before_pages(SHIFTED_CAMERA)
    page.go(scanned(stand))
    stand.camera.close()
    with ControlLoop(stand.open, METERS["average"].make, journal=Journal(tmp_path / "journal")) as loop:
        settled = turn_until(loop, lambda snapshot: snapshot.ae_state is AeState.CONVERGED and snapshot.frame.reported)
        assert abs(settled.decision.delta_ev) < 0.25
        shift_ev = page.look("testTrack.getSettings().exposureCompensation")
        assert shift_ev == pytest.approx(math.log2(settled.commanded.gain), abs=1e-3)
        assert shift_ev * 3 == pytest.approx(round(shift_ev * 3), abs=1e-3)
        assert shift_ev != 0
        assert "only lets its automatic be shifted" in page.look("document.body.innerText")
        pictures(page, "shift")
    assert page.look("testTrack.getSettings().exposureCompensation") == 0


def test_the_page_says_when_the_computer_does_not_look(stand, page):
    page.before_pages(CANVAS_CAMERA)
    page.before_pages(PHONE_LIFE)
    page.go(scanned(stand))
    camera = stand.reopened()
    camera.read(PATIENCE_S)
    assert page.look("document.getElementById('state').textContent") == "Live"
    camera.close()  # parked: the phone stays joined
    page.wait_for("(ahead += 1000, document.getElementById('state').textContent === 'Paused')")
    assert page.look("document.getElementById('rate').textContent") == "0/s"
    pictures(page, "paused")
    assert isinstance(stand.open(), PhoneCamera)
    page.wait_for("document.getElementById('state').textContent === 'Live'")


PHONE_LIFE = """
let ahead = 0, hidden = false;
const awake = [];
const now = performance.now.bind(performance);
performance.now = () => now() + ahead;
Object.defineProperty(Document.prototype, "hidden", {get: () => hidden});
const lock = (on) => { hidden = on; document.dispatchEvent(new Event("visibilitychange")); return 0; };
Object.defineProperty(navigator, "wakeLock", {value: {request: async (what) => {
  awake.push(what);
  return {release: async () => { awake.push("released"); }};
}}});
"""
"""A clock that can be put forward, a screen that can be locked, a wake lock that is written down."""

QUICK_LIFE = """
let quick = 1;
const later = setTimeout;
setTimeout = (what, ms, ...more) => later(what, ms / quick, ...more);
"""
"""Pauses that can be made shorter."""


def test_a_locked_screen_lets_the_camera_go_and_comes_back_by_itself(stand, page, line):
    page.before_pages(CANVAS_CAMERA)
    page.before_pages(PHONE_LIFE)
    page.go(scanned(stand))
    camera = stand.reopened()
    camera.take_control()
    camera.set_exposure(Exposure(0.002))
    assert page.look("awake") == ["screen"]
    page.look("first = testTrack, lock(true)")
    with pytest.raises(CameraDisconnected, match="screen is locked"):
        read_until(camera, lambda frame: False)
    assert page.look("first.readyState") == "ended"
    assert page.look("awake") == ["screen", "released"]
    page.look("ahead += 10000, lock(false)")  # it slept: the line may be dead without anybody knowing
    camera = stand.reopened()
    assert isinstance(camera, PhoneCamera)
    camera.read(PATIENCE_S)
    assert page.look("awake.at(-1)") == "screen"


def test_a_phone_out_of_reach_is_missed_on_both_sides_and_comes_back(stand, page, radio, monkeypatch):
    monkeypatch.setattr(phone_routes, "HEARTBEAT_S", 4.0)
    page.before_pages(CANVAS_CAMERA)
    page.before_pages(PHONE_LIFE)
    page.before_pages(QUICK_LIFE)
    page.go(scanned(stand))
    camera = stand.reopened()
    camera.take_control()
    camera.set_exposure(Exposure(0.002))
    page.look("quick = 20, 0")
    radio.gone = True
    with pytest.raises(CameraDisconnected):
        read_until(camera, lambda frame: False)
    assert camera._session.status().state is PhoneState.AWAY
    page.look("ahead += 10000, 0")
    page.wait_for("document.body.dataset.state === 'waiting'")
    pictures(page, "reconnecting")
    assert page.look("testTrack.getSettings().exposureMode") == "continuous"
    opened = radio.opened
    for _ in range(1000):  # in a network that swallows everything no try may hang on
        if radio.opened > opened + 5:
            break
        page.look("new Promise((done) => setTimeout(done, 1000))")
    assert radio.opened > opened + 5
    radio.cut()
    radio.mend()
    camera = stand.reopened()
    assert isinstance(camera, PhoneCamera)
    camera.read(PATIENCE_S)


def test_a_slow_phone_still_settles(stand, page, radio, tmp_path):
    """200 kbit/s each way, TLS and all."""
    page.before_pages(CANVAS_CAMERA)
    page.go(scanned(stand))
    stand.camera.close()
    with ControlLoop(stand.open, METERS["average"].make, journal=Journal(tmp_path / "journal")) as loop:
        turn_until(loop, lambda snapshot: snapshot.frame is not None and snapshot.camera.name != "Phone")
        radio.bits_per_s = 200e3
        turn_until(loop, lambda snapshot: max(snapshot.frame.size_px) <= 160)
        page.look("light = light / 8, 0")
        turn_until(loop, lambda snapshot: snapshot.ae_state is AeState.SEARCHING)
        settled = turn_until(loop, lambda snapshot: snapshot.ae_state is AeState.CONVERGED and snapshot.frame.reported)
        assert abs(settled.decision.delta_ev) < 0.25
        assert settled.loop_state is LoopState.RUNNING
        assert SESSIONS.status().throughput_bps < 400e3
        assert page.look("document.getElementById('rate-name').textContent") == "Slow link"
        pictures(page, "slow")


def turn_until(loop, satisfied):
    for _ in range(800):
        snapshot = loop.turn()
        assert snapshot.loop_state is not LoopState.FAILED, snapshot.error
        if satisfied(snapshot):
            return snapshot
    raise AssertionError(f"it never came to that: {snapshot}")


def test_the_browser_keeps_to_the_policy(stand, page):
    page.before_pages(CANVAS_CAMERA)
    page.go(scanned(stand))
    stand.reopened()
    refused = page.look("""
      new Promise(async (done) => {
        const directives = [];
        addEventListener("securitypolicyviolation", (event) => directives.push(event.effectiveDirective));
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.head.append(script);
        const picture = new Image();
        picture.src = "https://example.org/x.png";
        const style = document.createElement("style");
        document.head.append(style);
        await fetch("https://example.org/").catch(() => {});
        setTimeout(() => done(directives.sort()), 50);
      })
    """)
    assert refused == ["connect-src", "img-src", "script-src-elem", "style-src-elem"]
    assert page.look("window.ran") is None


@pytest.fixture
def terminal(tmp_path):
    """Makes programs in a terminal of 80 x 24, in a home of their own; ends those that are left."""
    started = []

    def start(*words):
        started.append(Terminal(tmp_path, *words))
        return started[-1]

    yield start
    for program in started:
        program.close()


class Terminal:
    """A program as a person sees it: what it writes there is in ``said``."""

    def __init__(self, home, *words):
        self.said = ""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        places = {name: str(home / name) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "autoexposure", *words],
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env={**os.environ, **places},
        )  # fmt: skip
        os.close(theirs)
        self._ours = ours
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def wait_for(self, seen):
        """The first of what ``seen`` makes of all that was said which is true."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not (found := seen(self.said)) and time.monotonic() < deadline_s:
            time.sleep(0.05)
        assert found, self.said
        return found

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        self._reading.join(PATIENCE_S)
        os.close(self._ours)

    def _read(self):
        letters = codecs.getincrementaldecoder("utf-8")()
        with suppress(OSError):  # nobody has the other side open any more
            while data := os.read(self._ours, 65536):
                self.said += letters.decode(data)


def test_a_phone_in_a_minute(page, terminal):
    """As the README says it: the program in a terminal, the code scanned from it, the page, and the loop at work."""
    page.before_pages(CANVAS_CAMERA)
    program = terminal("run", "--camera", "phone:host=127.0.0.1,port=0", "--meter", "average")
    page.go(program.wait_for(Stand.scan_terminal))
    page.wait_for("window.testTrack && testTrack.getSettings().exposureMode === 'manual'")
    page.wait_for("document.getElementById('time').textContent.startsWith('1/')")
    program.wait_for(lambda said: "Converged" in said or "converged" in said)
    pictures(page, "in-a-minute")
    page.look("kept = testTrack, 0")
    os.killpg(program.process.pid, signal.SIGINT)  # Ctrl+C
    assert program.process.wait(PATIENCE_S) == 0
    page.wait_for("document.body.dataset.state === 'failed'")
    assert "The computer is done" in page.look("document.body.innerText")
    assert page.look("kept.getSettings().exposureMode") == "continuous"
