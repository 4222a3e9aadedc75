"""DNS: what records tell of the products behind them, and how each way of answering ends."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import cast

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.http_sources import entry_of
from contract.name_server import listening
from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import Fault
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Subject
from enrichment.sources import build
from enrichment.sources.dns import WEIGHT_OF_A_PROOF, Records, read

Zone = Mapping[tuple[str, str], tuple[str, ...] | dns.rcode.Rcode]
LARCH = Subject("larch.com.br")


def products(reading: Reading) -> dict[float, set[str]]:
    return {claim.weight: set(cast("tuple[str, ...]", claim.value)) for claim in reading.claims}


@pytest.mark.parametrize(
    ("host", "product"),
    [
        ("aspmx.l.google.com.", "Google Workspace"),
        ("ALT1.ASPMX.L.GOOGLE.COM", "Google Workspace"),
        ("larch-com-br.mail.protection.outlook.com", "Microsoft 365"),
        ("mx.zoho.com", "Zoho Mail"),
        ("mx0a-001.pphosted.com", "Proofpoint"),
        ("mx.jk.locaweb.com.br", "Locaweb"),
    ],
)
def test_who_takes_in_the_mail_is_known_by_its_host(host: str, product: str) -> None:
    assert products(read(Records([host], [], []))) == {1.0: {product}}


@pytest.mark.parametrize("host", ["", ".", "mail.larch.com.br", "notgoogle.com", "google.com.evil.example"])
def test_another_host_tells_nothing(host: str) -> None:
    assert not read(Records([host], [], [])).claims


def test_who_sends_in_its_name_is_known_by_the_includes_of_spf_without_their_macros() -> None:
    spf = "v=spf1 include:_spf.google.com include:8000001.spf01.hubspotemail.net include:%{i}.mandrillapp.com -all"
    assert products(read(Records([], [spf], []))) == {1.0: {"Google Workspace", "HubSpot"}}


def test_only_an_spf_record_is_read_as_one() -> None:
    assert not read(Records([], ["include:sendgrid.net is what we use"], [])).claims


@pytest.mark.parametrize(
    ("record", "product"),
    [
        ("MS=ms12345678", "Microsoft 365"),
        ("google-site-verification=abc", "Google Search Console"),
        ("facebook-domain-verification=abc", "Meta Business"),
        ("ZOOM_verify_abc", "Zoom"),
        ("docusign=0a8c0fc6-bfa5-4ea7-b09b-87f2989022d6", "DocuSign"),
        ("_globalsign-domain-verification=abc", "GlobalSign"),
        (" Stripe-Verification = abc", "Stripe"),
    ],
)
def test_a_proof_of_ownership_counts_for_less(record: str, product: str) -> None:
    assert products(read(Records([], [record], []))) == {WEIGHT_OF_A_PROOF: {product}}


@pytest.mark.parametrize("record", ["", "=", "0a8c0fc6-bfa5-4ea7-b09b-87f2989022d6", "msx=1", "v=DMARC1"])
def test_another_record_tells_nothing(record: str) -> None:
    assert not read(Records([], [record], [])).claims


def test_who_reads_the_reports_is_known_by_the_address_in_dmarc() -> None:
    policy = (
        "v=DMARC1; p=reject; rua=mailto:d@larch.com.br,mailto:larch@rua.agari.com!10m; ruf=mailto:x@inbox.ondmarc.com"
    )
    assert products(read(Records([], [], [policy]))) == {1.0: {"Agari", "Red Sift OnDMARC"}}


def test_a_product_is_told_once() -> None:
    hosts = ["aspmx.l.google.com", "alt1.aspmx.l.google.com"]
    [claim] = read(Records(hosts, ["v=spf1 include:_spf.google.com ~all"], [])).claims
    assert claim.value == ("Google Workspace",)


texts = st.lists(
    st.text(max_size=60) | st.sampled_from(["v=spf1 include:", "v=spf1 include:%", "mailto:@", "MS"]), max_size=4
)


@given(texts, texts, texts)
def test_any_records_are_read(mx: list[str], txt: list[str], dmarc: list[str]) -> None:
    assert read(Records(mx, txt, dmarc)).is_found


def speaking(zone: Zone, asked: list[tuple[str, str]]) -> Callable[[dns.message.Message], dns.message.Message | None]:
    """Answers from a zone: records, or a response code; NXDOMAIN for a name that is not in it at all."""

    def answer(query: dns.message.Message) -> dns.message.Message:
        [question] = query.question
        name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        asked.append((name, kind))
        reply = dns.message.make_response(query)
        found = zone.get((name, kind), ())
        if isinstance(found, dns.rcode.Rcode):
            reply.set_rcode(found)
        elif found:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        elif name not in {key[0] for key in zone}:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply

    return answer


@asynccontextmanager
async def name_server(answer: Callable[[dns.message.Message], dns.message.Message | None]) -> AsyncGenerator[Entry]:
    """The catalogue's entry with a name server of 127.0.0.1 in the system's place."""

    def say(query: bytes) -> bytes | None:
        reply = answer(dns.message.from_wire(query))
        return reply.to_wire() if reply else None

    async with listening(say) as server:
        yield entry_with(server)


def entry_with(server: str, timeout_ms: int = 3_000) -> Entry:
    entry = entry_of("dns")
    return Entry(
        name=entry.name,
        layer=entry.layer,
        base_url="",
        brings=entry.brings,
        timeout_ms=timeout_ms,
        options={"server": server},
    )


async def reading_of(zone: Zone) -> Reading:
    async with name_server(speaking(zone, [])) as entry:
        source = build(entry)
        try:
            return await source.ask(LARCH)
        finally:
            await source.close()


async def test_a_domain_is_read_from_mail_texts_and_policy() -> None:
    zone: Zone = {
        ("larch.com.br.", "MX"): ("10 aspmx.l.google.com.", "20 alt1.aspmx.l.google.com."),
        ("larch.com.br.", "TXT"): ('"v=spf1 include:_spf." "google.com include:sendgrid.net ~all"', '"MS=ms1"'),
        ("_dmarc.larch.com.br.", "TXT"): ('"v=DMARC1; p=none; rua=mailto:a@vali.email"',),
    }
    asked: list[tuple[str, str]] = []
    async with name_server(speaking(zone, asked)) as entry:
        reading = await build(entry).ask(LARCH)
    assert products(reading) == {1.0: {"Google Workspace", "SendGrid", "Valimail"}, 0.6: {"Microsoft 365"}}
    assert sorted(asked) == sorted(zone)


async def test_a_domain_that_does_not_exist_is_not_found() -> None:
    assert await reading_of({}) == NOT_FOUND


async def test_a_domain_without_mail_is_found_and_tells_nothing() -> None:
    assert await reading_of({("larch.com.br.", "A"): ("192.0.2.1",)}) == Reading()
    assert await reading_of({("larch.com.br.", "MX"): ("0 .",)}) == Reading()


@pytest.mark.parametrize("kind", ["MX", "TXT"])
async def test_a_server_that_fails_is_a_fault_and_never_a_not_found(kind: str) -> None:
    zone: Zone = {("larch.com.br.", "A"): ("192.0.2.1",), ("larch.com.br.", kind): dns.rcode.SERVFAIL}
    with pytest.raises(Fault):
        await reading_of(zone)


async def test_a_server_that_fails_on_the_policy_alone_costs_only_the_policy() -> None:
    zone: Zone = {("larch.com.br.", "TXT"): ('"MS=ms1"',), ("_dmarc.larch.com.br.", "TXT"): dns.rcode.SERVFAIL}
    assert products(await reading_of(zone)) == {0.6: {"Microsoft 365"}}


async def test_a_server_that_says_nothing_is_a_fault() -> None:
    async with name_server(lambda _: None) as entry:
        source = build(entry_with(entry.options["server"], timeout_ms=50))
        with pytest.raises(Fault):
            await source.ask(LARCH)


async def test_a_name_that_cannot_be_asked_for_is_a_fault_of_the_lookup() -> None:
    async with name_server(lambda _: None) as entry:
        with pytest.raises(Fault):
            await build(entry).ask(Subject("a" * 64 + ".com"))


@pytest.mark.parametrize("server", ["localhost:53", "127.0.0.1", ":53", "127.0.0.1:dns"])
def test_a_server_is_an_address_and_a_port(server: str) -> None:
    with pytest.raises(ValueError, match="IMENSIAH_SOURCES__DNS__SERVER"):
        build(entry_with(server))


async def test_a_lookup_is_free_and_its_question_is_the_domain() -> None:
    source = build(entry_with("[::1]:53"))
    assert source.question(LARCH) == b"larch.com.br"
    assert source.price(LARCH) == 0
