"""Where the phone page is served: chosen in the camera's specification, or found."""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass, replace

from autoexposure.errors import CameraBusy, CameraError, ConfigError


@dataclass(frozen=True, slots=True)
class PhoneAddress:
    """Where the page is served.

    Attributes
    ----------
    host : address of the interface to bind, and what phones are sent to.
    port : 0 = any free one.
    fall_back : take any free port if this one is in use.
    everywhere : listen on every interface, not only on that of ``host``.
    """

    host: str
    port: int = 8443
    fall_back: bool = True
    everywhere: bool = False

    @property
    def reachable(self) -> bool:
        """Whether other devices can come here at all."""
        return not ipaddress.ip_address(self.host).is_loopback


def parse_address(spec_rest: str) -> PhoneAddress:
    """``host=192.168.1.5,port=8443,any=yes``, all optional. Raises ConfigError."""
    address = PhoneAddress("")
    for option in filter(None, (part.strip() for part in spec_rest.split(","))):
        key, _, value = (part.strip() for part in option.partition("="))
        if key == "host" and _can_be_bound(value):
            address = replace(address, host=value)
        elif key == "port" and value.isdecimal() and int(value) < 65536:
            address = replace(address, port=int(value), fall_back=False)
        elif key == "any" and value in ("yes", "no"):
            address = replace(address, everywhere=value == "yes")
        else:
            raise ConfigError(
                "a phone camera has the options host=ADDRESS of this computer, port=NUMBER and any=yes, "
                f"given {option!r}"
            )
    return replace(address, host=address.host or _own_address())


def _can_be_bound(value: str) -> bool:
    return is_address(value) and not ipaddress.ip_address(value).is_unspecified


def _own_address() -> str:
    """The address on the network that the default route leads to; nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address reserved for documentation
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def is_address(host: str | None) -> bool:
    """Whether this is an IP address and no name."""
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return True


def listening_error(error: OSError, address: PhoneAddress) -> CameraError | ConfigError:
    """What the system's refusal to listen means, in one sentence."""
    if error.errno == errno.EADDRINUSE:
        return CameraBusy(f"port {address.port} of {address.host} is in use: choose another with phone:port=8444")
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigError(f"{address.host} is no address of this computer: name one, as in phone:host=192.168.1.5")
    if error.errno in (errno.EACCES, errno.EPERM):
        return CameraBusy(f"port {address.port} needs more rights than you have: choose one above 1023")
    return CameraError(f"the phone page can't be served at {address.host}:{address.port} ({error.strerror or error})")
