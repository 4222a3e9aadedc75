"""Pages of real sites, read from the reference material beside the project: what a human sees on them is found."""

from pathlib import Path
from typing import cast

import pytest
from invented_sites import page_of, values

from enrichment.domain.company import Address, Field, SocialProfile
from enrichment.sources.website.head import letters
from enrichment.sources.website.reading import read

RECORDED = Path(__file__).parents[5] / "shared" / "payloads" / "html"

# File: domain, name, logo, handles of profiles by network, and what else stands on the page. Of the sites of single
# persons neither name nor handles are written down here: the name is the domain's, the networks are enough.
EXPECTED: dict[str, tuple[str, str, str, dict[str, str], dict[Field, object]]] = {
    "sass-ag.de-home": (
        "sass-ag.de",
        "SASS DATENTECHNIK AG",
        "/wp-content/themes/sass-ag/images/sass-ag-blue.svg",
        {
            "linkedin": "company/sass-datentechnik-ag",
            "instagram": "sass_datentechnik_ag",
            "facebook": "sass.datentechnik.ag",
            "youtube": "channel/UCxbT_MqJPKWRTP3dbs0jSLw",
            "xing": "companies/sassdatentechnikag",
        },
        {
            Field.PHONE: "+49810577803380",
            Field.EMAIL: "info@sass-ag.de",
            Field.ADDRESS: Address(
                formatted="Talhofstraße 32, 82205, Gilching",
                street="Talhofstraße 32",
                city="Gilching",
                postal_code="82205",
            ),
            Field.TECHNOLOGIES: ("WordPress", "Matomo"),
        },
    ),
    "anwaltniemeyer.de-home": (
        "anwaltniemeyer.de",
        "",
        "/img/anwaltniemeyer-schwarz.png",
        {},
        {Field.TECHNOLOGIES: ("jQuery", "Bootstrap", "Font Awesome")},
    ),
    "gazetadopovo.com.br-article-org": (
        "gazetadopovo.com.br",
        "Gazeta do Povo",
        "https://www.gazetadopovo.com.br/public/_imagens/logo-gazetadopovo-schema.jpg",
        {
            "linkedin": "company/gazeta-do-povo",
            "instagram": "gazetadopovo",
            "x": "gazetadopovo",
            "facebook": "gazetadopovo",
            "youtube": "gazetadopovo",
        },
        {
            Field.LEGAL_NAME: "Editora Gazeta do Povo S/A",
            Field.PHONE: "+554133215555",
            Field.FOUNDED_YEAR: 1919,
            Field.COUNTRY_CODE: "BR",
        },
    ),
    "campograndenews.com.br-article-org": (
        "campograndenews.com.br",
        "Campo Grande News",
        "https://cdn6.campograndenews.com.br/ui/images/logo-4x3.jpg",
        {"instagram": "campograndenews", "x": "cgrnews", "facebook": "cgrnews"},
        {
            Field.PHONE: "+556733167200",
            Field.ADDRESS: Address(
                formatted="RUA DA PAZ, 960 - JARDIM DOS ESTADOS, CAMPO GRANDE - MS, 79020-250",
                street="RUA DA PAZ, 960 - JARDIM DOS ESTADOS",
                city="CAMPO GRANDE",
                region="MS",
                postal_code="79020-250",
                country_code="BR",
            ),
        },
    ),
    "learnnode.com-home": (
        "learnnode.com",
        "Learn Node",
        "/images/NODE/favicon.png",
        {"x": ""},
        {Field.TECHNOLOGIES: ("jQuery", "Font Awesome", "Google Analytics", "Stripe")},
    ),
    "microlink.io-home": (
        "microlink.io",
        "Microlink",
        "/logo-trim.png",
        {"x": "microlinkhq", "github": "microlinkhq"},
        {Field.TECHNOLOGIES: ("Gatsby", "Google Analytics")},
    ),
    "bluecadet.com-home": (
        "bluecadet.com",
        "Bluecadet",
        "https://www.bluecadet.com/wp-content/themes/bluecadet-2018/images/logo/logo-solid.svg",
        {"linkedin": "company/bluecadet-interactive", "instagram": "bluecadet"},
        {},
    ),
    "kikobeats.com-home": (
        "kikobeats.com",
        "",
        "/images/avatar-glitch.jpg",
        {"x": "", "github": ""},
        {},
    ),
    # Two cuttings of footers, without a head and without a logo.
    "atacadao-filial192-footer": (
        "atacadao.com.br",
        "Atacadão",
        "",
        {
            "linkedin": "company/atacadao",
            "instagram": "atacadaosa.oficial",
            "x": "atacadao_sa",
            "facebook": "atacadaosa.oficial",
        },
        {Field.LEGAL_NAME: "Atacadão SA", Field.REGISTRATION_NUMBER: "75315333019209"},
    ),
    "mercadolivre-footer-copy": (
        "mercadolivre.com.br",
        "Ebazar.com.br",
        "",
        {},
        {
            Field.LEGAL_NAME: "Ebazar.com.br LTDA.",
            Field.REGISTRATION_NUMBER: "03007331000141",
            Field.ADDRESS: Address(
                formatted="Av. das Nações Unidas, nº 3.003, Bonfim, Osasco - SP, 06233-903",
                street="Av. das Nações Unidas, nº 3.003, Bonfim",
                city="Osasco",
                region="SP",
                postal_code="06233-903",
                country_code="BR",
            ),
        },
    ),
}


def found_on(name: str, domain: str) -> dict[Field, object]:
    if not RECORDED.is_dir():
        pytest.skip(f"../shared is not here: {RECORDED.name}/{name}.html cannot be read")
    html = (RECORDED / f"{name}.html").read_bytes()
    return values(read([page_of(html, f"https://{domain}/", domain)], domain).claims)


@pytest.mark.parametrize("name", EXPECTED)
def test_name_logo_and_profiles_are_found_where_a_human_sees_them(name: str) -> None:
    domain, company, logo, handles, others = EXPECTED[name]
    found = found_on(name, domain)
    profiles = cast("tuple[SocialProfile, ...]", found.get(Field.SOCIAL_PROFILES, ()))
    assert found[Field.NAME] == company or (not company and letters(str(found[Field.NAME])) == domain.split(".")[0])
    assert found.get(Field.LOGO_URL, "") == (f"https://{domain}{logo}" if logo.startswith("/") else logo)
    assert {
        profile.network: profile.url.split("/", 3)[3] if handles.get(profile.network) else "" for profile in profiles
    } == handles
    assert {field: found.get(field) for field in others} == others


def test_every_recorded_page_is_among_them() -> None:
    if not RECORDED.is_dir():
        pytest.skip("../shared is not here: there are no recorded pages")
    assert {path.stem for path in RECORDED.glob("*.html")} == set(EXPECTED)
