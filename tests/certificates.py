"""Certificates of an invented hotel and its kiosk, made for one test run."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kiosk.hotel.fias.transport import tls_context


@dataclass(frozen=True)
class Papers:
    authority: Path
    certificate: Path
    key: Path

    def of_server(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(self.authority))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(self.certificate, self.key)
        return context

    def of_kiosk(self) -> ssl.SSLContext:
        return tls_context(self.authority, self.certificate, self.key)


class Authority:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"authority {folder.name}")])
        own = self._draft(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.path = self._write("authority", own.sign(self._key, hashes.SHA256()))

    def papers(self, holder: str, *names: x509.GeneralName) -> Papers:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, holder)])
        draft = self._draft(subject, key)
        if names:
            draft = draft.add_extension(x509.SubjectAlternativeName(names), critical=False)
        path = self._folder / f"{holder}.key"
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        path.write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
        return Papers(self.path, self._write(holder, draft.sign(self._key, hashes.SHA256())), path)

    def _draft(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(hours=1))
        )

    def _write(self, name: str, certificate: x509.Certificate) -> Path:
        path = self._folder / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return path


@dataclass(frozen=True)
class Certified:
    """Both ends of one hotel's link."""

    server: Papers
    kiosk: Papers


def certified(folder: Path) -> Certified:
    """The interface is good for 127.0.0.1 and pms.hotel.example."""
    authority = Authority(folder)
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    names = (loopback, x509.DNSName("pms.hotel.example"))
    return Certified(authority.papers("interface", *names), authority.papers("kiosk"))
