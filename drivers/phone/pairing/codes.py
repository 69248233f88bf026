"""Who may send pictures: a secret in a QR code, good for one phone and a few minutes, and the token it is changed into.

The secret stands behind the ``#`` of the address: browsers keep that part to themselves, so it is in no request line.
The page posts it once, over TLS, and gets a session token, with which it comes back after a locked screen or a lost
Wi-Fi. Neither is ever logged, compared in a way that tells by its time how much was right, or part of a ``repr``.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from autoexposure.clock import Clock, SystemClock


class PairingRefused(Exception):
    """A phone may not join; the message is a sentence for the person who holds it."""


class TooManyTries(PairingRefused):
    """Too many codes were guessed from one address within a minute."""


@dataclass(frozen=True, slots=True)
class PairingConfig:
    """How long and how often.

    Attributes
    ----------
    secret_bytes : randomness of secret and token; 16 bytes can't be guessed, and keep the QR code coarse enough to be
        scanned from a screen across a session.
    secret_lifetime_s : after so long a code on a screen, or on a photograph of it, is worth nothing.
    token_lifetime_s : a phone that was away for so long has to be paired again.
    tries_per_minute : wrong secrets that one address may send.
    addresses_remembered : the number of addresses counted at a time.
    """

    secret_bytes: int = 16
    secret_lifetime_s: float = 300.0
    token_lifetime_s: float = 12 * 3600.0
    tries_per_minute: int = 10
    addresses_remembered: int = 256


@dataclass(frozen=True, slots=True)
class Secret:
    """What a QR code carries, and the moment (of the pairing's clock) from which it is worth nothing."""

    text: str = field(repr=False)
    expires_s: float


class Pairing:
    """One secret and one token at a time; safe to use from several threads."""

    def __init__(self, config: PairingConfig | None = None, clock: Clock | None = None) -> None:
        self.config = config or PairingConfig()
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._secret: Secret | None = None
        self._token_digest = b""
        self._token_expires_s = 0.0
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def secret(self) -> Secret:
        """The secret to show now; a new one when the last was used or has expired."""
        with self._lock:
            now_s = self._clock.now()
            if self._secret is None or now_s >= self._secret.expires_s:
                text = secrets.token_urlsafe(self.config.secret_bytes)
                self._secret = Secret(text, now_s + self.config.secret_lifetime_s)
            return self._secret

    def renew(self) -> None:
        """The secret shown so far is worth nothing from now on."""
        with self._lock:
            self._secret = None

    def forget(self) -> None:
        """The phone that was paired has to be paired again."""
        with self._lock:
            self._token_digest = b""

    def redeem(self, text: str, address: str) -> str:
        """Change a secret into a session token; the secret and every earlier token end with it.

        Raises PairingRefused: wrong, used and expired secrets are all told the same.
        """
        with self._lock:
            now_s = self._clock.now()
            self._count_try(address, now_s)
            expected = self._secret
            right = hmac.compare_digest(digest(text), digest(expected.text if expected is not None else ""))
            if expected is None or not right or now_s >= expected.expires_s:
                raise PairingRefused("This code is wrong, used or expired. Scan the one the computer shows now.")
            self._secret = None
            self._tries.pop(address, None)
            token = secrets.token_urlsafe(self.config.secret_bytes)
            self._token_digest = digest(token)
            self._token_expires_s = now_s + self.config.token_lifetime_s
            return token

    def knows(self, token: str) -> bool:
        """Whether this is the token of the phone that was paired last; using it keeps it alive."""
        with self._lock:
            now_s = self._clock.now()
            right = hmac.compare_digest(digest(token), self._token_digest or digest(""))
            if not (right and self._token_digest and now_s < self._token_expires_s):
                return False
            self._token_expires_s = now_s + self.config.token_lifetime_s
            return True

    def _count_try(self, address: str, now_s: float) -> None:
        tries = self._tries.setdefault(address, deque())
        self._tries.move_to_end(address)
        while len(self._tries) > self.config.addresses_remembered:
            self._tries.popitem(last=False)
        while tries and now_s - tries[0] >= 60:
            tries.popleft()
        if len(tries) >= self.config.tries_per_minute:
            raise TooManyTries("Too many wrong codes. Wait a minute, then scan the one the computer shows.")
        tries.append(now_s)


def digest(text: str) -> bytes:
    """Equal lengths for the comparison, and no token in memory longer than needed; of any text that can be sent."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
