"""The name server, over UDP and TCP."""

import asyncio

import dns.asyncquery
import dns.asyncresolver
import dns.exception
import dns.message
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.sandbox import Sandbox
from enrichment.sandbox.exchange import Desk
from enrichment.sandbox.latency import Latency
from enrichment.sandbox.resolver import Resolver
from enrichment.sandbox.world import World

WORLD = World(1670)


async def query(box: Sandbox, name: str, kind: str, *, is_tcp: bool = False, timeout: float = 2) -> dns.message.Message:
    host, port = box.dns_address.rsplit(":", 1)
    send = dns.asyncquery.tcp if is_tcp else dns.asyncquery.udp
    return await send(dns.message.make_query(name, kind), host, timeout=timeout, port=int(port))


@pytest.mark.parametrize("is_tcp", [False, True])
@pytest.mark.parametrize("kind", ["A", "MX", "TXT", "NS"])
async def test_a_domain_of_the_world_has_records(box: Sandbox, kind: str, *, is_tcp: bool) -> None:
    answer = await query(box, box.world.showcase[0], kind, is_tcp=is_tcp)
    assert answer.rcode() == dns.rcode.NOERROR
    assert len(answer.answer) == 1
    assert answer.answer == (await query(box, box.world.showcase[0], kind, is_tcp=not is_tcp)).answer


@pytest.mark.parametrize("is_tcp", [False, True])
async def test_a_stranger_does_not_exist(box: Sandbox, *, is_tcp: bool) -> None:
    answer = await query(box, "nobody-at-all.com.br", "A", is_tcp=is_tcp)
    assert answer.rcode() == dns.rcode.NXDOMAIN


async def test_a_type_that_is_not_there_is_no_error_and_no_answer(box: Sandbox) -> None:
    answer = await query(box, box.world.showcase[0], "AAAA")
    assert (answer.rcode(), answer.answer) == (dns.rcode.NOERROR, [])


async def test_a_resolver_finds_the_policy_for_mail(box: Sandbox) -> None:
    resolver = dns.asyncresolver.Resolver(configure=False)
    host, port = box.dns_address.rsplit(":", 1)
    resolver.nameservers, resolver.port = [host], int(port)
    answer = await resolver.resolve(f"_dmarc.{box.world.showcase[0]}", "TXT")
    assert "v=DMARC1" in str(next(iter(answer)))


async def test_queries_are_counted_and_noted(box: Sandbox) -> None:
    await query(box, box.world.showcase[0], "MX")
    assert box.calls("dns") == 1
    (exchange,) = box.journal("dns")
    assert exchange.target == f"{box.world.showcase[0]}. MX"


async def test_a_failing_name_server_says_servfail(box: Sandbox) -> None:
    box.set_fault("dns", "fail", times=1)
    assert (await query(box, box.world.showcase[0], "A")).rcode() == dns.rcode.SERVFAIL
    assert (await query(box, box.world.showcase[0], "A")).rcode() == dns.rcode.NOERROR


@pytest.mark.parametrize("is_tcp", [False, True])
async def test_a_hanging_name_server_never_answers(box: Sandbox, *, is_tcp: bool) -> None:
    box.set_fault("dns", "hang")
    with pytest.raises(dns.exception.Timeout):
        await query(box, box.world.showcase[0], "A", is_tcp=is_tcp, timeout=0.05)


async def test_rubbish_is_no_message_of_dns(box: Sandbox) -> None:
    box.set_fault("dns", "rubbish")
    with pytest.raises(dns.exception.FormError):
        await query(box, box.world.showcase[0], "A")


async def test_a_slow_query_holds_up_no_other(box: Sandbox) -> None:
    box.set_fault("dns", "slow", delay_ms=60_000, times=1)
    with pytest.raises(dns.exception.Timeout):
        await query(box, box.world.showcase[0], "A", timeout=0.05)
    assert (await query(box, box.world.showcase[0], "A")).rcode() == dns.rcode.NOERROR


async def test_every_answer_fits_a_plain_udp_packet(world: World) -> None:
    resolver = Resolver(Desk(Latency(scale=0), lambda: 0.0), world)
    for company in world.companies:
        for kind in ("MX", "TXT"):
            answer = await resolver.answer(dns.message.make_query(company.domain, kind).to_wire())
            assert answer is not None
            assert len(answer) <= 512


@given(st.binary(max_size=80))
async def test_whatever_comes_is_answered_or_not_and_never_breaks_it(wire: bytes) -> None:
    resolver = Resolver(Desk(Latency(scale=0), lambda: 0.0), WORLD)
    question = dns.message.make_query("x.com", "A").to_wire()
    await resolver.answer(wire)
    await resolver.answer(question[:12] + wire)
    await resolver.answer(question + wire)


@pytest.mark.parametrize("wire", [b"", b"\x00" * 5, b"\xff" * 40, dns.message.Message().to_wire()])
async def test_what_is_no_query_is_not_answered(world: World, wire: bytes) -> None:
    resolver = Resolver(Desk(Latency(scale=0), lambda: 0.0), world)
    assert await resolver.answer(wire) is None
    response = dns.message.make_response(dns.message.make_query("x.com", "A")).to_wire()
    assert await resolver.answer(response) is None


async def test_noise_on_the_wire_has_no_answer_and_disturbs_nobody(box: Sandbox) -> None:
    host, port = box.dns_address.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"\x00\x03abc and more")
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    assert (await query(box, box.world.showcase[0], "A")).rcode() == dns.rcode.NOERROR


async def test_an_open_conversation_ends_with_the_sandbox(box: Sandbox) -> None:
    host, port = box.dns_address.rsplit(":", 1)
    _, writer = await asyncio.open_connection(host, int(port))
    await query(box, box.world.showcase[0], "A", is_tcp=True)
    writer.close()
