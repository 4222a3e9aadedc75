"""Reads the files of TLS, and says in a sentence what is wrong with them."""

import ssl
from contextlib import suppress
from pathlib import Path

from enrichment.access import Certificates
from enrichment.rpc.listening import Tls


def load(files: Certificates) -> Tls | None:
    """What the server speaks TLS with, None where it is to speak without; raises OSError with the setting at fault."""
    if files.certificate is None or files.key is None:
        return None
    certificate, key = _text(files.certificate, "CERTIFICATE"), _text(files.key, "KEY")
    client_ca = _text(files.client_ca, "CLIENT_CA") if files.client_ca else b""
    _check(files)
    return Tls(certificate, key, client_ca)


def _text(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OSError(f"IMENSIAH_TLS__{name}={str(path)!r} cannot be read: {error.strerror}") from None


def _check(files: Certificates) -> None:
    """gRPC would say of anything wrong that the port cannot be opened."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Without a password of ours, OpenSSL would ask the terminal for one.
        context.load_cert_chain(str(files.certificate), str(files.key), password="")
    except ssl.SSLError as error:
        raise OSError(
            f"IMENSIAH_TLS__CERTIFICATE={str(files.certificate)!r} and IMENSIAH_TLS__KEY={str(files.key)!r} are no "
            f"certificate and its key, both in PEM and the key without a password: {error.reason or error}"
        ) from None
    try:
        context.load_verify_locations(str(files.client_ca or files.certificate))
    except ssl.SSLError as error:
        raise OSError(
            f"IMENSIAH_TLS__CLIENT_CA={str(files.client_ca)!r} holds no certificate in PEM: {error.reason or error}"
        ) from None


def name_in(files: Certificates) -> str:
    """A name that the server's certificate is made out to; raises OSError where it cannot be had.

    A handshake in memory tells it: Python's ssl shows a certificate of the other side, never one of a file.
    """
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.load_cert_chain(str(files.certificate), str(files.key), password="")
    client.check_hostname = False
    # The certificate itself is what is trusted, whoever signed it.
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(str(files.certificate))
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True))
    # Each goes as far as it can; two turns are a whole handshake.
    for end in ends * 2:
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()
    shown = ends[0].getpeercert() or {}
    names = [str(name) for kind, name in shown.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    if not names:
        raise OSError(f"IMENSIAH_TLS__CERTIFICATE={str(files.certificate)!r} is made out to no name")
    return names[0].replace("*", "health")
