"""How a command reaches its server: with which token, in the clear or by TLS."""

from argparse import ArgumentParser, Namespace
from hashlib import sha256
from pathlib import Path

import grpc

from enrichment_client.client import is_loopback

TOKEN = "IMENSIAH_TOKEN"


def add_options(command: ArgumentParser) -> None:
    """The options of every command that calls a server."""
    transport = command.add_mutually_exclusive_group()
    transport.add_argument("--tls", action="store_true", help="TLS to a server on this machine, as to any other")
    transport.add_argument("--plaintext", action="store_true", help="no TLS, to a server on another host either")
    add = command.add_argument
    add("--ca", type=Path, metavar="FILE", help="who signs the server's certificate, in PEM; default: the public ones")
    add("--certificate", type=Path, metavar="FILE", help="this caller's own, for a server that asks for one, in PEM")
    add("--key", type=Path, metavar="FILE", help="the certificate's key, in PEM")


def credentials(arguments: Namespace) -> grpc.ChannelCredentials | None:
    """What to speak TLS with to the server that was named, None for none; raises ValueError for what does not fit."""
    is_asked_for = arguments.tls or arguments.ca or arguments.certificate or arguments.key
    if not is_asked_for and (arguments.plaintext or is_loopback(arguments.server)):
        return None
    if arguments.plaintext:
        raise ValueError("--plaintext speaks no TLS: leave it out, or --ca, --certificate and --key")
    if (arguments.certificate is None) != (arguments.key is None):
        raise ValueError("a certificate needs its key: give both, --certificate FILE and --key FILE")
    ca, key, certificate = map(_bytes, (arguments.ca, arguments.key, arguments.certificate))
    return grpc.ssl_channel_credentials(ca, key, certificate)


def token_lines(name: str, token: str) -> str:
    """A new token and what the server is to know of it, ready to paste."""
    return (
        f"# For {name}: {TOKEN} for `imensiah enrich`, `token` for the Python client. It is shown this once.\n{token}\n"
        f"# For the server, which holds only this:\n"
        f"IMENSIAH_CALLERS__{name.upper()}__TOKEN_SHA256={sha256(token.encode()).hexdigest()}"
    )


def _bytes(path: Path | None) -> bytes | None:
    try:
        return path.read_bytes() if path else None
    except OSError as error:
        raise ValueError(f"{str(path)!r} cannot be read: {error.strerror}") from None
