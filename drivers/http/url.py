"""Where a camera on the network is: ``http://user:password@host:port,option=value`` taken apart, the password quiet.

User name and password may also stand in the user's ``.netrc`` under the camera's host: then they are on no command line
and in no shell history.
"""

from __future__ import annotations

import logging
import netrc
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from autoexposure.errors import ConfigError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeviceUrl:
    """An address; ``str()`` shows all of it but the user name and the password.

    Attributes
    ----------
    scheme : ``http`` or ``https``.
    host : name or address, IPv6 without brackets.
    port : TCP port.
    user, password : empty where none is asked for.
    options : what followed after commas.
    """

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def authority(self) -> str:
        """``host:port`` as it stands in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def options_text(self) -> str:
        """The options as they stand in a specification, leading comma included."""
        return "".join(f",{key}={value}" for key, value in self.options.items())

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def parse_device_url(rest: str, family: str, default_port: int, options: tuple[str, ...] = ()) -> DeviceUrl:
    """Read what stands behind ``family:`` in a camera specification.

    A missing scheme means http, a missing port ``default_port``; in user name and password ``%40`` and the like stand
    for special characters. ``options`` are the names that may follow. Raises ConfigError, which never repeats what
    stood before the ``@``.
    """
    scheme, separator, after = rest.strip().partition("://")
    if not separator:
        scheme, after = "http", scheme
    userinfo, _, place = after.rpartition("@")
    place, _, option_text = place.partition(",")
    example = f"{family}:http://192.168.1.20:{default_port}"
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, parts.port or default_port
    except ValueError:
        host, port = None, default_port
    if scheme not in ("http", "https") or not host:
        # Without what follows a colon: where the @ was forgotten, that is the password.
        given = f"{scheme.partition(':')[0]}://{place.partition(':')[0]!r}"
        raise ConfigError(f"a camera on the network is named like {example}, given {given}")
    user, _, password = userinfo.partition(":")
    if not user:
        user, password = _netrc_login(host)
    else:
        user, password = unquote(user), unquote(password)
    return DeviceUrl(scheme, host, port, user, password, read_options(option_text, family, options))


def read_options(text: str, family: str, known: tuple[str, ...]) -> dict[str, str]:
    """Read ``key=value,key=value``, of which only the ``known`` may stand there. Raises ConfigError."""
    found: dict[str, str] = {}
    for option in filter(None, (part.strip() for part in text.split(","))):
        key, _, value = option.partition("=")
        if key not in known or not value:
            allowed = f"has the options {', '.join(f'{name}=...' for name in known)}" if known else "has no options"
            raise ConfigError(f"a camera of the family {family} {allowed}, given {option!r}")
        found[key] = value
    return found


def _netrc_login(host: str) -> tuple[str, str]:
    try:
        entry = netrc.netrc().hosts.get(host)  # .authenticators() would hand the default entry to any camera
    except FileNotFoundError:
        return "", ""
    except (OSError, netrc.NetrcParseError) as error:
        log.warning("the .netrc file is left alone: %s", type(error).__name__)
        return "", ""
    return (entry[0] or "", entry[2] or "") if entry else ("", "")
