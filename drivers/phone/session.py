"""PhoneDesk: server, pairing and link of one address, and the desks that wait between two openings.

A phone joins, leaves and changes its lens, while the control loop knows only cameras that open and close. So the desk
outlives its camera: it is parked, with the phone connected but not asked for pictures, and taken up again by the next
opening. One that nobody takes up closes itself after a minute, and every one when the process ends.
"""

from __future__ import annotations

import atexit
import logging
import threading
from pathlib import Path

from autoexposure.clock import Clock, SystemClock
from autoexposure.errors import CameraBusy
from autoexposure.phone_status import PhoneState, PhoneStatus
from drivers.phone.address import PhoneAddress
from drivers.phone.certificate import certificate_for
from drivers.phone.link import PhoneLink
from drivers.phone.pairing import Pairing, PairingConfig
from drivers.phone.qr_code import PairingOffer
from drivers.phone.server import PhoneServer

log = logging.getLogger(__name__)

AWAY_S = 30.0
"""A phone that left without goodbye is waited for so long before the code to scan is shown again."""

PARKED_FOR_S = 60.0
"""A control loop reopens within 2 s; a minute is for a person who looks at another camera and comes back."""


class PhoneDesk:
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
        """Whether a phone left without goodbye and may come back any moment."""
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
        self.server.close()


class DeskRegister:
    """Which addresses are in use in this process, and the desks parked there.

    ``status``, ``renew``, ``dismiss`` and ``stop`` are for a window: they act on the desk whose camera was opened last,
    and take no lock that the opening of a camera holds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: PhoneDesk | None = None
        self._ended: set[PhoneDesk] = set()
        self._in_use: dict[PhoneAddress, PhoneDesk] = {}
        self._parked: dict[PhoneAddress, tuple[PhoneDesk, threading.Timer]] = {}

    def take(self, address: PhoneAddress, certificate_folder: Path | None = None) -> PhoneDesk:
        """The desk parked at ``address``, or a new one. Raises CameraBusy if another camera has it."""
        with self._lock:
            if address in self._in_use:
                raise CameraBusy(f"a phone camera is open at {address.host} already: close it, or choose another port")
            desk, timer = self._parked.pop(address, (None, None))
            if timer is not None:
                timer.cancel()
            if desk is None:
                desk = PhoneDesk(address, certificate_folder=certificate_folder)
            self._in_use[address] = self._newest = desk
            self._ended.discard(desk)
            return desk

    def park(self, desk: PhoneDesk) -> None:
        """The camera of ``desk`` is closed. A desk parked already is left alone."""
        address = desk.server.address
        with self._lock:
            if self._in_use.get(address) is not desk:
                return
            del self._in_use[address]
            parked_for_s = 0.0 if desk in self._ended else PARKED_FOR_S
            timer = threading.Timer(parked_for_s, self._close_parked, (address, desk))
            timer.name, timer.daemon = "phone-parked", True
            self._parked[address] = (desk, timer)
            timer.start()

    def close_parked(self) -> None:
        """Close every desk that waits."""
        with self._lock:
            parked = list(self._parked.items())
        for address, (desk, timer) in parked:
            timer.cancel()
            self._close_parked(address, desk)
            timer.join()

    def _close_parked(self, address: PhoneAddress, desk: PhoneDesk) -> None:
        with self._lock:
            if self._parked.get(address, (None,))[0] is not desk:
                return
            del self._parked[address]
            self._ended.discard(desk)
            if self._newest is desk:
                self._newest = None
        desk.close()

    # For a window

    def status(self) -> PhoneStatus | None:
        """How the phone camera stands; None if there is none."""
        desk = self._newest
        return None if desk is None else desk.status()

    def renew(self) -> None:
        """Show another code; the one shown so far is worth nothing from now on."""
        if (desk := self._newest) is not None:
            desk.pairing.renew()

    def dismiss(self) -> None:
        """Send the phone away and show a code again."""
        if (desk := self._newest) is not None:
            desk.dismiss()

    def stop(self) -> None:
        """Serve the page no more as soon as its camera is closed, which the loop does when it is given another."""
        if (desk := self._newest) is not None:
            self._ended.add(desk)


DESKS = DeskRegister()
"""The ports a process listens on are the process's own, so is this."""

atexit.register(DESKS.close_parked)
