"""A phone that is played: it joins as the page does, and its picture answers to the exposure it is told."""

import asyncio
import gc
import io
import json
import logging
import math
import os
import re
import secrets
import threading
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import cv2
import numpy as np
import pytest

from autoexposure.errors import CameraDisconnected, FrameTimeout
from drivers.phone import server as phone_server
from drivers.phone.camera import open_phone
from drivers.phone.session import SESSIONS

PATIENCE_S = 60.0
"""How long a test waits for what must come; nothing is judged by it."""

FULL = {
    "exposureMode": ["continuous", "manual"],
    "exposureTime": {"min": 1.0, "max": 2000.0, "step": 1.0},
    "iso": {"min": 50, "max": 3200, "step": 1},
}


BESIDE = {"whiteBalanceMode": "continuous", "colorTemperature": 4400, "brightness": 128}
"""What a played track is set to beside exposure, where it has that."""


class PlayedRequests:
    """What the page does where it gets no WebSocket, with the same methods as aiohttp's."""

    def __init__(self, post: Callable[..., Any], number: str) -> None:
        self._post = post
        self._path = f"channel/{number}"
        self._said = self._fetched = 0
        self.close_code: int | None = None
        self.closed = False

    async def send_str(self, text: str) -> None:
        await self._say(text.encode(), "application/json")

    async def send_bytes(self, data: bytes) -> None:
        await self._say(data, "application/octet-stream")

    async def _say(self, data: bytes, kind: str) -> None:
        self._said += 1
        try:
            path, body = f"{self._path}/say/{self._said}", io.BytesIO(data)
            status, _ = await self._post(path, data=body, headers={"Content-Type": kind})
        except aiohttp.ClientError:  # the computer stops reading what is too large
            return
        if status not in (204, 413):
            raise ConnectionError(status)

    async def __aiter__(self) -> AsyncIterator[aiohttp.WSMessage]:
        while not self.closed:
            try:
                status, body = await self._post(f"{self._path}/hear/{self._fetched}")
            except aiohttp.ClientError:
                self.close_code = 1006
                return
            told = json.loads(body) if status == 200 else {"messages": [], "closed": 1006}
            self._fetched += len(told["messages"])
            for message in told["messages"]:
                yield aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, message, None)
            if told["closed"]:
                self.close_code = told["closed"]
                return

    async def close(self) -> None:
        self.closed = True

    async def leave(self) -> None:
        """Say goodbye, whether or not there is still somebody to hear it."""
        with suppress(aiohttp.ClientError):
            await self._post(f"{self._path}/leave")


