import datetime
import hashlib
import socket
import ssl
import stat
import threading

import pytest
from cryptography import x509

from autoexposure.errors import CameraError
from drivers.phone.pairing import certificate as phone_certificate
from drivers.phone.pairing.certificate import certificate_for


def test_it_is_made_once_and_kept(tmp_path):
    first = certificate_for("192.168.1.5", tmp_path)
    assert certificate_for("192.168.1.5", tmp_path) == first
    assert certificate_for("192.168.1.6", tmp_path) != first


def test_nobody_else_may_read_the_key(tmp_path):
    certificate = certificate_for("192.168.1.5", tmp_path / "new")
    assert stat.S_IMODE(certificate.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(certificate.path.parent.stat().st_mode) == 0o700
    assert list(certificate.path.parent.iterdir()) == [certificate.path]
    certificate.path.chmod(0o644)
    certificate_for("192.168.1.5", tmp_path / "new")
    assert stat.S_IMODE(certificate.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("host", ["192.168.1.5", "fe80::1", "session.local"])
def test_it_is_for_this_address(tmp_path, host):
    pem = certificate_for(host, tmp_path).path.read_bytes()
    names = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == [host]


@pytest.mark.parametrize("content", [b"", b"rubbish", b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"])
def test_a_damaged_one_is_made_anew(tmp_path, content):
    first = certificate_for("10.0.0.1", tmp_path)
    first.path.write_bytes(content)
    again = certificate_for("10.0.0.1", tmp_path)
    assert again.fingerprint != first.fingerprint
    again.context()


def test_one_that_lost_its_key_is_made_anew(tmp_path):
    first, second = certificate_for("10.0.0.1", tmp_path), certificate_for("10.0.0.2", tmp_path)
    end = b"-----END CERTIFICATE-----\n"
    mixed = first.path.read_bytes().split(end)[0] + end + second.path.read_bytes().split(end)[1]
    first.path.write_bytes(mixed)
    assert certificate_for("10.0.0.1", tmp_path).fingerprint != first.fingerprint


def test_one_that_ends_soon_is_made_anew(tmp_path, monkeypatch):
    first = certificate_for("10.0.0.1", tmp_path)
    monkeypatch.setattr(phone_certificate, "RENEW_BEFORE", datetime.timedelta(days=400))
    monkeypatch.setattr(phone_certificate, "LIFETIME", datetime.timedelta(days=800))
    assert certificate_for("10.0.0.1", tmp_path).fingerprint != first.fingerprint


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CameraError, match="certificate"):
        certificate_for("10.0.0.1", tmp_path / "file")


def test_the_fingerprint_is_what_a_browser_shows(tmp_path):
    certificate = certificate_for("127.0.0.1", tmp_path)
    server, client = socket.socketpair()
    with server, client:
        context = ssl.create_default_context(cafile=certificate.path)
        accepted = threading.Thread(target=lambda: certificate.context().wrap_socket(server, server_side=True).close())
        accepted.start()
        with context.wrap_socket(client, server_hostname="127.0.0.1") as secured:
            shown = secured.getpeercert(binary_form=True)
        accepted.join()
    digest = hashlib.sha256(shown).digest()
    assert certificate.fingerprint == digest.hex(":").upper()
