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
from drivers.phone_address import PhoneAddress
from drivers.phone_certificate import certificate_for
from drivers.phone_code import PairingOffer
from drivers.phone_link import PhoneLink
from drivers.phone_pairing import Pairing, PairingConfig
from drivers.phone_server import PhoneServer

log = logging.getLogger(__name__)

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
        certificate = certificate_for(address.host, certificate_folder)
        self.server = PhoneServer(address, certificate, self.link, self.pairing, self.clock)

    def offer(self) -> PairingOffer:
        """What the next phone needs; the same until it is used or expires."""
        secret = self.pairing.secret()
        return PairingOffer(
            url=f"{self.server.url}#{secret.text}",
            address=self.server.url,
            fingerprint=self.server.certificate.fingerprint,
            expires_s=secret.expires_s,
        )

    def close(self) -> None:
        self.server.close()


class DeskRegister:
    """Which addresses are in use in this process, and the desks parked there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
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
            self._in_use[address] = desk
            return desk

    def park(self, desk: PhoneDesk) -> None:
        """The camera of ``desk`` is closed. A desk parked already is left alone."""
        address = desk.server.address
        with self._lock:
            if self._in_use.get(address) is not desk:
                return
            del self._in_use[address]
            timer = threading.Timer(PARKED_FOR_S, self._close_parked, (address, desk))
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

    def _close_parked(self, address: PhoneAddress, desk: PhoneDesk) -> None:
        with self._lock:
            if self._parked.get(address, (None,))[0] is not desk:
                return
            del self._parked[address]
        desk.close()


DESKS = DeskRegister()
"""The ports a process listens on are the process's own, so is this."""

atexit.register(DESKS.close_parked)
