"""An ONVIF network camera on loopback: SOAP for the few operations that matter, its video as Motion JPEG over HTTP.

FFmpeg reads Motion JPEG as it reads RTSP, so that OpenCV's part is the real one.
"""

import base64
import datetime
import hashlib
import re
from collections.abc import Iterator
from xml.etree import ElementTree

from tests.drivers.http.fake_http import AUTOMATIC_LIGHT, FakeDevice, _Handler, code, jpeg

ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:timg="http://www.onvif.org/ver20/imaging/wsdl" '
    'xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>{}</s:Body></s:Envelope>'
)
FAULT = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{}</s:Value></s:Subcode></s:Code>"
    '<s:Reason><s:Text xml:lang="en">{}</s:Text></s:Reason></s:Fault>'
)
NUMBERS = ("MinExposureTime", "MaxExposureTime", "MinGain", "MaxGain", "ExposureTime", "Gain")
WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"


class Unwanted(Exception):
    """The camera refuses what it is asked to set."""


class FakeOnvif(FakeDevice):
    """A camera in front of a grey wall.

    Attributes
    ----------
    user : (name, password) that WS-Security must prove; None asks for none.
    exposure : what the imaging is set to.
    options : ranges of the controls offered; a control without one is not there.
    modes : exposure modes offered.
    stubborn : SetImagingSettings is answered with OK, the mode stays as it is.
    deaf : every setting is answered with OK and left alone.
    late_reads : a change shows in so many readings later.
    imaging : whether there is an imaging service.
    stream_uri : where it says its pictures are.
    service_address : where it says its services are.
    moved_to : an address that it redirects every request of its services to, but the first of all.
    stream_login : form of login that its pictures ask for, "Basic" or "Digest"; empty asks for none.
    stream_moved_to : an address that it redirects those to who want pictures.
    logins_shown : the Authorization headers that came with requests for pictures.
    refused : operations that it knows nothing of.
    stalls : operations that it refuses once, and then no more.
    leaves_out : elements that are missing in all its answers.
    says : answers to operations in its own words.
    open_to_all : operations that ask for no login.
    clock_ahead_s : how far its clock is ahead; a login that is more than five seconds off is refused.
    partial_only : settings that carry more than mode, time and gain are refused.
    """

    def __init__(self) -> None:
        self.user: tuple[str, str] | None = None
        self.exposure: dict[str, str | float] = {
            "Mode": "AUTO",
            "Priority": "FrameRate",
            "MinExposureTime": 10.0,
            "MaxExposureTime": 40000.0,
            "ExposureTime": 10000.0,
            "Gain": 0.0,
        }
        self.options = {"ExposureTime": (10.0, 40000.0), "Gain": (0.0, 36.0)}
        self.modes = ["AUTO", "MANUAL"]
        self.stubborn = self.deaf = False
        self.late_reads = 0
        self.imaging = True
        self.stream_uri = ""
        self.moved_to = self.stream_moved_to = self.stream_login = ""
        self.logins_shown: list[str] = []
        self.refused: set[str] = set()
        self.stalls: list[str] = []
        self.leaves_out: set[str] = set()
        self.says: dict[str, str] = {}
        self.clock_ahead_s = 0.0
        self.open_to_all = {"GetSystemDateAndTime"}
        self.partial_only = False
        self._shown = dict(self.exposure)
        self._behind = 0
        super().__init__()
        self.service_address = f"http://127.0.0.1:{self.port}/onvif/service"
        self.stream_uri = f"http://127.0.0.1:{self.port}/video"

    def level(self) -> float:
        if self.exposure["Mode"] == "AUTO":
            return code(AUTOMATIC_LIGHT)
        return code(float(self.exposure["ExposureTime"]) * 1e-6 * 10 ** (float(self.exposure["Gain"]) / 20) * 25)

    def operations(self) -> list[str]:
        return list(self._operations)

    _operations: tuple[str, ...] | list[str] = ()

    def answer(self, handler: _Handler, method: str, path: str, body: bytes) -> None:
        if path.startswith("/video"):
            self._show_pictures(handler)
            return
        if self.moved_to and self._operations:
            self._redirect(handler, self.moved_to)
            return
        envelope = ElementTree.fromstring(body)
        call = next(iter(envelope.find("{http://www.w3.org/2003/05/soap-envelope}Body")))
        name = call.tag.partition("}")[2]
        self._operations = [*self._operations, name]
        if not (name in self.open_to_all or self._proved(envelope)):
            fault = FAULT.format("ter:NotAuthorized", "Sender not Authorized")
            handler.reply(400, "application/soap+xml", ENVELOPE.format(fault).encode())
            return
        answer = getattr(self, f"_{name}", None)
        stalls = name in self.stalls
        if stalls:
            self.stalls.remove(name)
        if answer is None or stalls or name in self.refused or (name.endswith("ImagingSettings") and not self.imaging):
            fault = FAULT.format("ter:ActionNotSupported", "Action not supported")
            handler.reply(500, "application/soap+xml", ENVELOPE.format(fault).encode())
            return
        try:
            words = self.says.get(name) or answer(call)
        except Unwanted:
            fault = FAULT.format("ter:SettingsInvalid", "Settings invalid")
            handler.reply(400, "application/soap+xml", ENVELOPE.format(fault).encode())
            return
        for element in self.leaves_out:
            words = re.sub(rf"<(\w+:{element})\b[^>]*(/>|>.*?</\1>)", "", words)
        handler.reply(200, "application/soap+xml", ENVELOPE.format(words).encode())

    def _proved(self, envelope: ElementTree.Element) -> bool:
        """Whether the WS-Security digest was made with our password."""
        if self.user is None:
            return True
        token = envelope.find(f".//{WSSE}UsernameToken")
        if token is None:
            return False
        nonce = base64.b64decode(token.findtext(f"{WSSE}Nonce", ""))
        created = token.findtext(f"{WSU}Created", "")
        made = datetime.datetime.fromisoformat(created.replace("Z", "+00:00"))
        if abs((self._now() - made).total_seconds()) > 5:
            return False
        digest = hashlib.sha1(nonce + created.encode() + self.user[1].encode()).digest()
        proof = token.findtext(f"{WSSE}Password", "")
        return token.findtext(f"{WSSE}Username") == self.user[0] and proof == base64.b64encode(digest).decode()

    def _GetSystemDateAndTime(self, _: ElementTree.Element) -> str:
        now = self._now()
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
            "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
            f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year>"
            f"<tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime>"
            "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _now(self) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=self.clock_ahead_s)

    def _GetCapabilities(self, _: ElementTree.Element) -> str:
        names = ("Imaging", "Media") if self.imaging else ("Media",)
        named = "".join(f"<tt:{name}><tt:XAddr>{self.service_address}</tt:XAddr></tt:{name}>" for name in names)
        answer = "<tds:GetCapabilitiesResponse><tds:Capabilities>{}</tds:Capabilities></tds:GetCapabilitiesResponse>"
        return answer.format(named)

    def _GetVideoSources(self, _: ElementTree.Element) -> str:
        return (
            '<trt:GetVideoSourcesResponse><trt:VideoSources token="source0"><tt:Framerate>25</tt:Framerate>'
            "<tt:Resolution><tt:Width>32</tt:Width><tt:Height>24</tt:Height></tt:Resolution>"
            "</trt:VideoSources></trt:GetVideoSourcesResponse>"
        )

    def _GetServices(self, _: ElementTree.Element) -> str:
        namespaces = ["http://www.onvif.org/ver10/device/wsdl", "http://www.onvif.org/ver10/media/wsdl"]
        if self.imaging:
            namespaces.append("http://www.onvif.org/ver20/imaging/wsdl")
        services = "".join(
            f"<tds:Service><tds:Namespace>{namespace}</tds:Namespace>"
            f"<tds:XAddr>{self.service_address}</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
            for namespace in namespaces
        )
        return f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"

    def _GetDeviceInformation(self, _: ElementTree.Element) -> str:
        return (
            "<tds:GetDeviceInformationResponse><tds:Manufacturer>Acme</tds:Manufacturer><tds:Model>Eye 4</tds:Model>"
            "<tds:FirmwareVersion>1.0</tds:FirmwareVersion><tds:SerialNumber>SN123</tds:SerialNumber>"
            "<tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>"
        )

    def _GetProfiles(self, _: ElementTree.Element) -> str:
        return (
            '<trt:GetProfilesResponse><trt:Profiles token="audio"><tt:Name>audio</tt:Name></trt:Profiles>'
            '<trt:Profiles token="main" fixed="true"><tt:Name>main</tt:Name>'
            '<tt:VideoSourceConfiguration token="vsc"><tt:Name>vsc</tt:Name><tt:UseCount>1</tt:UseCount>'
            '<tt:SourceToken>source0</tt:SourceToken><tt:Bounds x="0" y="0" width="32" height="24"/>'
            '</tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token="vec"><tt:Name>vec</tt:Name>'
            "<tt:UseCount>1</tt:UseCount><tt:Encoding>JPEG</tt:Encoding><tt:Resolution><tt:Width>32</tt:Width>"
            "<tt:Height>24</tt:Height></tt:Resolution><tt:Quality>5</tt:Quality><tt:RateControl>"
            "<tt:FrameRateLimit>200</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
            "<tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl></tt:VideoEncoderConfiguration>"
            "</trt:Profiles></trt:GetProfilesResponse>"
        )

    def _GetStreamUri(self, _: ElementTree.Element) -> str:
        return (
            f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{self.stream_uri}</tt:Uri>"
            "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
            "<tt:Timeout>PT60S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>"
        )

    def _GetOptions(self, _: ElementTree.Element) -> str:
        modes = "".join(f"<tt:Mode>{mode}</tt:Mode>" for mode in self.modes)
        spans = "".join(
            f"<tt:{name}><tt:Min>{self.options[name][0]}</tt:Min><tt:Max>{self.options[name][1]}</tt:Max></tt:{name}>"
            for name in NUMBERS
            if name in self.options
        )
        return (
            "<timg:GetOptionsResponse><timg:ImagingOptions><tt:Exposure>"
            f"{modes}{spans}</tt:Exposure></timg:ImagingOptions></timg:GetOptionsResponse>"
        )

    def _GetImagingSettings(self, _: ElementTree.Element) -> str:
        self._behind -= 1
        if self._behind < 0:
            self._shown = dict(self.exposure)
        items = "".join(f"<tt:{name}>{value}</tt:{name}>" for name, value in self._shown.items())
        return (
            f"<timg:GetImagingSettingsResponse><timg:ImagingSettings><tt:Exposure>{items}</tt:Exposure>"
            "</timg:ImagingSettings></timg:GetImagingSettingsResponse>"
        )

    def _SetImagingSettings(self, call: ElementTree.Element) -> str:
        assert call.findtext("{http://www.onvif.org/ver20/imaging/wsdl}VideoSourceToken") == "source0"
        tt = "{http://www.onvif.org/ver10/schema}"
        exposure = call.find(f".//{tt}Exposure")
        asked = {re.sub(r"{.*}", "", item.tag): item.text or "" for item in exposure}
        if self.partial_only and not asked.keys() <= {"Mode", "ExposureTime", "Gain"}:
            raise Unwanted
        if not self.deaf:
            if not self.stubborn:
                self.exposure["Mode"] = asked["Mode"]
            if asked["Mode"] == "MANUAL":
                self.exposure |= {name: float(asked[name]) for name in NUMBERS if name in asked}
            self._behind = self.late_reads
        return "<timg:SetImagingSettingsResponse/>"

    def _show_pictures(self, handler: _Handler) -> None:
        shown = handler.headers.get("Authorization", "")
        self.logins_shown += [shown] if shown else []
        if self.stream_moved_to:
            self._redirect(handler, self.stream_moved_to)
        elif self.stream_login and not shown.startswith(self.stream_login):
            handler.send_response(401)
            handler.send_header("WWW-Authenticate", f'{self.stream_login} realm="camera", nonce="1234", qop="auth"')
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        else:
            handler.stream(self._pictures())

    def _redirect(self, handler: _Handler, address: str) -> None:
        handler.send_response(307)
        handler.send_header("Location", address)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def _pictures(self) -> Iterator[bytes]:
        while True:
            yield jpeg(self.level())
