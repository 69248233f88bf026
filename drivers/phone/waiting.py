"""WaitingForPhone: the camera ``phone:`` is while no phone is there; its pictures are the code to scan."""

from __future__ import annotations

from collections.abc import Callable

from autoexposure.camera import CameraInfo, Capabilities, Settings
from autoexposure.errors import CameraDisconnected, CameraError, UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame, Pixels
from drivers.common.stream_camera import Closing
from drivers.phone.pairing.address import PhoneAddress
from drivers.phone.pairing.qr_code import PairingOffer, words_card
from drivers.phone.session import SESSIONS, PhoneSession

INTERVAL_S = 0.5
"""A picture of a code needs no more than its countdown."""

NOTE = "No phone yet: scan the code with its camera, open the page it leads to, and let that page use the camera."


class WaitingForPhone(Closing):
    """Shows the code, sets nothing, and says CameraDisconnected as soon as it is to be opened anew.

    That is when a phone is ready, and when the computer went to another network: its old address is no way in.

    Parameters
    ----------
    find_address : where the page is to be served as things are now.
    """

    def __init__(
        self,
        session: PhoneSession,
        spec: str,
        on_offer: Callable[[PairingOffer], None],
        find_address: Callable[[], PhoneAddress],
    ) -> None:
        self._session = session
        self._on_offer = on_offer
        self._find_address = find_address
        self._offered: PairingOffer | None = None
        self._sequence = 0
        self._closed = False
        self._info = CameraInfo(spec, "Phone", "phone:", f"waiting at {session.server.url}", awaited=True)

    @property
    def info(self) -> CameraInfo:
        """As Camera.info."""
        return self._info

    @property
    def capabilities(self) -> Capabilities:
        """As Camera.capabilities."""
        return Capabilities(note=NOTE)

    @property
    def frame_interval_s(self) -> float:
        """As Camera.frame_interval_s."""
        return INTERVAL_S

    @property
    def exposure(self) -> Exposure | None:
        """As Camera.exposure."""
        return None

    def settings(self) -> Settings:
        """As Camera.settings."""
        return {}

    def restore(self, settings: Settings) -> None:
        """As Camera.restore."""
        pass

    def take_control(self) -> None:
        """As Camera.take_control."""
        self._check_open()
        raise UnsupportedControl(NOTE)

    def set_exposure(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure."""
        self._check_open()
        raise UnsupportedControl(NOTE)

    def set_native_auto(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        raise UnsupportedControl(NOTE)

    def read(self, timeout_s: float) -> Frame:
        """The code, twice a second. Raises CameraDisconnected when there is something else to open."""
        self._check_open()
        link = self._session.link
        pause_s = min(INTERVAL_S, timeout_s) if self._sequence else 0.0
        if link.wait_for_visit(pause_s) is not None:
            raise CameraDisconnected("a phone has joined: its camera is opened now")
        if self._find_address() != self._session.server.address:
            raise CameraDisconnected("this computer has another address now: the phone page moves there")
        self._sequence += 1
        return Frame(self._picture(), self._session.clock.now(), self._sequence, placeholder=True)

    def close(self) -> None:
        """As Camera.close."""
        if self._closed:
            return
        self._closed = True
        SESSIONS.park(self._session)

    def _check_open(self) -> None:
        if self._closed:
            raise CameraError("the phone camera has been closed: open it again")

    def _picture(self) -> Pixels:
        link = self._session.link
        if link.connected:
            return words_card("The phone is connected", link.trouble or "Let its browser use the camera.")
        offer = self._session.offer()
        if offer is not self._offered:
            self._offered = offer
            self._on_offer(offer)
        return offer.card(self._session.clock.now())