class PlayedPhone:
    """A page in a browser on a phone, in a thread of its own.

    Parameters
    ----------
    url : what the QR code says, with the secret behind the ``#``.
    capabilities : what its track has; without exposureTime and iso the exposure stays at 1/100 s, ISO 100.
    """

    def __init__(self, url: str, capabilities: dict[str, Any] | None = None, *, device: str = "lens-1") -> None:
        self.page, _, self.secret = url.partition("#")
        self.capabilities = FULL if capabilities is None else capabilities
        self.device = device
        self.line = "socket"
        self.label = "camera2 0, facing back"
        self.token = ""
        self.settings: dict[str, Any] = {"exposureMode": "continuous", "exposureTime": 100.0, "iso": 100}
        self.settings = {name: value for name, value in self.settings.items() if name in self.capabilities}
        self.settings |= {name: value for name, value in BESIDE.items() if name in self.capabilities}
        if "exposureCompensation" in self.capabilities:
            self.settings["exposureCompensation"] = 0.0
        self.light = 1.2e4
        self.frames_between = 10
        self.jpeg: Callable[[], bytes] = self.picture
        self.header: dict[str, Any] = {}
        self.silent = False
        self.deaf = False
        self.problem = ""
        self.heard: list[dict[str, Any]] = []
        self.closed_with: int | None = None
        self._heard = threading.Condition()
        self._sequence = 0
        self._clock_ms = 0.0
        self._since = 0
        self.changed_after = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="played-phone", daemon=True)
        self._thread.start()
        self._http: aiohttp.ClientSession = self.do(self._start())
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._listening: asyncio.Task[None] | None = None

    # What a test does with it

    def do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def request(self, method: str, path: str, **options: Any) -> tuple[int, dict[str, str], str]:
        """(status, headers, body) of a request to the server."""

        async def ask() -> tuple[int, dict[str, str], str]:
            async with self._http.request(method, self.page + path, ssl=False, **options) as answer:
                return answer.status, dict(answer.headers), await answer.text()

        return self.do(ask())

    def pair(self, secret: str | None = None) -> tuple[int, str]:
        """Send the secret; (status, reason)."""
        origin = {"Origin": self.page.rstrip("/")}
        wanted = {"secret": self.secret if secret is None else secret}
        status, _, body = self.request("POST", "pair", json=wanted, headers=origin)
        told = json.loads(body)
        self.token = told.get("token", self.token)
        return status, told.get("reason", "")

    def connect(self, *, open_camera: bool = True, token: str | None = None, origin: str | None = None) -> None:
        """Open the WebSocket; raises aiohttp.WSServerHandshakeError if it is refused."""

        async def go() -> None:
            if self.line == "requests":
                self._socket = await self._open_channel(token, origin)
            else:
                self._socket = await self._http.ws_connect(
                    self.page + "socket",
                    protocols=("autoexposure.1", f"token.{self.token if token is None else token}"),
                    origin=origin or self.page.rstrip("/"),
                    ssl=False,
                    max_msg_size=0,
                )
            self.closed_with = None
            self._listening = asyncio.create_task(self._listen(self._socket))

        self.do(go())
        if open_camera:
            self.open_camera()

    def join(self) -> "PlayedPhone":
        status, reason = self.pair()
        assert status == 200, reason
        self.connect()
        return self

    def open_camera(self) -> None:
        self.say(
            type="camera", label=self.label, model="Played <b>Phone</b>", device=self.device, frame_rate=20,
            capabilities=self.capabilities, settings=self.settings,
        )  # fmt: skip

    def say(self, **message: Any) -> None:
        self.do(self._socket.send_str(json.dumps(message)))

    def send(self, data: bytes) -> None:
        self.do(self._socket.send_bytes(data))

    def wait_for(self, kind: str, more_than: int = 0) -> dict[str, Any]:
        """The newest message of this type, when there have been more than so many; ``closed`` is one."""
        with self._heard:
            arrived = self._heard.wait_for(lambda: len(self._of(kind)) > more_than, PATIENCE_S)
            assert arrived, f"no {kind} came; heard {[message['type'] for message in self.heard]}"
            return self._of(kind)[-1]

    def count(self, kind: str) -> int:
        with self._heard:
            return len(self._of(kind))

    def vanish(self) -> None:
        """As if its Wi-Fi went: the connection breaks without a word."""

        async def cut() -> None:
            if self._socket is not None and not self._socket.closed:
                await phone_server._let_go_of_sockets(self._loop)

        self.do(cut())

    def close(self) -> None:
        async def end() -> None:
            if self._listening is not None:
                self._listening.cancel()
                await asyncio.gather(self._listening, return_exceptions=True)
                if isinstance(self._socket, PlayedRequests):
                    await self._socket.leave()
                await self._socket.close()
            await self._http.close()
            await phone_server._let_go_of_sockets(self._loop)

        self.do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    async def _open_channel(self, token: str | None, origin: str | None) -> PlayedRequests:
        always = {
            "Origin": origin or self.page.rstrip("/"),
            "Authorization": f"Bearer {self.token if token is None else token}",
        }

        async def post(path: str, headers: dict[str, str] | None = None, **options: Any) -> tuple[int, str]:
            url = self.page + path
            async with self._http.post(url, ssl=False, headers={**always, **(headers or {})}, **options) as answer:
                return answer.status, await answer.text()

        self.post = post
        status, body = await post("channel")
        if status != 200:
            raise aiohttp.WSServerHandshakeError(None, (), status=status)
        return PlayedRequests(post, json.loads(body)["number"])

    # What it does by itself

    async def _start(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                await self._answer(socket, json.loads(message.data))
        self._note({"type": "closed", "code": socket.close_code})
        self.closed_with = socket.close_code

    async def _answer(self, socket: aiohttp.ClientWebSocketResponse, message: dict[str, Any]) -> None:
        self._note(message)
        if message["type"] == "next" and not self.silent:
            await socket.send_bytes(self.message(message))
        elif message["type"] == "apply" and not self.deaf:
            if not self.problem and message["constraints"].items() - self.settings.items():
                self.settings.update(message["constraints"])
                self._since = 0
                self.changed_after = self._sequence
            answer = {"type": "applied", "number": message["number"], "settings": self.settings}
            await socket.send_str(json.dumps({**answer, "problem": self.problem}))

    def message(self, wanted: dict[str, Any]) -> bytes:
        self._sequence += 1
        self._clock_ms += 50
        self._since += self.frames_between
        header = {
            "sequence": self._sequence, "taken_ms": self._clock_ms, "settings": self.settings,
            "frames_since_change": self._since, "round_ms": 20, **self.header,
        }  # fmt: skip
        words = json.dumps(header).encode()
        return len(words).to_bytes(4, "big") + words + self.jpeg()

    def picture(self) -> bytes:
        time_s = self.settings.get("exposureTime", 100) * 1e-4
        gain = self.settings.get("iso", 100) / 100 * 2 ** self.settings.get("exposureCompensation", 0.0)
        if self.settings.get("exposureMode") == "continuous":
            time_s, gain = 0.01, 2 ** self.settings.get("exposureCompensation", 0.0)
        linear = np.linspace(0.2, 1.8, 64) * time_s * gain * self.light / 255
        encoded = np.clip(linear, 0, 1) ** (1 / 2.2) * 255
        pixels = np.broadcast_to(encoded.astype(np.uint8)[None, :, None], (48, 64, 3))
        return cv2.imencode(".jpg", pixels)[1].tobytes()

    def _note(self, message: dict[str, Any]) -> None:
        with self._heard:
            self.heard.append(message)
            self._heard.notify_all()

    def _of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.heard if message["type"] == kind]


