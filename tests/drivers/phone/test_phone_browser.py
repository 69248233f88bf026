"""The page in a real browser: headless Chromium with its fake camera, driven over its own debugging protocol.

Its fake device offers exposureMode manual and continuous and exposureTime 10 to 100 in steps of 5, applies and reports
them, and has no iso; but its picture doesn't answer to exposure. So the wire is proved on it, and the closed loop on a
canvas that does answer, some frames late, as phones do. Set CHROMIUM to a browser that isn't found by itself.
"""

import asyncio
import base64
import itertools
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from autoexposure.errors import UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.journal import Journal
from autoexposure.loop import ControlLoop
from autoexposure.metering import METERS
from autoexposure.snapshot import AeState, LoopState
from drivers.phone import PhoneCamera
from drivers.phone_controls import NO_ISO, NOTHING
from drivers.phone_desk import DESKS

BROWSER = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium (Debian: apt-get install chromium)")

PATIENCE_S = 60.0
PHONE_PX = (360, 740)
PICTURES = os.environ.get("PHONE_PICTURES")
"""A folder for screenshots, for people to look at."""

OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--no-first-run",
    "--mute-audio",
    "--remote-debugging-port=0",
    "--ignore-certificate-errors",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)

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

KEEP_TRACK = """
const taken = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await taken(wanted);
  window.testTrack = stream.getVideoTracks()[0];
  return stream;
};
"""


