"""With a certificate the server speaks TLS; with a client CA it serves nobody without a certificate of their own."""

from pathlib import Path

import grpc
import pytest

from certificates import NAME, Authority, authority
from enrichment.access import Certificates
from enrichment.certificates import load, name_in
from enrichment.rpc.server import Server, ServerSettings
from enrichment.terminal.health import Door, is_serving, own_door
from imensiah.enrichment.v1.enrichment_service_pb2_grpc import EnrichmentServiceStub
from rpc.scripted import ScriptedEnrichments, ScriptedOperations, SetClock, usual
from rpc.serving import REQUEST, within_seconds


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def files(signer: Authority) -> Certificates:
    pair = signer.signed(NAME)
    return Certificates(pair.certificate, pair.key)


def server(files: Certificates) -> Server:
    settings = ServerSettings(listen="127.0.0.1:0", drain_seconds=0.0, grace_seconds=0.0, tls=load(files))
    return Server(settings, ScriptedEnrichments(usual), ScriptedOperations(), SetClock())


async def said(address: str, credentials: grpc.ChannelCredentials) -> int:
    """How many responses come through a channel that trusts what it should."""
    options = [("grpc.ssl_target_name_override", NAME)]
    async with grpc.aio.secure_channel(address, credentials, options) as channel:
        return len([response async for response in EnrichmentServiceStub(channel).Enrich(REQUEST, timeout=8)])


async def test_who_trusts_the_signer_is_served_by_tls(signer: Authority, files: Certificates) -> None:
    async with server(files) as address:
        assert await within_seconds(said(address, grpc.ssl_channel_credentials(signer.certificate.read_bytes()))) == 5


async def test_who_does_not_trust_it_is_not_and_nor_is_who_speaks_in_the_clear(files: Certificates) -> None:
    async with server(files) as address:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await within_seconds(said(address, grpc.ssl_channel_credentials()))
        assert failed.value.code() is grpc.StatusCode.UNAVAILABLE
        assert not await is_serving(Door(address), timeout=2.0)


async def test_with_a_client_ca_callers_need_a_certificate_that_it_signed(
    signer: Authority, files: Certificates, tmp_path: Path
) -> None:
    ca, caller, stranger = (
        signer.certificate.read_bytes(),
        signer.signed("caller"),
        authority(tmp_path).signed("caller"),
    )
    asking = Certificates(files.certificate, files.key, signer.certificate)
    async with server(asking) as address:
        own = grpc.ssl_channel_credentials(ca, caller.key.read_bytes(), caller.certificate.read_bytes())
        assert await within_seconds(said(address, own)) == 5
        anothers = grpc.ssl_channel_credentials(ca, stranger.key.read_bytes(), stranger.certificate.read_bytes())
        for credentials in (grpc.ssl_channel_credentials(ca), anothers):
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await within_seconds(said(address, credentials))
            assert failed.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("asks_for_certificates", [False, True])
async def test_a_server_finds_the_way_to_its_own_health(
    signer: Authority, files: Certificates, asks_for_certificates: bool
) -> None:
    own = Certificates(files.certificate, files.key, signer.certificate if asks_for_certificates else None)
    tls = load(own)
    assert tls
    async with server(own) as address:
        door = own_door(address, name_in(own), tls.certificate, tls.key if tls.client_ca else None)
        assert await is_serving(door, timeout=5.0)


def test_the_name_in_a_certificate_is_one_that_it_is_made_out_to(signer: Authority, files: Certificates) -> None:
    assert name_in(files) == NAME
    wild = signer.signed("*.example")
    assert name_in(Certificates(wild.certificate, wild.key)) == "health.example"


def test_a_key_is_not_shown(files: Certificates) -> None:
    assert "PRIVATE" not in repr(load(files))


def test_a_file_that_is_not_there_is_told_by_its_setting(files: Certificates, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"IMENSIAH_TLS__KEY='.*nowhere' cannot be read: No such file"):
        load(Certificates(files.certificate, tmp_path / "nowhere"))


def test_a_key_of_another_certificate_is_told(signer: Authority, files: Certificates) -> None:
    with pytest.raises(OSError, match="are no certificate and its key, both in PEM"):
        load(Certificates(files.certificate, signer.signed("other").key))


def test_a_client_ca_that_is_none_is_told(files: Certificates, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("junk")
    with pytest.raises(OSError, match=r"IMENSIAH_TLS__CLIENT_CA='.*ca.pem' holds no certificate in PEM"):
        load(Certificates(files.certificate, files.key, tmp_path / "ca.pem"))
