"""The company's profiles on social networks, as its own pages link to them."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from selectolax.lexbor import LexborNode

from enrichment.domain.company import Field, SocialProfile
from enrichment.domain.fact import Claim
from enrichment.sources.website.head import letters
from enrichment.sources.website.page import Page, is_of

WEIGHT_DECLARED, WEIGHT_LINKED = 1.0, 0.85
# Where a page links to more accounts of one network than this, they are those of people it speaks of.
MOST_GUESSED_AMONG = 3
MOST_ANCESTORS = 12

_FRAME = re.compile(r"social|follow|redes|siga|footer|rodape|header|topbar", re.IGNORECASE)
_HANDLE = re.compile(r"[\w.-]{1,100}")


@dataclass(frozen=True, slots=True)
class _Network:
    name: str
    hosts: tuple[str, ...]
    base: str
    kinds: tuple[str, ...]
    elsewhere: frozenset[str]
    case_kept: frozenset[str]

    def address(self, segments: list[str]) -> str:
        """The canonical address of the profile that a path leads to, "" where it leads to none."""
        for kind in self.kinds:
            handle = _handle(kind, segments)
            if handle.lower() in self.elsewhere or (handle.isdigit() and not kind):
                continue
            if _HANDLE.fullmatch(handle):
                folder = kind if kind in ("", "@") else f"{kind}/"
                return f"{self.base}{folder}{quote(handle if kind in self.case_kept else handle.lower())}"
        return ""


def _handle(kind: str, segments: list[str]) -> str:
    if kind == "@":
        return segments[0][1:] if segments[0].startswith("@") else ""
    if kind == "":
        return segments[0] if len(segments) == 1 else ""
    return segments[1] if len(segments) > 1 and segments[0].lower() == kind else ""


def _networks() -> Iterator[_Network]:
    table = tomllib.loads(files("enrichment.sources.website").joinpath("social.toml").read_text("utf-8"))
    for entry in table["network"]:
        yield _Network(
            name=entry["name"],
            hosts=tuple(entry["hosts"]),
            base=entry["base"],
            kinds=tuple(entry["kinds"]),
            elsewhere=frozenset(entry.get("elsewhere", "").split()),
            case_kept=frozenset(entry.get("case_kept", ())),
        )


_NETWORKS = tuple(_networks())
_ANY_HOST = re.compile("|".join(re.escape(host) for network in _NETWORKS for host in network.hosts))


def profile(url: str) -> SocialProfile | None:
    """The profile that a URL leads to, in canonical form; None for shares, posts, people and all else."""
    if not _ANY_HOST.search(url):
        return None
    try:
        parts = urlsplit(url)
        name = parts.hostname or ""
    except ValueError:
        return None
    network = next((network for network in _NETWORKS if any(is_of(name, host) for host in network.hosts)), None)
    # "mwlite" stands in addresses of LinkedIn's former site for telephones.
    segments = [unquote(part) for part in parts.path.split("/") if part and part != "mwlite"]
    if network is None or not segments:
        return None
    address = network.address(segments)
    return SocialProfile(network.name, address) if address else None


class _Seen(NamedTuple):
    """How well a linked profile fits: compared in this order."""

    is_named_alike: bool
    is_in_frame: bool
    times: int


def claims(page: Page, declared: Iterable[str]) -> Iterator[Claim]:
    """The profiles of a page, at most one of each network: those it declares (sameAs), else the best of its links."""
    chosen: dict[str, SocialProfile] = {}
    for found in filter(None, map(profile, declared)):
        chosen.setdefault(found.network, found)
    weight = WEIGHT_DECLARED if chosen else WEIGHT_LINKED
    for network, seen in _linked(page).items():
        if network not in chosen and (best := _best(seen)):
            chosen[network] = best
    if chosen:
        order = [network.name for network in _NETWORKS]
        yield Claim(
            Field.SOCIAL_PROFILES, tuple(sorted(chosen.values(), key=lambda one: order.index(one.network))), weight
        )


def _linked(page: Page) -> dict[str, dict[SocialProfile, _Seen]]:
    linked: dict[str, dict[SocialProfile, _Seen]] = {}
    label = letters(page.domain.split(".")[0])

    def note(found: SocialProfile, *, is_in_frame: bool) -> None:
        handle = letters(found.url.rsplit("/", 1)[1])
        is_alike = min(len(handle), len(label)) > 2 and (handle in label or label in handle)
        of_network = linked.setdefault(found.network, {})
        before = of_network.get(found, _Seen(is_alike, False, 0))
        of_network[found] = _Seen(is_alike, before.is_in_frame or is_in_frame, before.times + 1)

    for anchor in page.anchors:
        if found := profile(anchor.url):
            note(found, is_in_frame=_is_in_frame(anchor.node))
    account = page.meta("twitter:site")
    for url in (account, f"https://x.com/{account.removeprefix('@')}", page.meta("article:publisher")):
        if found := profile(url):
            note(found, is_in_frame=True)
    return linked


def _best(seen: dict[SocialProfile, _Seen]) -> SocialProfile | None:
    best = max(seen, key=lambda found: seen[found])
    is_guess = not seen[best].is_named_alike and not seen[best].is_in_frame
    return None if is_guess and len(seen) > MOST_GUESSED_AMONG else best


def _is_in_frame(node: LexborNode | None) -> bool:
    """Whether a link stands in a page's frame or in a list of such links, and not in what the page tells."""
    for _ in range(MOST_ANCESTORS):
        if node is None or node.tag in ("body", "article", "main"):
            return False
        attributes = node.attributes
        if node.tag in ("header", "footer", "nav") or _FRAME.search(
            f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        ):
            return True
        node = node.parent
    return False
