"""A headless Chromium with one tab the size of a phone, driven over its own debugging protocol.

Set CHROMIUM to a browser that isn't found by itself.
"""

import asyncio
import base64
import itertools
import json
import os
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

BROWSER = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PATIENCE_S = 60.0
PHONE_PX = (360, 740)

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


class Chromium:
    """The browser and its tab.

    Attributes
    ----------
    said : what the page, or the browser about the page, put on the console: errors, refused policies.
    """

    def __init__(self, folder: Path, proxy_port: int) -> None:
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.said: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chromium", daemon=True)
        self._thread.start()
        proxy = (f"--proxy-server=http://127.0.0.1:{proxy_port}", "--proxy-bypass-list=<-loopback>")
        command = [BROWSER, *OPTIONS, *proxy, f"--user-data-dir={folder}", "about:blank"]
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
        self.call("Log.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=PHONE_PX[0], height=PHONE_PX[1], deviceScaleFactor=2, mobile=True,
        )  # fmt: skip

    def call(self, method: str, **parameters: Any) -> Any:
        return self._do(self._call(method, parameters))

    def before_pages(self, script: str) -> None:
        self.call("Page.addScriptToEvaluateOnNewDocument", source=script)

    def go(self, url: str) -> None:
        """Open a page; when this returns its scripts have run."""
        self.call("Page.navigate", url=url)
        page = json.dumps(url.split("#")[0])
        self.wait_for(f"location.href.split('#')[0] === {page} && document.readyState === 'complete'")

    def look(self, expression: str) -> Any:
        """The value of a JavaScript expression; promises are awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Until it is true. Asked from here: what waits inside a page is lost without a word when that is left."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            with suppress(RuntimeError):  # between two pages
                if self.look(f"Boolean(document.body && ({expression}))"):
                    return
            assert time.monotonic() < deadline_s, f"never {expression}: {self.look('document.body.innerText')}"
            time.sleep(0.05)

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
            elif told.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
                self.said.append(json.dumps(told["params"])[:500])

    async def _end(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._socket.close()
        await self._http.close()
