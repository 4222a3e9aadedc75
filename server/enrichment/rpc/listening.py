"""The port that a server listens on, with TLS or without."""

from dataclasses import dataclass, field

import grpc


@dataclass(frozen=True, slots=True)
class Tls:
    """The server's certificate chain and key, in PEM; with `client_ca` callers must have a certificate signed by it."""

    certificate: bytes
    key: bytes = field(repr=False)
    client_ca: bytes = b""


def listen(server: grpc.aio.Server, address: str, tls: Tls | None) -> str:
    """Opens the port; the address with the port it really is. Raises OSError where it cannot listen."""
    host, _, port = address.rpartition(":")
    # Without a port gRPC would take 443, and say nothing.
    if not host or not port.isdecimal():
        raise OSError(f"cannot listen on {address!r}: it takes host:port, such as 127.0.0.1:50051")
    try:
        if tls is None:
            return f"{host}:{server.add_insecure_port(address)}"
        return f"{host}:{server.add_secure_port(address, _credentials(tls))}"
    except RuntimeError:
        raise OSError(f"cannot listen on {address}: the port is taken, or the address is not this machine's") from None


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials(
        [(tls.key, tls.certificate)], tls.client_ca or None, require_client_auth=bool(tls.client_ca)
    )
