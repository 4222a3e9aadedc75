"""What is accepted as a website, and what is refused with which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.errors import InvalidRequest
from enrichment.domain.website import RESERVED_ENDINGS, registrable_domain
from hostile_inputs import HOSTILE

GOOD = {
    "nubank.com.br": "nubank.com.br",
    "NUBANK.COM.BR": "nubank.com.br",
    "nubank.com.br.": "nubank.com.br",
    "  nubank.com.br\r\n": "nubank.com.br",
    "\u00a0nubank.com.br\u00a0": "nubank.com.br",
    "www.nubank.com.br": "nubank.com.br",
    "https://www.nubank.com.br/sobre": "nubank.com.br",
    "HTTP://WWW.NUBANK.COM.BR:80/": "nubank.com.br",
    "https://nubank.com.br:443?utm_source=x&y=/z": "nubank.com.br",
    "https://nubank.com.br:8443/#/sobre": "nubank.com.br",
    "nubank.com.br:65535": "nubank.com.br",
    "nubank.com.br:": "nubank.com.br",
    "nubank.com.br/a b\\c@d%zz[::1]": "nubank.com.br",
    "nubank.com.br?next=https://127.0.0.1": "nubank.com.br",
    "nubank.com.br#user@host": "nubank.com.br",
    "a.very.deep.name.of.nubank.com.br": "nubank.com.br",
    "shop.acme.co.uk": "acme.co.uk",
    "acme.co.jp": "acme.co.jp",
    "city.kawasaki.jp": "city.kawasaki.jp",
    "www.ck": "www.ck",
    "acme.host": "acme.host",
    "www.com": "www.com",
    "3m.com": "3m.com",
    "1.com": "1.com",
    "0x7f.com": "0x7f.com",
    "163.com": "163.com",
    "x.ai": "x.ai",
    "a--b.com": "a--b.com",
    "example.com.br": "example.com.br",
    "localhost.com": "localhost.com",
    "test.de": "test.de",
    "münchen.de": "xn--mnchen-3ya.de",
    "MÜNCHEN.DE": "xn--mnchen-3ya.de",
    "mu\u0308nchen.de": "xn--mnchen-3ya.de",
    "xn--mnchen-3ya.de": "xn--mnchen-3ya.de",
    "XN--MNCHEN-3YA.DE": "xn--mnchen-3ya.de",
    "straße.de": "xn--strae-oqa.de",
    "https://www.pão-de-açúcar.com.br/": "xn--po-de-acar-f5a8cwp.com.br",
    "www.食狮.公司.cn": "xn--85x722f.xn--55qx5d.cn",
    "президент.рф": "xn--d1abbgf6aiiy.xn--p1ai",
    "acme。com": "acme.com",
    "ａｃｍｅ．ｃｏｍ": "acme.com",
    "acme.github.io": "acme.github.io",
    "www.acme.github.io": "acme.github.io",
    "acme.myshopify.com": "acme.myshopify.com",
    "github.io": "github.io",
    "www.github.io": "github.io",
    "s3.amazonaws.com": "amazonaws.com",
    "a" * 63 + ".com": "a" * 63 + ".com",
    "https://acme.com/" + "a" * 2_000: "acme.com",
}


@pytest.mark.parametrize(("sent", "domain"), GOOD.items())
def test_a_website_becomes_its_registrable_domain(sent: str, domain: str) -> None:
    assert registrable_domain(sent) == domain
    assert registrable_domain(domain) == domain


def test_the_hostile_inputs_are_many_and_distinct() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 500


@pytest.mark.parametrize("sent", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_input_is_refused_with_one_printable_sentence(sent: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        registrable_domain(sent)
    assert refusal.value.field == "website_url"
    assert refusal.value.description.isprintable()
    assert len(refusal.value.description) <= 300


@pytest.mark.parametrize(
    ("sent", "complaint"),
    {
        "": "is empty",
        "10.0.0.1": "'10.0.0.1' is an IP address",
        "http://2130706433/": "'2130706433' is an IP address",
        "[::1]:80": "'[::1]:80' is an IPv6 address",
        "localhost:8080": "'localhost' is this computer's own name",
        "nubank": "'nubank' is a single word without an ending",
        "com.br": "'com.br' is an ending under which companies register",
        "nubank.nope": "ends in .nope, which is not a known ending",
        "printer.local": "ends in .local, which is reserved",
        "www.example.com": "is reserved for examples",
        "ftp://nubank.com.br": "begins with 'ftp://', not with http:// or https://",
        "javascript:alert(1)": "begins with 'javascript:'",
        "http:/nubank.com.br": "begins with 'http:', not with http:// or https://",
        "nubank.com.br:99999": "has the port '99999', which does not exist",
        "ac_me.com": "has the part 'ac_me'; a part holds letters, digits",
        "nubank..com": "has nothing between two dots",
        "https://": "names no host",
        "nu\x00bank.com": "'nu\\x00bank.com' contains a character that cannot be seen (U+0000)",
        "nu\u202ebank.com": "'nu\\u202ebank.com' contains a character that cannot be seen (U+202E)",
        "a" * 64 + ".com": "has a part of 64 characters",
        ".".join(["a" * 62] * 4) + ".com.br": "is 258 characters long; a domain has at most 253",
        ("ü" * 38 + ".") * 6 + "de": "characters long; a domain has at most 253",
        "x" * 5_000: "is 5000 characters long; at most 2048 are read",
    }.items(),
)
def test_the_sentence_says_what_was_wrong_and_what_would_be_right(sent: str, complaint: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        registrable_domain(sent)
    assert complaint in refusal.value.description
    assert refusal.value.description.endswith("send the company's domain, such as 'nubank.com.br'")


@pytest.mark.parametrize(
    "sent", ["some.one@acme.com", "https://some:one@acme.com/x", "some.one:x@acme.com", "some\\one@acme.com"]
)
def test_the_sentence_repeats_no_user_name_and_no_password(sent: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        registrable_domain(sent)
    assert "'...@acme.com" in refusal.value.description
    assert "one" not in str(refusal.value)


def test_no_reserved_ending_is_one_that_companies_can_buy() -> None:
    for ending in RESERVED_ENDINGS - {"arpa", "onion"}:
        with pytest.raises(InvalidRequest):
            registrable_domain(f"acme.{ending}")


@pytest.mark.parametrize("character", ["a", "a.", "\u00e9", "\u202e", " ", "@", ":", "[", "\\", "%41", "\ud800"])
def test_a_megabyte_of_text_is_refused(character: str) -> None:
    with pytest.raises(InvalidRequest):
        registrable_domain(character * (1_000_000 // len(character)))


STARTS = st.sampled_from(["", "http://", "HTTPS://", "ftp://", "//", "www.", " "])
LABELS = st.lists(st.text(st.sampled_from("abz019-_üßиא١文。．％xn"), max_size=12), max_size=5).map(".".join)
ENDINGS = st.sampled_from([".com", ".com.br", ".co.uk", ".github.io", ".ck", ".公司.cn", ".local", ".1", ".0x7f", "."])
RESTS = st.sampled_from(["", "/", ":80", "?x", "#", "@a", ".", " ", "\\"])
HOST_LIKE = st.tuples(STARTS, LABELS, ENDINGS, RESTS).map("".join)


@given(st.text(max_size=300) | HOST_LIKE)
def test_any_text_is_a_domain_that_stays_itself_or_is_refused(sent: str) -> None:
    domain, refusal = "", ""
    try:
        domain = registrable_domain(sent)
    except InvalidRequest as error:
        refusal = error.description
    assert bool(domain) != bool(refusal)
    assert refusal.isprintable()
    assert len(refusal) <= 300
    assert domain.isascii()
    assert domain == domain.lower()
    assert domain == "" or registrable_domain(domain) == domain
