"""From what a caller sends as a website to the registrable domain that everything is keyed by."""

import re
import unicodedata
from functools import lru_cache

import idna
from tldextract import TLDExtract

from enrichment.domain.errors import InvalidRequest

# The contract's longest website_url, and RFC 1035's longest label and name.
MAX_TEXT, MAX_LABEL, MAX_NAME = 2_048, 63, 253
CLIP = 60

# RFC 2606, 6761, 6762 (with its appendix G), 7686, 8375, 9476; ICANN's .internal, and .home, .corp and .mail, which it
# will never delegate; the rest are what routers and Windows call themselves.
RESERVED_ENDINGS = frozenset(
    {
        "alt",
        "arpa",
        "corp",
        "domain",
        "example",
        "home",
        "internal",
        "intranet",
        "invalid",
        "lan",
        "local",
        "localdomain",
        "localhost",
        "mail",
        "onion",
        "private",
        "test",
        "workgroup",
    }
)
RESERVED_NAMES = frozenset({"example.com", "example.net", "example.org"})

# The list that comes with the package: never fetched, never written to disk. Its private part is used too, or every
# shop of a hosting platform would be one company.
_SUFFIXES = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)

_SCHEME = re.compile(r"([^/?#]*?)://")
# "localhost:8080/x" is a host and a port, "http:8080/x" is not.
_SCHEME_WITHOUT_SLASHES = re.compile(r"(?:https?|[a-z][a-z0-9+-]*(?!:[0-9]*(?:[/?#]|$))):", re.IGNORECASE)
_END_OF_AUTHORITY = re.compile(r"[/?#]")
_PORT = re.compile(r"[0-9]{0,5}")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# What UTS 46 drops without a word and is not in those categories: joiners and variation selectors.
_UNSEEN = re.compile("[\u034f\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


@lru_cache(maxsize=2_048)
def registrable_domain(website_url: str) -> str:
    """The registrable domain of a URL or bare domain, in ASCII and lower case: the shortest name its owner controls.

    `shop.acme.com.br` is `acme.com.br`; `acme.github.io` stays, since others own its neighbours; `github.io` alone is
    its operator's. The answer is a fixed point. Raises InvalidRequest, with a sentence for people, for all else:
    addresses, local and reserved names, unknown endings, other schemes, whatever two readers could read differently.
    """
    text = website_url if len(website_url) > MAX_TEXT else website_url.strip(" \t\r\n\u00a0")
    _check_characters(text)
    host = _host(text)
    labels = _ascii_labels(host)
    if _NUMBER.fullmatch(labels[-1]):
        raise _refusal(host, "is an IP address")
    name = ".".join(labels)
    if len(name) > MAX_NAME:
        raise _refusal(host, f"is {len(name)} characters long; a domain has at most {MAX_NAME}")
    return _registered(name, labels)


def _check_characters(text: str) -> None:
    if not text:
        raise InvalidRequest("website_url", "is empty; send the company's domain, such as 'nubank.com.br'")
    if len(text) > MAX_TEXT:
        raise _refusal(text, f"is {len(text)} characters long; at most {MAX_TEXT} are read")
    if text.isascii() and text.isprintable():
        return
    for character in text:
        if unicodedata.category(character) in _UNSEEN_CATEGORIES or _UNSEEN.match(character):
            raise _refusal(text, f"contains a character that cannot be seen (U+{ord(character):04X})")


def _host(text: str) -> str:
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise _refusal(text, f"begins with {_quoted(scheme[1] + '://')}, not with http:// or https://")
    authority = _END_OF_AUTHORITY.split(text[scheme.end() if scheme else 0 :], maxsplit=1)[0]
    if "\\" in authority:
        raise _refusal(text, "contains a backslash")
    if "@" in authority:
        raise _refusal(authority, "holds an @: an e-mail address or a user name is not a website")
    if authority.startswith("[") or authority.count(":") > 1:
        raise _refusal(authority, "is an IPv6 address or has stray colons")
    if not scheme and (other := _SCHEME_WITHOUT_SLASHES.match(text)):
        raise _refusal(text, f"begins with {_quoted(other[0])}, not with http:// or https://")
    host, _, port = authority.partition(":")
    if not _PORT.fullmatch(port) or (port and not 0 < int(port) < 65_536):
        raise _refusal(authority, f"has the port {_quoted(port)}, which does not exist")
    if not host:
        raise _refusal(text, "names no host")
    return host


def _ascii_labels(host: str) -> list[str]:
    """The labels of a host in lower-case ASCII, the root's dot left out, each one well formed."""
    if "%" in host:
        raise _refusal(host, "contains a %-escape in its host")
    # Longer text cannot be a name, and idna's time grows with it.
    if len(host) > MAX_NAME + 1:
        raise _refusal(host, f"is {len(host)} characters long; a domain has at most {MAX_NAME}")
    try:
        mapped = host.lower() if host.isascii() else idna.uts46_remap(host, std3_rules=False, transitional=False)
    except idna.IDNAError:
        raise _refusal(host, "contains a character that no domain may have") from None
    return [_ascii_label(label, host) for label in mapped.removesuffix(".").split(".")]


def _ascii_label(label: str, host: str) -> str:
    if not label:
        raise _refusal(host, "has nothing between two dots or before the first one")
    if not label.isascii() or label.startswith("xn--"):
        try:
            return idna.alabel(label).decode("ascii")
        except UnicodeError:
            raise _refusal(host, f"has the part {_quoted(label)}, which no internationalised domain may have") from None
    if len(label) > MAX_LABEL:
        raise _refusal(host, f"has a part of {len(label)} characters; between two dots there are at most {MAX_LABEL}")
    if not _LABEL.fullmatch(label):
        raise _refusal(
            host, f"has the part {_quoted(label)}; a part holds letters, digits and, between them, hyphens only"
        )
    return label


def _registered(name: str, labels: list[str]) -> str:
    if labels[-1] == "localhost":
        raise _refusal(name, "is this computer's own name")
    if labels[-1] in RESERVED_ENDINGS:
        raise _refusal(name, f"ends in .{labels[-1]}, which is reserved and no company's")
    if len(labels) == 1:
        raise _refusal(name, "is a single word without an ending")
    found = _SUFFIXES.extract_str(name)
    if not found.suffix:
        raise _refusal(name, f"ends in .{labels[-1]}, which is not a known ending")
    if found.is_private and found.domain in ("", "www"):
        domain = ".".join(labels[-found.registry_suffix.count(".") - 2 :])
    else:
        domain = found.top_domain_under_public_suffix
    if not domain:
        raise _refusal(name, "is an ending under which companies register, not a company's domain")
    if domain in RESERVED_NAMES:
        raise _refusal(name, "is reserved for examples and no company's")
    return domain


def _quoted(value: str) -> str:
    """A value as it is safe to show: on one line, printable, clipped, and without the name or password before an @."""
    _, at, rest = value.rpartition("@")
    shown = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in (f"...@{rest}" if at else value)[: CLIP + 1]
    )
    return f"'{shown}'" if len(shown) <= CLIP else f"'{shown[:CLIP]}...'"


def _refusal(value: str, complaint: str) -> InvalidRequest:
    description = f"{_quoted(value)} {complaint}; send the company's domain, such as 'nubank.com.br'"
    return InvalidRequest("website_url", description)
