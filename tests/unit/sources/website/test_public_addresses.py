"""Which addresses and URLs may be fetched at all."""

import pytest

from enrichment.domain.errors import Skipped, SkipReason
from enrichment.sources.website.addresses import admitted, is_public
from hostile_inputs import HOSTILE


def words(text: str) -> list[str]:
    return text.split()


NOT_PUBLIC = words(
    """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.8.8.8 169.254.0.1 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.7 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.9 203.0.113.5 224.0.0.1
239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::a00:1 ::127.0.0.1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 64:ff9b::a00:1 64:ff9b::7f00:1
64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:a00:1:: 2002:7f00:1:: fc00::1 fd00:ec2::254 fe80::1
fe80::1%eth0 fec0::1 ff02::1
"""
)
PUBLIC = words("8.8.8.8 200.160.2.3 2606:4700:4700::1111 2a00:1450:4001:81b::200e 64:ff9b::808:808 ::ffff:8.8.8.8")


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_on_the_public_internet_is_told_apart(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_on_the_public_internet_is_told_apart(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["", "localhost", "8.8.8", "2130706433", "0x7f.1", "8.8.8.8.8"])
def test_what_is_no_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://vidrariaaurora.com.br/",
        "http://www.vidrariaaurora.com.br:80/sobre?a=1",
        "https://vidrariaaurora.com.br:443/",
        "https://água.com.br/",
    ],
)
def test_a_plain_website_is_admitted(url: str) -> None:
    assert admitted(url).host


@pytest.mark.parametrize(
    "url",
    [
        "ftp://vidrariaaurora.com.br/",
        "file:///etc/passwd",
        "gopher://vidrariaaurora.com.br/",
        "javascript:alert(1)",
        "data:text/html,x",
        "//vidrariaaurora.com.br/",
        "/sobre",
        "",
        "https://",
        "https://vidrariaaurora.com.br:8080/",
        "http://vidrariaaurora.com.br:22/",
        "http://vidrariaaurora.com.br:0/",
        "https://user@vidrariaaurora.com.br/",
        "https://user:secret@vidrariaaurora.com.br/",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost/",
        "http://localhost./",
        "http://printer.local/",
        "http://metadata.google.internal/",
        "http://router/",
        "http://com.br/",
        "http://x.onion/",
        "http://vidrariaaurora.com.br\\@127.0.0.1/",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(Skipped) as refusal:
        admitted(url)
    assert refusal.value.reason is SkipReason.DISALLOWED


def test_no_hostile_text_leads_to_another_host_than_the_public_one_it_names() -> None:
    hosts: set[str] = set()
    for text in HOSTILE:
        try:
            hosts.add(admitted(text).host)
        except Skipped:
            continue
    # Odd paths and ports of a good name are no danger; they are sent escaped.
    assert hosts == {"nubank.com.br"}


def test_a_fragment_is_not_sent() -> None:
    assert str(admitted("https://vidrariaaurora.com.br/a#b")) == "https://vidrariaaurora.com.br/a"