class Chromium:
    """One headless browser with one tab the size of a phone."""

    def __init__(self, folder: Path) -> None:
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.said: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chromium", daemon=True)
        self._thread.start()
        command = [BROWSER, *OPTIONS, f"--user-data-dir={folder}", "about:blank"]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        address = next(line.split()[-1] for line in self._process.stderr if line.startswith("DevTools listening"))
        self._drain = threading.Thread(target=self._process.stderr.read, daemon=True)
        self._drain.start()
        try:
            self._do(self._connect(address))
            self.call("Page.enable")
        except BaseException:
            self._process.kill()
            raise
        self.call("Runtime.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=PHONE_PX[0], height=PHONE_PX[1], deviceScaleFactor=2, mobile=True,
        )  # fmt: skip

    def call(self, method: str, **parameters: Any) -> Any:
        return self._do(self._call(method, parameters))

    def before_pages(self, script: str) -> None:
        self.call("Page.addScriptToEvaluateOnNewDocument", source=script)

    def go(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def look(self, expression: str) -> Any:
        """The value of a JavaScript expression; promises are awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Until it is true, looked at with every picture the page paints."""
        end = f"performance.now() + {PATIENCE_S * 500}"
        never = "failed(new Error('never: ' + document.body.innerText))"
        look = f"if (document.body && ({expression})) done(); else if (performance.now() > end) {never};"
        self.look(
            f"new Promise((done, failed) => {{ const end = {end}; "
            f"(function look() {{ {look} else setTimeout(look, 50); }})(); }})"
        )

    def picture(self, path: Path, scheme: str) -> None:
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))

    def close(self) -> None:
        try:
            self._do(self._end())
        finally:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._drain.join(PATIENCE_S)
            self._process.stderr.close()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE_S)
            self._loop.close()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def _connect(self, address: str) -> None:
        self._http = aiohttp.ClientSession()
        async with self._http.get(f"http://{urlsplit(address).netloc}/json/list") as answer:
            tab = next(target for target in await answer.json() if target["url"] == "about:blank")
        self._socket = await self._http.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0)
        self._reading = asyncio.create_task(self._read())

    async def _call(self, method: str, parameters: dict[str, Any]) -> Any:
        number = next(self._ids)
        self._waiting[number] = self._loop.create_future()
        await self._socket.send_str(json.dumps({"id": number, "method": method, "params": parameters}))
        return await self._waiting[number]

    async def _read(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told and told["id"] in self._waiting:
                future = self._waiting.pop(told["id"])
                if "error" in told:
                    future.set_exception(RuntimeError(told["error"]["message"]))
                else:
                    future.set_result(told["result"])
            elif told.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
                self.said.append(json.dumps(told["params"])[:500])

    async def _end(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._socket.close()
        await self._http.close()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


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
        frame = camera.read(10)
        if satisfied(frame):
            return frame
    raise AssertionError("no such picture came")


def pictures(page, name):
    if PICTURES:
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
    frame = camera.read(10)
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


def test_the_lens_is_put_back_when_the_computer_is_gone_and_taken_again_when_it_is_back(stand, page):
    page.before_pages(CANVAS_CAMERA)
    page.go(scanned(stand))
    camera = stand.reopened()
    camera.take_control()
    camera.set_exposure(Exposure(0.002))
    assert page.look("testTrack.getSettings().exposureMode") == "manual"
    page.look("dropped = testTrack, 0")
    desk = camera._desk
    desk.server._loop.call_soon_threadsafe(desk.server._connection._socket._req.transport.abort)
    page.wait_for("dropped.getSettings().exposureMode === 'continuous'")
    camera = stand.reopened()
    assert isinstance(camera, PhoneCamera)
    camera.take_control()
    assert camera.set_exposure(Exposure(0.004)).time_s == pytest.approx(0.004)
    camera.close()
    DESKS.close_parked()
    page.wait_for("document.body.dataset.state === 'failed'")
    assert "The computer is done" in page.look("document.body.innerText")
    assert page.look("testTrack.readyState") == "ended"
    pictures(page, "done")


def test_stop_and_start_again_on_the_phone(stand, page):
    page.before_pages(KEEP_TRACK)
    page.go(scanned(stand))
    camera = stand.reopened()
    camera.read(10)
    page.look("document.getElementById('stop').click()")
    assert page.look("testTrack.readyState") == "ended"
    pictures(page, "stopped")
    waiting = stand.reopened()
    assert not isinstance(waiting, PhoneCamera)
    page.look("document.getElementById('stop').click()")
    assert isinstance(stand.reopened(), PhoneCamera)
    stand.camera.read(10)


def test_a_page_with_an_old_code_says_what_to_do(stand, page):
    url = scanned(stand)
    page.go(url.split("#")[0] + "#used-long-ago")
    page.wait_for("document.body.dataset.state === 'failed'")
    assert "Scan the one the computer shows now" in page.look("document.body.innerText")
    pictures(page, "refused")


def test_another_lens_is_chosen_on_the_phone(stand, page):
    page.before_pages(CANVAS_CAMERA)
    page.go(scanned(stand))
    stand.reopened().read(10)
    page.look("document.querySelectorAll('#lenses button')[1].click()")
    again = stand.reopened()
    assert isinstance(again, PhoneCamera)
    again.read(10)


def test_a_browser_without_control_says_so_on_the_phone_and_here(stand, page):
    page.before_pages(
        CANVAS_CAMERA.replace("track.getCapabilities = () => capabilities", "track.getCapabilities = null")
    )
    page.go(scanned(stand))
    camera = stand.reopened()
    assert camera.capabilities.note == NOTHING
    assert camera.read(10).exposure is None
    assert "lets no page set the exposure" in page.look("document.body.innerText")
    pictures(page, "no-control")


def test_the_closed_loop_settles_on_a_camera_that_answers(stand, page, tmp_path):
    page.before_pages(CANVAS_CAMERA)
    page.go(scanned(stand))
    stand.camera.close()
    with ControlLoop(stand.open, METERS["average"], journal=Journal(tmp_path / "journal")) as loop:

        def settled(turns=600):
            for _ in range(turns):
                snapshot = loop.turn()
                assert snapshot.loop_state is not LoopState.FAILED, snapshot.error
                if snapshot.ae_state is AeState.CONVERGED and snapshot.frame.reported:
                    return snapshot
            raise AssertionError(f"never settled: {snapshot}")

        first = settled()
        assert abs(first.decision.delta_ev) < 0.25
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
        assert abs(second.decision.delta_ev) < 0.25
    assert page.look("testTrack.getSettings().exposureMode") == "continuous"
    assert page.said == []
