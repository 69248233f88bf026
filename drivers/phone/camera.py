"""A phone's browser as camera: ``phone:``, ``phone:host=192.168.1.5,port=8443``, ``phone:any=yes``.

Opening it starts a small HTTPS server. While no phone is there, the camera is a ``WaitingForPhone``: its pictures show
the QR code to scan, so the window and every other view of a camera show it without knowing what it is. When the phone
has joined, ``read`` raises CameraDisconnected; the control loop opens the camera again, as it does with any camera that
comes back, and finds a ``PhoneCamera`` with what this phone's lens can really do. The same happens when the phone
changes its lens, leaves, or comes back. The server lives through that: see `session`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from autoexposure.abilities.adjustable import Adjustment
from autoexposure.camera import Camera, CameraInfo, Capabilities, Settings
from autoexposure.errors import CameraDisconnected, CameraError, UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from drivers.common.adjustment_set import AdjustmentSet
from drivers.common.stream_camera import Closing
from drivers.phone.adjustments import Constraints, phone_knobs
from drivers.phone.controls import BASE_ISO, TrackSettings
from drivers.phone.link import SETTLED_FRAMES, SETTLED_FRAMES_BY_COMPENSATION, Visit
from drivers.phone.pairing.address import parse_address
from drivers.phone.pairing.qr_code import PairingOffer, print_offer
from drivers.phone.session import SESSIONS, PhoneSession
from drivers.phone.waiting import WaitingForPhone

ANSWER_S = 5.0
"""How long a page may take to apply a setting; a picture on a slow link may be in front of the answer."""

RETURN_S = 0.5
"""How long an opening waits for a phone that is away, or that is just opening its camera."""

OnOffer = Callable[[PairingOffer], None]


class PhoneCamera(Closing):
    """One lens of a phone that is connected. Made by ``open_phone``; ``close`` parks the session.

    The page for its part puts the lens back to automatic when it is stopped, when the computer says goodbye and when
    the connection is lost, which is also when this program is killed: no phone is left with a wrong exposure.
    """

    def __init__(self, session: PhoneSession, visit: Visit, spec: str) -> None:
        self._session = session
        self._visit = visit
        self._controls = visit.lens.controls
        self._read: Frame | None = None
        self._closed = False
        lens = visit.lens
        self._info = CameraInfo(
            spec,
            lens.name,
            f"phone:{lens.device or lens.name}",
            f"browser page at {session.server.url}, {lens.frame_rate:g} frames/s",
        )
        self._adjustments = AdjustmentSet(
            lens.name, lambda: phone_knobs(lens.capabilities, lambda: session.link.settings.beside, self._apply)
        )
        session.link.watch(True)

    @property
    def info(self) -> CameraInfo:
        """As Camera.info."""
        return self._info

    @property
    def capabilities(self) -> Capabilities:
        """As Camera.capabilities."""
        controls = self._controls
        settled = SETTLED_FRAMES_BY_COMPENSATION if controls.by_compensation else SETTLED_FRAMES
        return Capabilities(
            time_s=controls.time_s,
            gain=controls.gain,
            native_auto=controls.automatic and controls.any,
            reports_exposure=False,  # only where it is certain: not in automatic, nor while a change shows
            delay_frames=(0, settled),
            base_iso=BASE_ISO,
            note=controls.note,
        )

    @property
    def frame_interval_s(self) -> float:
        """As Camera.frame_interval_s."""
        return 1 / self._visit.lens.frame_rate

    @property
    def exposure(self) -> Exposure | None:
        """As Camera.exposure."""
        self._check_open()
        return self._controls.exposure(self._session.link.settings, self.frame_interval_s)

    def settings(self) -> Settings:
        """The mode, and what counts in it: a browser can't say what its automatic uses."""
        self._check_open()
        return self._controls.to_numbers(self._session.link.settings)

    def restore(self, settings: Settings) -> None:
        """As Camera.restore."""
        self._check_open()
        if self._controls.any and settings:
            self._apply(self._controls.from_numbers(settings))

    def take_control(self) -> None:
        """As Camera.take_control."""
        self._check_open()
        controls = self._controls
        if not controls.any:
            raise UnsupportedControl(controls.note)
        if not controls.by_compensation:
            self._switch("manual")

    def set_exposure(self, exposure: Exposure) -> Exposure:
        """As Camera.set_exposure."""
        self._check_open()
        controls = self._controls
        if not controls.any:
            raise UnsupportedControl(controls.note)
        really = controls.exposure(self._apply(controls.constraints(exposure)), self.frame_interval_s)
        if really is None:
            raise CameraError(f"{self.info.name} does not say what it is set to: try another browser on the phone")
        return really

    def set_native_auto(self, on: bool) -> None:
        """As Camera.set_native_auto."""
        self._check_open()
        if not (self._controls.automatic and self._controls.any):
            raise UnsupportedControl("this phone's automatic exposure can't be switched: it is on, or there is none")
        self._switch("continuous" if on else "manual")

    def adjustments(self) -> tuple[Adjustment, ...]:
        """As Adjustable.adjustments."""
        self._check_open()
        return self._adjustments.now()

    def adjust(self, name: str, value: float) -> float:
        """As Adjustable.adjust."""
        self._check_open()
        return self._adjustments.set(name, value)

    def read(self, timeout_s: float) -> Frame:
        """As Camera.read."""
        self._check_open()
        self._read = self._session.link.wait_for_frame(self._visit, self._read, timeout_s)
        return self._read

    def close(self) -> None:
        """As Camera.close."""
        if self._closed:
            return
        self._closed = True
        self._session.link.watch(False)
        SESSIONS.park(self._session)

    def _switch(self, mode: str) -> None:
        """Browsers skip what they can't do without a word, so the answer is looked at."""
        if self._apply({"exposureMode": mode}).mode != mode:
            raise UnsupportedControl(f"this phone's browser does not switch its camera's exposure to {mode}")

    def _apply(self, constraints: Constraints) -> TrackSettings:
        """Have the page ask its track; returns what the track then said."""
        applied = self._session.link.apply(self._visit, constraints, ANSWER_S)
        if applied.problem:
            raise CameraError(f"{self.info.name} refused a setting ({applied.problem}): reload the page on the phone")
        return applied.settings

    def _check_open(self) -> None:
        if self._closed:
            raise CameraError("the phone camera has been closed: open it again")


def open_phone(spec_rest: str, *, on_offer: OnOffer = print_offer, certificate_folder: Path | None = None) -> Camera:
    """Open what stands behind ``phone:``; returns at once, with or without a phone.

    Parameters
    ----------
    spec_rest : ``host=`` the address to listen on, ``port=`` the port, ``any=yes`` to listen on every interface.
    on_offer : is given every new PairingOffer while there is no phone, in the thread that reads.
    certificate_folder : where the certificate is kept, if not where the user's data are.

    Raises ConfigError, CameraBusy, and CameraDisconnected while a phone that was here is away.
    """
    address = parse_address(spec_rest)
    session = SESSIONS.take(address, certificate_folder)
    spec = f"phone:{spec_rest}"
    try:
        away_s = session.link.away_s
        visit = session.link.wait_for_visit(RETURN_S if away_s is not None or session.link.connected else 0.0)
        if visit is not None:
            return PhoneCamera(session, visit, spec)
        if session.away:
            raise CameraDisconnected("the phone is away: unlock its screen, and its page reconnects automatically")
        return WaitingForPhone(session, spec, on_offer, partial(parse_address, spec_rest))
    except BaseException:
        SESSIONS.park(session)
        raise
