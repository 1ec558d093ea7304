"""The throw-away certificate authority of one local cloud.

Programs that use the cloud trust it through ``REQUESTS_CA_BUNDLE`` and the like, for the time they
run; it is never put into a system store. The keys stay in the state folder, readable by its owner
alone. The extensions are those that Python 3.13 asks for (``VERIFY_X509_STRICT``).
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
LEAF_DAYS = 90
RENEW_DAYS = 30
"""An authority this close to its end is replaced at the next start."""


class Authority:
    """Signs server certificates for host names. Kept in ``folder`` over restarts."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._key, self._certificate = self._load() or self._create()
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())

    @property
    def certificate_path(self) -> Path:
        """PEM file with the authority's certificate: what clients have to trust."""
        return self._folder / "ca.pem"

    def context(self, host: str) -> ssl.SSLContext:
        """A server context with a certificate for ``host`` (a name or an IP address)."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._context(host)
            return self._contexts[host]

    def _context(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2  # databricks-cli offers nothing newer
        path = self._folder / "leaf.pem"  # the ssl module reads certificates from files only
        write_private(path, _pem(self._leaf_key) + _pem_of(self._sign(host)))
        try:
            context.load_cert_chain(path)
        finally:
            path.unlink()
        return context

    def _sign(self, host: str) -> x509.Certificate:
        try:
            name: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            name = x509.DNSName(host)
        issuer_key_id = self._certificate.extensions.get_extension_for_class(
            x509.SubjectKeyIdentifier
        ).value
        return (
            _builder(_name("modelyard local cloud"), self._certificate.subject, LEAF_DAYS)
            .public_key(self._leaf_key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._leaf_key.public_key()), False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key_id), False
            )
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _load(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None:
        try:
            key = serialization.load_pem_private_key(
                (self._folder / "ca.key").read_bytes(), password=None
            )
            certificate = x509.load_pem_x509_certificate(self.certificate_path.read_bytes())
        except (FileNotFoundError, ValueError):
            return None  # missing or damaged: a new authority costs nothing
        left = certificate.not_valid_after_utc - datetime.datetime.now(datetime.timezone.utc)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or left.days < RENEW_DAYS:
            return None
        return (key, certificate) if key.public_key() == certificate.public_key() else None

    def _create(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("modelyard local cloud: throw-away authority")
        certificate = (
            _builder(name, name, AUTHORITY_DAYS)
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .sign(key, hashes.SHA256())
        )
        write_private(self._folder / "ca.key", _pem(key))
        self.certificate_path.write_bytes(_pem_of(certificate))
        return key, certificate


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, also while it is being written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    temporary.replace(path)


def _builder(subject: x509.Name, issuer: x509.Name, days: int) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)  # clients check with the machine's clock
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _pem_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
