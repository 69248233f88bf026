"""The certificate that makes the phone page HTTPS: made here at first use, self-signed, kept for this address.

Browsers give a page the camera only over HTTPS. Nobody signs certificates for addresses of a home network, so the phone
warns once; compare the fingerprint to be sure. It is kept so that the phone warns only the first time.
"""

from __future__ import annotations

import datetime
import ipaddress
import logging
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from autoexposure.errors import CameraError
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.bounded import read_file
from autoexposure.files.private_files import own_folder, tighten

log = logging.getLogger(__name__)

LIFETIME = datetime.timedelta(days=397)
"""Browsers refuse certificates that promise to last longer than 398 days, some even when they were accepted by hand."""

RENEW_BEFORE = datetime.timedelta(days=14)

LARGEST_PEM_BYTES = 1 << 16
"""A certificate and its key take two kilobytes."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key in one file.

    Attributes
    ----------
    path : PEM, readable by its owner alone.
    fingerprint : SHA-256, as browsers show it: pairs of hexadecimal digits with colons between.
    """

    path: Path
    fingerprint: str

    def context(self) -> ssl.SSLContext:
        """For a server; TLS 1.2 or later."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.path)
        return context


def default_certificate_folder() -> Path:
    """Where certificates are kept, per user."""
    return platformdirs.user_data_path("autoexposure") / "phone"


def certificate_for(host: str, folder: Path | None = None) -> Certificate:
    """The kept certificate of this address, or a new one if there is none, it is damaged or it ends soon.

    Raises CameraError if it can't be written.
    """
    folder = folder or default_certificate_folder()
    path = folder / f"certificate-{host.replace(':', '_')}.pem"
    kept = _read(path)
    if kept is not None:
        return kept
    try:
        own_folder(folder)
        atomic_write(path, _make(host))
    except OSError as error:
        raise CameraError(
            f"the phone page's certificate can't be written to {folder} ({error.strerror or error}): "
            "check the folder's permissions"
        ) from error
    made = _read(path)
    if made is None:
        raise CameraError(f"the phone page's certificate in {folder} can't be read back: delete that folder")
    log.info("a new certificate for the phone page at %s: the phone will warn once", host)
    return made


def _read(path: Path) -> Certificate | None:
    try:
        pem = read_file(path, LARGEST_PEM_BYTES)
        certificate = x509.load_pem_x509_certificate(pem)
        key = serialization.load_pem_private_key(pem, password=None)
        tighten(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        log.warning("the phone page's certificate %s is made anew, since it can't be read: %s", path, error)
        return None
    ends = certificate.not_valid_after_utc - RENEW_BEFORE
    same_key = certificate.public_key() == key.public_key()
    if not same_key or datetime.datetime.now(datetime.UTC) >= ends:
        return None
    return Certificate(path, certificate.fingerprint(hashes.SHA256()).hex(":").upper())


def _make(host: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"autoexposure on {socket.gethostname()}"[:64])])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # phones' clocks differ
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([_alternative_name(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _alternative_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
