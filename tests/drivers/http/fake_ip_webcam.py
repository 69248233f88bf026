"""The IP Webcam app, played on loopback: late, forgetful, saying Ok to what it does not do."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from tests.drivers.http.fake_http import AUTOMATIC_LIGHT, FakeDevice, _Handler, code, jpeg

DEFAULTS = {
    "orientation": "landscape",
    "video_size": "32x24",
    "antibanding": "auto",
    "exposure": "0",
    "exposure_lock": "off",
    "exposure_ns": "9384",
    "frame_duration": "33333333",
    "iso": "100",
    "manual_sensor": "off",
}
AVAILABLE = {
    "antibanding": ["off", "50hz", "60hz", "auto"],
    "exposure": [str(index) for index in range(-12, 13)],
    "exposure_lock": ["on", "off"],
    "exposure_ns": {"min": 9384, "max": 15062000000},
    "frame_duration": {"min": 16666666, "max": 200000000},
    "iso": {"min": 50, "max": 3200},
    "manual_sensor": ["on", "off"],
}
AUTOMATIC = {"exposure_ns": "20000000", "iso": "200"}


class FakeIpWebcam(FakeDevice):
    """A phone in front of a grey wall.

    Attributes
    ----------
    values : the settings in force.
    late_reads : a change shows in so many readings of the status later.
    deaf : names that are answered with Ok and left alone.
    snap_ns : exposure times become multiples of this.
    pictures : what is sent instead of the wall, if given.
    lengths : whether the parts of the stream say how long they are.
    """

    def __init__(self) -> None:
        self.values = dict(DEFAULTS)
        self.available = dict(AVAILABLE)
        self.late_reads = 0
        self.deaf: set[str] = set()
        self.snap_ns = 1
        self.pictures: list[bytes] | None = None
        self.lengths = True
        self._shown = dict(self.values)
        self._behind = 0
        super().__init__()

    def without_manual(self) -> None:
        for name in ("manual_sensor", "exposure_ns", "iso", "frame_duration"):
            del self.values[name], self.available[name]
        self._shown = dict(self.values)

    def forget(self) -> None:
        """What a restart of the app does to its settings."""
        self.values |= {name: DEFAULTS[name] for name in self.values}
        self._shown = dict(self.values)

    def changes(self) -> list[str]:
        return [path.removeprefix("/settings/") for _, path in self.requests if path.startswith("/settings/")]

    def answer(self, handler: _Handler, method: str, path: str, body: bytes) -> None:
        url = urlsplit(path)
        if url.path == "/status.json":
            answer = {"curvals": self._status(), "video_connections": "1"}
            if parse_qs(url.query).get("show_avail") == ["1"]:
                answer["avail"] = self.available
            handler.reply_json(answer)
        elif url.path.startswith("/settings/"):
            name, text = url.path.removeprefix("/settings/"), parse_qs(url.query)["set"][0]
            self._set(name, text)
            handler.reply(200, "text/xml", b"<?xml version='1.0'?><result>Ok</result>")
        elif url.path == "/video":
            handler.stream(self._pictures(), lengths=self.lengths)
        else:
            handler.reply(404, "text/plain", b"no")

    def level(self) -> float:
        """Brightness of the wall, 0 to 255."""
        if self.values.get("manual_sensor") == "on":
            return code(int(self.values["exposure_ns"]) * 1e-9 * int(self.values["iso"]) / 2)
        return code(AUTOMATIC_LIGHT * 2 ** (int(self.values["exposure"]) / 6))

    def _set(self, name: str, text: str) -> None:
        if name in self.deaf or name not in self.values:
            return
        if name == "exposure_ns":
            text = str(max(1, round(int(text) / self.snap_ns)) * self.snap_ns)
        self.values[name] = text
        self._behind = self.late_reads

    def _status(self) -> dict[str, str]:
        if self._behind > 0:
            self._behind -= 1
        else:
            self._shown = dict(self.values)
        shown = dict(self._shown)
        if shown.get("manual_sensor") == "off":
            shown |= AUTOMATIC  # observations, which hide the settings kept for manual control
        return shown

    def _pictures(self) -> Iterator[bytes]:
        if self.pictures is not None:
            yield from self.pictures
            return
        while True:
            yield jpeg(self.level())
