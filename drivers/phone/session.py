"""Sessions: server, pairing and link of one address, kept between two openings of its camera.

A phone joins, leaves and changes its lens, while the control loop knows only cameras that open and close. So the
session outlives its camera: it is parked, with the phone connected but not asked for pictures, and the next opening
takes it up again. A session that is not taken up closes itself after a minute, and every session closes when the
process ends.
"""

from __future__ import annotations

import atexit
import threading
from pathlib import Path

from autoexposure.clock import Clock, SystemClock
from autoexposure.errors import CameraBusy
from autoexposure.phone_status import PhoneState, PhoneStatus
from drivers.phone.link import PhoneLink
from drivers.phone.pairing.address import PhoneAddress
from drivers.phone.pairing.certificate import certificate_for
from drivers.phone.pairing.codes import Pairing, PairingConfig
from drivers.phone.pairing.qr_code import PairingOffer
from drivers.phone.server import PhoneServer

AWAY_S = 30.0
"""How long a phone whose connection broke is expected back before the code to scan is shown again."""

PARKED_FOR_S = 60.0
"""A control loop reopens within 2 s; a minute is for a person who looks at another camera and comes back."""


class PhoneSession:
    """Everything one phone talks to. ``close`` may be called twice."""

    def __init__(
        self,
        address: PhoneAddress,
        *,
        pairing: PairingConfig | None = None,
        clock: Clock | None = None,
        certificate_folder: Path | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.link = PhoneLink(self.clock)
        self.pairing = Pairing(pairing, self.clock)
        self._offer: PairingOffer | None = None
        certificate = certificate_for(address.host, certificate_folder)
        self.server = PhoneServer(address, certificate, self.link, self.pairing, self.clock)

    def offer(self) -> PairingOffer:
        """What the next phone needs; the same until it is used, renewed or expires."""
        secret = self.pairing.secret()
        if self._offer is None or self._offer.secret != secret.text:
            self._offer = PairingOffer(
                address=self.server.url,
                secret=secret.text,
                fingerprint=self.server.certificate.fingerprint,
                expires_s=secret.expires_s,
                reachable=self.server.address.reachable,
            )
        return self._offer

    @property
    def away(self) -> bool:
        """Whether a phone's connection broke so recently that it may come back any moment."""
        away_s = self.link.away_s
        return away_s is not None and away_s < AWAY_S

    def status(self) -> PhoneStatus:
        """How things stand; callable from any thread, waits for nothing."""
        link, lens = self.link, self.link.lens
        state = (
            PhoneState.LIVE if lens is not None
            else PhoneState.JOINING if link.connected
            else PhoneState.AWAY if self.away
            else PhoneState.WAITING
        )  # fmt: skip
        offer = self.offer() if state is PhoneState.WAITING else None
        return PhoneStatus(
            state,
            self.server.url,
            self.server.certificate.fingerprint,
            reachable=self.server.address.reachable,
            code=offer.modules if offer is not None else None,
            code_ends_in_s=max(0.0, offer.expires_s - self.clock.now()) if offer is not None else 0.0,
            lens=lens.name if lens is not None else "",
            throughput_bps=link.throughput_bps,
            trouble=link.trouble,
            remark=link.remark,
        )

    def dismiss(self) -> None:
        """Send the phone away: to come back it has to scan a new code."""
        self.pairing.forget()
        self.link.forget()
        self.server.dismiss()

    def close(self) -> None:
        """Stop the server. Callable twice."""
        self.server.close()


class SessionRegister:
    """Which addresses are in use in this process, and the sessions parked there.

    ``status``, ``renew``, ``dismiss`` and ``stop`` are for a window: they act on the session whose camera was opened
    last, and take no lock that the opening of a camera holds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: PhoneSession | None = None
        self._ended: set[PhoneSession] = set()
        self._in_use: dict[PhoneAddress, PhoneSession] = {}
        self._parked: dict[PhoneAddress, tuple[PhoneSession, threading.Timer]] = {}

    def take(self, address: PhoneAddress, certificate_folder: Path | None = None) -> PhoneSession:
        """The session parked at ``address``, or a new one. Raises CameraBusy if another camera has it."""
        with self._lock:
            if address in self._in_use:
                raise CameraBusy(f"a phone camera is open at {address.host} already: close it, or choose another port")
            session, timer = self._parked.pop(address, (None, None))
            if timer is not None:
                timer.cancel()
            if session is None:
                session = PhoneSession(address, certificate_folder=certificate_folder)
            self._in_use[address] = self._newest = session
            self._ended.discard(session)
            return session

    def park(self, session: PhoneSession) -> None:
        """Keep ``session``, whose camera was closed, for the next one. A session parked already is left alone."""
        address = session.server.address
        with self._lock:
            if self._in_use.get(address) is not session:
                return
            del self._in_use[address]
            parked_for_s = 0.0 if session in self._ended else PARKED_FOR_S
            timer = threading.Timer(parked_for_s, self._close_parked, (address, session))
            timer.name, timer.daemon = "phone-parked", True
            self._parked[address] = (session, timer)
            timer.start()

    def close_parked(self) -> None:
        """Close every session that waits."""
        with self._lock:
            parked = list(self._parked.items())
        for address, (session, timer) in parked:
            timer.cancel()
            self._close_parked(address, session)
            timer.join()

    def _close_parked(self, address: PhoneAddress, session: PhoneSession) -> None:
        with self._lock:
            if self._parked.get(address, (None,))[0] is not session:
                return
            del self._parked[address]
            self._ended.discard(session)
            if self._newest is session:
                self._newest = None
        session.close()

    # For a window

    def status(self) -> PhoneStatus | None:
        """How the phone camera stands; None if there is none."""
        session = self._newest
        return None if session is None else session.status()

    def renew(self) -> None:
        """Show another code; the one shown so far is worth nothing from now on."""
        if (session := self._newest) is not None:
            session.pairing.renew()

    def dismiss(self) -> None:
        """Send the phone away and show a code again."""
        if (session := self._newest) is not None:
            session.dismiss()

    def stop(self) -> None:
        """Serve the page no more as soon as its camera is closed, which the loop does when it is given another."""
        if (session := self._newest) is not None:
            self._ended.add(session)


SESSIONS = SessionRegister()
"""One register a process, because the ports it listens on are the process's own."""

atexit.register(SESSIONS.close_parked)