@pytest.fixture(autouse=True)
def _own_folder_and_nothing_left(request, tmp_path, monkeypatch, caplog):
    """Whatever a test does to it: no thread, task or socket stays behind, and no secret is in the log."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    caplog.set_level(logging.DEBUG)
    loops, made = [], []
    new_event_loop, token_urlsafe = asyncio.new_event_loop, secrets.token_urlsafe
    monkeypatch.setattr(asyncio, "new_event_loop", lambda: loops.append(new_event_loop()) or loops[-1])
    monkeypatch.setattr(secrets, "token_urlsafe", lambda size: made.append(token_urlsafe(size)) or made[-1])
    sockets = open_sockets()
    yield
    SESSIONS.close_parked()
    for thread in [thread for thread in threading.enumerate() if thread.name.startswith("phone-")]:
        thread.join(PATIENCE_S)
        assert not thread.is_alive(), thread.name
    assert not [word for word in made if word in caplog.text]
    if "chromium" in request.fixturenames:  # it lives on for the next test, and so do its own ends of connections
        with warnings.catch_warnings():  # which ends it had left in which stage is luck; other tests count ours exactly
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
        return
    assert not [task for loop in loops for task in asyncio.all_tasks(loop)]
    if open_sockets() > sockets:
        gc.collect()  # a connection that broke stays in a circle of objects for a while
    assert open_sockets() <= sockets


def open_sockets() -> int:
    """How many sockets this process has open."""
    count = 0
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):
            count += os.readlink(f"/proc/self/fd/{number}").startswith("socket:")
    return count


@pytest.fixture
def phones():
    """Makes played phones and ends them."""
    made = []

    def make(url: str, *args: Any, **options: Any) -> PlayedPhone:
        made.append(PlayedPhone(url, *args, **options))
        return made[-1]

    yield make
    for phone in made:
        phone.close()


class Stand:
    """``phone:`` on loopback with whatever joins it."""

    spec = "host=127.0.0.1,port=0"

    def __init__(self, phones: Callable[..., PlayedPhone]) -> None:
        self._phones = phones
        self.offers: list[Any] = []
        self.camera: Any = None

    def open(self) -> Any:
        self.camera = open_phone(self.spec, on_offer=self.offers.append)
        return self.camera

    def offer(self) -> Any:
        """Open the camera and read until it has made an offer."""
        self.open().read(1)
        return self.offers[-1]

    @staticmethod
    def scan(pixels: Any) -> str:
        """What a QR code says; like a phone, it gets more than one look (OpenCV's reader misses 1 in 200)."""
        readers = (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco())
        looks = (pixels, cv2.resize(pixels, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA))
        said = (reader.detectAndDecode(look)[0] for reader in readers for look in looks)
        return next(filter(None, said), "")

    @staticmethod
    def scan_terminal(text: str) -> str:
        """What the last QR code says that was printed to a terminal; empty if there is none."""
        rows: list[list[int]] = []
        halves = {" ": (255, 255), "▀": (0, 255), "▄": (255, 0), "█": (0, 0)}
        for line in re.findall(r"\x1b\[30;107m([ ▀▄█]+)\x1b\[0m", text):
            rows += [[halves[letter][half] for letter in line] for half in (0, 1)]
        square = rows[-2 * math.ceil(len(rows[-1]) / 2) :] if rows else []
        return Stand.scan(np.kron(np.array(square, np.uint8), np.ones((6, 6), np.uint8))) if square else ""

    def visitor(self, *args: Any, **options: Any) -> PlayedPhone:
        """A phone with the newest code in its hand, not joined yet."""
        return self._phones(self.offers[-1].url if self.offers else self.offer().url, *args, **options)

    def joined(self, *args: Any, **options: Any) -> tuple[Any, PlayedPhone]:
        """A camera that is a phone's, and the phone."""
        phone = self.visitor(*args, **options).join()
        return self.reopened(), phone

    def reopened(self) -> Any:
        """As the control loop does: read until the camera is lost, open it again."""
        for _ in range(500):
            try:
                self.camera.read(0.2)
            except FrameTimeout:
                continue
            except CameraDisconnected:
                break
        else:
            raise AssertionError("the camera was not lost")
        self.camera.close()
        for _ in range(200):
            with suppress(CameraDisconnected):  # it is away: each try waits a moment for it
                return self.open()
        raise AssertionError("the phone did not come back")

    def close(self) -> None:
        if self.camera is not None:
            self.camera.close()


@pytest.fixture
def stand(phones):
    made = Stand(phones)
    yield made
    made.close()
