"""The DroidCam app, played on loopback, as its remote-control page was described."""

from collections.abc import Iterator

from tests.drivers.http.fake_http import AUTOMATIC_LIGHT, FakeDevice, _Handler, code, jpeg


class FakeDroidcam(FakeDevice):
    """A phone in front of a grey wall.

    Attributes
    ----------
    info : what /v1/camera/info says.
    automatic : the automatic exposure, which no field of ``info`` shows; while it is on, times and ISO don't stay.
    pro : without it, every exposure setting is answered with 550.
    deaf : settings answered with 200 and left alone.
    late_reads : a change shows in so many readings later.
    busy : another viewer holds the stream, this one gets a page.
    """

    def __init__(self) -> None:
        self.info: dict[str, float] = {
            "active": 0,
            "evMin": -20,
            "evMax": 20,
            "evValue": 0,
            "isoMin": 50,
            "isoMax": 3200,
            "isoValue": 100,
            "ssMin": 100_000,
            "ssMax": 100_000_000,
            "ssValue": 20_000_000,
            "exposure_lock": 0,
        }
        self.automatic = True
        self.pro = True
        self.deaf: set[str] = set()
        self.late_reads = 0
        self.busy = False
        self._shown = dict(self.info)
        self._behind = 0
        super().__init__()

    def presses(self) -> list[str]:
        return [path for method, path in self.requests if method == "PUT"]

    def level(self) -> float:
        if self.automatic:
            return code(AUTOMATIC_LIGHT * 2 ** (self.info["evValue"] * 0.15))
        return code(self.info["ssValue"] * 1e-9 * self.info["isoValue"] / 2)

    def answer(self, handler: _Handler, method: str, path: str, body: bytes) -> None:
        if path == "/v1/camera/info":
            self._behind -= 1
            if self._behind < 0:
                self._shown = dict(self.info)
            handler.reply_json(self._shown)
        elif path == "/v1/phone/name":
            handler.reply(200, "text/plain", b"Pixel 9")
        elif path == "/video":
            if self.busy:
                handler.reply(200, "text/html", b"<html>Video is already streaming to another client</html>")
            else:
                handler.stream(self._pictures())
        elif method != "PUT":
            handler.reply(404, "text/plain", b"no")
        else:
            handler.reply(self._press(path), "text/plain", b"")

    def _press(self, path: str) -> int:
        if path == "/v1/camera/el_toggle":
            self.info["exposure_lock"] = 1 - self.info["exposure_lock"]
        elif path == "/v1/camera/ae_toggle":
            self.automatic = not self.automatic
        elif path.startswith("/v3/camera/"):
            name, _, text = path.removeprefix("/v3/camera/").partition("/")
            if not self.pro:
                return 550
            if name not in self.deaf and not (self.automatic and name in ("ss", "iso")):
                number = min(max(float(text), self.info[f"{name}Min"]), self.info[f"{name}Max"])
                self.info[f"{name}Value"] = number
        else:
            return 404
        self._behind = self.late_reads
        return 200

    def _pictures(self) -> Iterator[bytes]:
        while True:
            yield jpeg(self.level())
