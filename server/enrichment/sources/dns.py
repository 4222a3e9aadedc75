"""DNS: which products a company's mail and proofs of ownership point to. Three lookups, nothing to pay."""

import asyncio
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import NamedTuple, cast

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.TXT import TXT
from dns.rdtypes.mxbase import MXBase

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Field
from enrichment.domain.errors import Fault
from enrichment.domain.fact import NOT_FOUND, Claim, Reading
from enrichment.domain.ports import Source
from enrichment.domain.subject import Subject

# A proof of ownership outlives the contract that it was made for; with the catalogue's prior it stays below 0.5.
WEIGHT_OF_A_PROOF = 0.6
MOST_RECORDS = 200

_INCLUDE = re.compile(r"include:(\S+)", re.IGNORECASE)
_REPORTS = re.compile(r"mailto:[^@,;!\s]+@([^,;!\s]+)", re.IGNORECASE)


class Records(NamedTuple):
    """What a domain says in DNS: its MX hosts, its TXT records, the TXT records of `_dmarc` below it."""

    mx: Sequence[str]
    txt: Sequence[str]
    dmarc: Sequence[str]


def source(entry: Entry) -> Source:
    """The DNS source of a catalogue entry; its option `server` is a resolver's `host:port` in the system's place."""
    return _DnsSource(entry)


def read(records: Records) -> Reading:
    """What the records tell. The includes of an SPF record are not followed: they are its providers' own affairs."""
    sure = (
        *(_ending("mx", host) for host in records.mx),
        *(_ending("spf", host) for host in _included(records.txt)),
        *(_ending("dmarc", host) for record in records.dmarc for host in _REPORTS.findall(record)),
    )
    proofs = tuple(_technologies()["txt"].get(_token(record), "") for record in records.txt)
    return Reading((*_claim(sure, 1.0), *_claim(proofs, WEIGHT_OF_A_PROOF)))


def _claim(names: Iterable[str], weight: float) -> Iterator[Claim]:
    if found := tuple(dict.fromkeys(name for name in names if name)):
        yield Claim(Field.TECHNOLOGIES, found, weight)


def _included(txt: Iterable[str]) -> Iterator[str]:
    for record in txt:
        if record.lower().startswith("v=spf1"):
            # A macro ("%{i}._spf.example") stands for something else in every message.
            yield from (host for host in _INCLUDE.findall(record) if "%" not in host)


def _token(record: str) -> str:
    """The word that names the product: "MS" of "MS=ms1234", "ZOOM_verify" of "ZOOM_verify_1234"."""
    word = record.strip().partition("=")[0].strip().lower().removeprefix("_")
    return "zoom_verify" if word.startswith("zoom_verify_") else word


def _ending(table: str, host: str) -> str:
    """The product whose host this is, or that it lies below."""
    labels = host.rstrip(".").lower().split(".")
    names = _technologies()[table]
    return next((names[end] for at in range(len(labels)) if (end := ".".join(labels[at:])) in names), "")


@cache
def _technologies() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("enrichment.sources").joinpath("dns_technologies.toml").read_text("utf-8"))


class _DnsSource:
    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        server = entry.options.get("server", "")
        self._resolver = _resolver(server) if server else None

    def question(self, subject: Subject) -> bytes | None:
        return subject.domain.encode()

    def price(self, subject: Subject) -> int:
        return self._entry.price_usd_micros

    async def ask(self, subject: Subject) -> Reading:
        try:
            # The system's resolver is looked up when it is needed: a machine may have none.
            self._resolver = self._resolver or dns.asyncresolver.Resolver()
        except dns.exception.DNSException as error:
            raise Fault(f"this machine has no resolver: {type(error).__name__}") from None
        mx, txt, dmarc = await asyncio.gather(
            self._lookup(subject.domain, dns.rdatatype.MX),
            self._lookup(subject.domain, dns.rdatatype.TXT),
            self._lookup(f"_dmarc.{subject.domain}", dns.rdatatype.TXT),
        )
        for failed in (mx, txt):
            if isinstance(failed, Fault):
                raise failed
        if mx is None and txt is None:
            return NOT_FOUND
        # A server that fails on the name below is no reason to lose the rest.
        return read(Records(_texts(mx), _texts(txt), _texts(dmarc)))

    async def close(self) -> None:
        """Nothing is held: each lookup closes its own socket."""

    async def _lookup(self, name: str, kind: dns.rdatatype.RdataType) -> dns.resolver.Answer | Fault | None:
        """The answer, which may hold no record; None where the name does not exist."""
        assert self._resolver is not None
        try:
            # The dot makes the name absolute: no search list of this machine is tried behind it.
            return await self._resolver.resolve(
                f"{name}.", kind, raise_on_no_answer=False, lifetime=self._entry.timeout_ms / 1_000
            )
        except dns.resolver.NXDOMAIN:
            return None
        except dns.exception.DNSException as error:
            return Fault(f"{kind.name} could not be looked up: {type(error).__name__}")


def _resolver(server: str) -> dns.asyncresolver.Resolver:
    """A resolver that knows this one server, `host:port` with an address as host, and nothing of the machine."""
    host, _, port = server.rpartition(":")
    resolver = dns.asyncresolver.Resolver(configure=False)
    try:
        resolver.port = int(port)
        resolver.nameservers = [host.strip("[]")]
    except ValueError:
        raise ValueError(f"IMENSIAH_SOURCES__DNS__SERVER={server!r} is not the address and port of a server") from None
    return resolver


def _texts(answer: dns.resolver.Answer | Fault | None) -> tuple[str, ...]:
    if not isinstance(answer, dns.resolver.Answer) or answer.rrset is None:
        return ()
    records = cast("Iterable[object]", answer.rrset)
    return tuple(_text(record) for record in islice(records, MOST_RECORDS))


def _text(record: object) -> str:
    if isinstance(record, MXBase):
        return record.exchange.to_text(omit_final_dot=True)
    return b"".join(record.strings).decode("utf-8", "replace") if isinstance(record, TXT) else ""
