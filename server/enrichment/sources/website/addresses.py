"""Where a fetch may lead: the public web and nothing behind it."""

import ipaddress

import httpx

from enrichment.domain.errors import InvalidRequest, Skipped, SkipReason
from enrichment.domain.website import registrable_domain

WEB_PORTS = frozenset({80, 443})

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Python 3.11 calls these global, though an address of a private network can stand inside: local NAT64 (RFC 8215),
# site-local, 6to4 (RFC 3056), Teredo (RFC 4380), IPv4-compatible.
_TUNNELS = tuple(map(ipaddress.ip_network, ("64:ff9b:1::/48", "fec0::/10", "2002::/16", "2001::/32", "::/96")))


def is_public(ip: str) -> bool:
    """Whether an IP address, as a resolver writes it, belongs to a host of the public internet."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            address = address.ipv4_mapped
        elif address in _NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        elif any(address in network for network in _TUNNELS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def admitted(url: str | httpx.URL) -> httpx.URL:
    """A URL that may be fetched: http or https, a registrable name for a host, port 80 or 443, no user name in it.

    Raises Skipped for every other one.
    """
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
        if parsed.scheme not in ("http", "https") or parsed.userinfo or parsed.port not in (None, *WEB_PORTS):
            raise refused("it leads to an address that is not a plain website's")
        registrable_domain(f"http://{host}/")
    except (httpx.InvalidURL, InvalidRequest, UnicodeError):
        raise refused("it leads to a host that is no public website's") from None
    return parsed.copy_with(fragment=None)


def refused(explanation: str) -> Skipped:
    """The reason for not fetching something, in words that show no address of ours."""
    return Skipped(SkipReason.DISALLOWED, f"The website was not read: {explanation}.")
