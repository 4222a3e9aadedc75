"""What is read on pages of the shapes that companies have; all companies here are invented."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_sites import DOMAIN, page_of, values

from enrichment.domain.company import Address, Coordinates, EmployeeCount, Field, Identifier, SocialProfile, is_value_of
from enrichment.domain.fact import Reading
from enrichment.sources.website.reading import LONGEST_DOCUMENT, read

PAGES = Path(__file__).parent / "pages"


def reading_of(name: str, domain: str, path: str = "") -> Reading:
    html = (PAGES / f"{name}.html").read_bytes()
    return read([page_of(html, f"https://{domain}/{path}", domain)], domain)


def read_html(html: str | bytes, **headers: str) -> Reading:
    return read([page_of(html, **headers)], DOMAIN)


def profiles(*urls: str) -> tuple[SocialProfile, ...]:
    networks = {"www.linkedin.com": "linkedin", "www.instagram.com": "instagram", "x.com": "x", "github.com": "github"}
    networks |= {"www.facebook.com": "facebook", "www.youtube.com": "youtube", "www.xing.com": "xing"}
    networks |= {"www.pinterest.com": "pinterest"}
    return tuple(SocialProfile(networks[url.split("/")[2]], url) for url in urls)


def test_an_organization_in_json_ld_is_read_whole() -> None:
    reading = reading_of("json_ld", DOMAIN)
    assert values(reading.claims) == {
        Field.NAME: "Vidraria Aurora",
        Field.LEGAL_NAME: "Aurora Vidros Temperados Ltda",
        Field.DESCRIPTION: "Fábrica de vidros temperados de Londrina.",
        Field.LOGO_URL: f"https://{DOMAIN}/media/aurora-logo.svg",
        Field.PHONE: "+554333221144",
        Field.EMAIL: f"contato@{DOMAIN}",
        Field.ADDRESS: Address(
            formatted="Rua das Acácias, 410, 86010-000, Londrina, PR, Brasil",
            street="Rua das Acácias, 410",
            city="Londrina",
            region="PR",
            postal_code="86010-000",
            country_code="BR",
        ),
        Field.COORDINATES: Coordinates(-23.3103, -51.1628),
        Field.COUNTRY_CODE: "BR",
        Field.FOUNDED_YEAR: 1987,
        Field.EMPLOYEE_COUNT: EmployeeCount(51, 200),
        Field.REGISTRATION_NUMBER: "99312874000141",
        Field.IDENTIFIERS: (Identifier("lei", "9845001B2C3D4E5F6089"),),
        Field.SOCIAL_PROFILES: profiles(
            "https://www.linkedin.com/company/vidraria-aurora",
            "https://www.instagram.com/vidrariaaurora",
            "https://x.com/vidrariaaurora",
            "https://www.facebook.com/vidrariaaurora",
            "https://www.youtube.com/@vidrariaaurora",
        ),
        Field.TECHNOLOGIES: ("WordPress", "Google Tag Manager"),
    }
    assert {claim.weight for claim in reading.claims} == {1.0}


def test_a_graph_is_walked_references_are_resolved_and_two_descriptions_are_merged() -> None:
    found = values(reading_of("graph", "larchloom.com").claims)
    assert found == {
        Field.NAME: "Larch Loom Weavers, Inc.",
        Field.LEGAL_NAME: "Larch Loom Weavers, Inc.",
        Field.DESCRIPTION: "Blankets woven to order in Duluth.",
        Field.LOGO_URL: "https://cdn.larchloom.com/mark.png",
        Field.PHONE: "+12187220199",
        Field.FOUNDED_YEAR: 2009,
        Field.EMPLOYEE_COUNT: EmployeeCount(500),
        Field.COUNTRY_CODE: "US",
        Field.ADDRESS: Address(
            formatted="12 Canal Park Dr, 55802, Duluth, MN, US",
            street="12 Canal Park Dr",
            city="Duluth",
            region="MN",
            postal_code="55802",
            country_code="US",
        ),
        Field.SOCIAL_PROFILES: profiles("https://github.com/larchloom", "https://www.pinterest.com/larchloom"),
    }


def test_microdata_is_read_and_the_logos_of_makers_are_not_taken_for_the_companys() -> None:
    reading = reading_of("microdata", "nordwaage.de")
    assert values(reading.claims) == {
        Field.NAME: "Nordwaage GmbH",
        Field.LEGAL_NAME: "Nordwaage GmbH",
        Field.DESCRIPTION: "Waagen und Etikettendrucker für Handel und Lager.",
        Field.LOGO_URL: "https://nordwaage.de/img/nordwaage.svg",
        Field.PHONE: "+4945198765430",
        Field.EMAIL: "info@nordwaage.de",
        Field.COUNTRY_CODE: "DE",
        Field.COORDINATES: Coordinates(53.8697, 10.6847),
        Field.ADDRESS: Address(
            formatted="Speicherstraße 9, 23552, Lübeck",
            street="Speicherstraße 9",
            city="Lübeck",
            postal_code="23552",
        ),
        Field.SOCIAL_PROFILES: profiles(
            "https://www.youtube.com/channel/UCaBcDeFgHiJkLmNoPqRsTuV", "https://www.xing.com/companies/nordwaagegmbh"
        ),
        Field.TECHNOLOGIES: ("Matomo",),
    }


def test_on_an_article_the_publisher_is_the_company_and_nothing_of_the_article_is() -> None:
    reading = reading_of("article", "folhadocerrado.com.br")
    assert values(reading.claims) == {
        Field.NAME: "Folha do Cerrado",
        Field.LOGO_URL: "https://img.folhadocerrado.com.br/logo-4x3.jpg",
        Field.PHONE: "+556733221100",
        Field.COUNTRY_CODE: "BR",
        Field.ADDRESS: Address(
            formatted="RUA DO IPÊ, 960 - JARDIM DAS FLORES, CAMPO NOVO - MS, 79020-100",
            street="RUA DO IPÊ, 960 - JARDIM DAS FLORES",
            city="CAMPO NOVO",
            region="MS",
            postal_code="79020-100",
            country_code="BR",
        ),
        Field.SOCIAL_PROFILES: profiles("https://x.com/folhadocerrado"),
    }
    assert next(claim.weight for claim in reading.claims if claim.field is Field.NAME) == 0.8


def test_open_graph_is_enough_for_a_name_a_logo_and_profiles() -> None:
    assert values(reading_of("open_graph", "shelfwise.io").claims) == {
        Field.NAME: "Shelfwise",
        Field.DESCRIPTION: "Stock, prices and orders of small shops in one place.",
        Field.LOGO_URL: "https://shelfwise.io/brand/shelfwise.png",
        Field.SOCIAL_PROFILES: profiles("https://x.com/shelfwise", "https://github.com/shelfwise"),
        Field.TECHNOLOGIES: ("Gatsby",),
    }


def test_a_footer_alone_names_the_company_its_number_and_its_seat_and_no_person() -> None:
    reading = reading_of("footer", "casalumiar.com.br")
    assert values(reading.claims) == {
        Field.NAME: "Casa Lumiar Iluminação",
        Field.LEGAL_NAME: "Casa Lumiar Iluminação S/A",
        Field.REGISTRATION_NUMBER: "99312874001709",
        Field.COUNTRY_CODE: "BR",
        Field.LOGO_URL: "https://casalumiar.com.br/img/topo.jpg",
        Field.PHONE: "+554433017000",
        Field.EMAIL: "sac@casalumiar.com.br",
        Field.ADDRESS: Address(
            formatted="Av. Tiradentes, nº 1.200, Zona 1, Maringá - PR, 87013-260",
            street="Av. Tiradentes, nº 1.200, Zona 1",
            city="Maringá",
            region="PR",
            postal_code="87013-260",
            country_code="BR",
        ),
        Field.SOCIAL_PROFILES: profiles(
            "https://www.linkedin.com/company/casa-lumiar", "https://www.facebook.com/casalumiar.oficial"
        ),
    }
    text = reading.documents[0].text
    assert "sac@casalumiar.com.br" in text
    assert "123.456" not in text
    assert "private" not in text


def test_an_imprint_names_the_company_in_law_its_vat_number_and_its_year() -> None:
    found = values(reading_of("imprint", "nordwaage.de", "impressum/").claims)
    assert found[Field.LEGAL_NAME] == "Nordwaage Handel GmbH & Co. KG"
    assert found[Field.IDENTIFIERS] == (Identifier("vat", "DE987654328"),)
    assert found[Field.FOUNDED_YEAR] == 1974
    assert found[Field.PHONE] == "+4945198765430"
    assert found[Field.EMAIL] == "info@nordwaage.de"


def test_a_page_without_any_metadata_still_has_a_name_and_a_logo_and_gives_away_nobody() -> None:
    assert values(reading_of("bare", "kanzleieichwald.de").claims) == {
        Field.NAME: "Kanzlei Eichwald",
        Field.LOGO_URL: "https://kanzleieichwald.de/img/eichwald.png",
    }


@pytest.mark.parametrize("name", sorted(path.stem for path in PAGES.glob("*.html")))
def test_no_person_is_ever_claimed(name: str) -> None:
    told = str(reading_of(name, DOMAIN).claims).casefold()
    assert "private" not in told
    assert "123.456.789" not in told


def test_further_pages_add_what_the_home_page_lacks_and_their_titles_are_no_names() -> None:
    home = page_of("<title>Vidraria Aurora</title><body>Vidro")
    contact = page_of(
        "<title>Contato</title><meta property='og:description' content='Fale com a gente agora mesmo'>"
        "<p>Telefone: (43) 3322-1144</p><footer><a href='https://instagram.com/aurora'>i</a></footer>",
        f"https://{DOMAIN}/contato",
    )
    reading = read([home, contact], DOMAIN)
    assert values(reading.claims) == {
        Field.NAME: "Vidraria Aurora",
        Field.PHONE: "+554333221144",
        Field.COUNTRY_CODE: "BR",
        Field.SOCIAL_PROFILES: profiles("https://www.instagram.com/aurora"),
    }
    assert [document.title for document in reading.documents] == ["Vidraria Aurora", "Contato"]


def test_lists_of_several_pages_are_united() -> None:
    one = page_of("<footer><a href='https://instagram.com/aurora'>i</a></footer>", Server="nginx")
    two = page_of(
        "<footer><a href='https://instagram.com/another'>i</a><a href='https://fb.com/aurora'>f</a></footer>",
        f"https://{DOMAIN}/contato",
        Server="nginx",
        X_Powered_By="PHP/8.3",
    )
    found = values(read([one, two], DOMAIN).claims)
    assert found[Field.SOCIAL_PROFILES] == profiles(
        "https://www.instagram.com/aurora", "https://www.facebook.com/aurora"
    )
    assert found[Field.TECHNOLOGIES] == ("nginx", "PHP")


def test_a_document_is_the_visible_text_without_navigation_and_bounded() -> None:
    html = (
        "<title>Aurora</title><style>p{}</style><nav>Produtos <a href='/x'>Contato</a></nav>"
        f"<p>Vidros\n  <b>tem</b>perados</p><script>var x = 1</script><p>{'vidro ' * 5_000}</p>"
    )
    document = read_html(html).documents[0]
    assert document.url == f"https://{DOMAIN}/"
    assert document.title == "Aurora"
    assert document.text.startswith("Vidros temperados vidro vidro")
    assert LONGEST_DOCUMENT - 10 < len(document.text) <= LONGEST_DOCUMENT


def test_a_page_without_text_gives_no_document() -> None:
    assert read_html("<title>Aurora</title><nav>Menu</nav>").documents == ()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("Água".encode(), "text/html; charset=utf-8"),
        ("Água".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("Água".encode("latin-1"), 'text/html; charset="latin1"'),
        ("Água".encode(), "text/html"),
        ("Água".encode("utf-16"), "text/html"),
        ("<meta charset=iso-8859-1>Água".encode("latin-1"), "text/html"),
        ("<meta http-equiv=content-type content='text/html; charset=windows-1252'>Água".encode("cp1252"), "text/html"),
        ("<meta charset=utf-16>Água".encode(), "text/html"),
        ("<meta charset=nonsense>Água".encode(), "text/html; charset=zlib"),
        ("\ufeffÁgua".encode(), "text/html"),
        (
            "Água e sal são vendidos à beira do açude, não há igual na região do sertão até o litoral.".encode(
                "cp1252"
            ),
            "text/html",
        ),
    ],
)
def test_the_encoding_is_found_in_the_header_the_mark_the_tag_or_by_a_guess(body: bytes, content_type: str) -> None:
    html = b"<p>" + body if not body.startswith(b"\xff\xfe") else body
    reading = read([page_of(html, **{"content-type": content_type})], DOMAIN)
    assert "Água" in reading.documents[0].text


# Each of these, repeated, is what one of the patterns waits for and never gets.
@pytest.mark.parametrize(
    "scrap",
    [
        *(
            "\u00a0",
            " (",
            "( ",
            "- ",
            "a, ",
            "a.",
            "a-",
            "A",
            "0",
            "1 ",
            "abc. ",
            "© ",
            "CNPJ ",
            "CNPJ 99.312.874/0001-4 ",
        ),
        *("inscrita ", "inscrita no x ", "tel ", "tel: +55 11 ", "(11) 3333-44", "a@", "a@b.c.d.e.", "VAT DE9876 "),
        *("SIREN ", "England no ", "Rua x 12345-678 ", "rua ", "razao social: ", "Ltda ", "A Ltda ", "founded x "),
        *("<address>1 a b c d e f g h", "<a href='/x'><table><td>Sobre ", "<nav>Vidros ", "<span itemprop=name>x"),
        *("<div itemscope itemtype='https://schema.org/Organization'><p itemprop=name>x", "<img src=/logo.png>"),
        *(
            "<a href='https://www.facebook.com/aurora'>x</a>",
            "<a href='tel:+551133334444'>x</a>",
            "<title>A | </title>",
        ),
        *("<script type='application/ld+json'>{,}</script>", "<meta property='og:site_name' content='A'>"),
    ],
)
def test_a_page_of_nothing_but_one_scrap_is_read_at_once(scrap: str) -> None:
    html = f"<footer itemscope itemtype='https://schema.org/Organization'>{scrap * (200_000 // len(scrap))}"
    assert_well_formed(read_html(html))


def assert_well_formed(reading: Reading) -> None:
    for claim in reading.claims:
        assert is_value_of(claim.field, claim.value)
        assert 0 < claim.weight <= 1
        str(claim.value).encode()
    for document in reading.documents:
        f"{document.title}{document.text}".encode()


HEADS = (
    b"",
    b"<meta charset=utf-16le>",
    b'<script type="application/ld+json">',
    b'<div itemscope itemtype="https://schema.org/Organization"><p itemprop=',
    b'<meta property="og:site_name" content="',
    b"<footer>CNPJ 99.312.874/0001-41 ",
)


@given(st.sampled_from(HEADS), st.binary(max_size=400), st.sampled_from(("text/html", "text/html; charset=utf-7")))
def test_any_bytes_are_a_reading(head: bytes, body: bytes, content_type: str) -> None:
    assert_well_formed(read([page_of(head + body, **{"content-type": content_type})], DOMAIN))


SCRAPS = (
    *"<>\"'/=& {}[]:,\\\n@©+",
    "<a href='tel:",
    "<a href='https://www.facebook.com/",
    "<img class=logo src=",
    "<p>",
    "CNPJ ",
    "99.312.874/0001-41",
    "Aurora Vidros Ltda",
    "contato@vidrariaaurora.com.br",
    '"@type":"Organization"',
    '"@graph"',
    '"name"',
    '"sameAs"',
    '"address"',
    "null",
    "1e999",
    "NaN",
    "\\ud800",
    "Rua das Flores, 1, Londrina/PR - CEP 86010-000",
    "(43) 3322-1144",
    "<script type='application/ld+json'>",
    "</script>",
    "<title>",
    "\u202e",
    "<a href='https://wa.me\u2100/",
    "\uff0f",
    "\x00",
    "\ue000",
)


@given(st.lists(st.sampled_from(SCRAPS), max_size=40).map("".join))
def test_any_mix_of_what_pages_hold_is_a_reading(html: str) -> None:
    assert_well_formed(read_html(html))
