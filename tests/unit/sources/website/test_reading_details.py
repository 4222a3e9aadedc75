"""The single places of a page in which a value is looked for, and what looks like one and is none."""

import json
from typing import cast

import pytest
from invented_sites import DOMAIN, page_of, values

from enrichment.domain.company import Address, Coordinates, EmployeeCount, Field, Identifier, SocialProfile, Value
from enrichment.sources.website import contact, head, imprint, logo, registers, seat, social, technologies
from enrichment.sources.website.countries import country_code
from enrichment.sources.website.links import further_pages
from enrichment.sources.website.page import absolute, plain
from enrichment.sources.website.reading import best_claims, read


def described(**properties: object) -> dict[Field, object]:
    """The claims of a page that describes its owner so in JSON-LD."""
    thing = {"@type": "Organization", "name": "Aurora", **properties}
    html = f'<script type="application/ld+json">{json.dumps(thing)}</script>'
    found = values(read([page_of(html)], DOMAIN).claims)
    del found[Field.NAME]
    return found


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://www.linkedin.com/company/Aurora-Vidros/about/?x=1", "https://www.linkedin.com/company/aurora-vidros"),
        ("https://br.linkedin.com/company/107634", "https://www.linkedin.com/company/107634"),
        ("https://www.linkedin.com/school/aurora/", "https://www.linkedin.com/school/aurora"),
        ("http://instagram.com/Aurora.Vidros/", "https://www.instagram.com/aurora.vidros"),
        ("https://mobile.twitter.com/Aurora", "https://x.com/aurora"),
        ("https://pt-br.facebook.com/AuroraVidros#", "https://www.facebook.com/auroravidros"),
        ("https://www.youtube.com/@Aurora", "https://www.youtube.com/@aurora"),
        ("https://www.youtube.com/channel/UCaBc/videos", "https://www.youtube.com/channel/UCaBc"),
        ("https://www.youtube.com/c/Aurora", "https://www.youtube.com/c/aurora"),
        ("https://www.youtube.com/user/Aurora", "https://www.youtube.com/user/aurora"),
        ("https://www.youtube.com/auroravidros", "https://www.youtube.com/auroravidros"),
        ("https://github.com/Aurora", "https://github.com/aurora"),
        ("https://www.tiktok.com/@aurora/video/7", "https://www.tiktok.com/@aurora"),
        ("https://www.xing.com/pages/aurora", "https://www.xing.com/pages/aurora"),
        ("https://www.threads.net/@aurora", "https://www.threads.net/@aurora"),
        ("https://t.me/aurora", "https://t.me/aurora"),
        ("https://www.linkedin.com/company/%C3%A1gua", "https://www.linkedin.com/company/%C3%A1gua"),
    ],
)
def test_a_profile_has_one_canonical_form(url: str, canonical: str) -> None:
    found = social.profile(url)
    assert found is not None
    assert found.url == canonical


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/in/somebody",
        "https://www.linkedin.com/pub/somebody",
        "https://www.linkedin.com/shareArticle?url=x",
        "https://www.linkedin.com/company/",
        "https://www.xing.com/profile/Some_Body",
        "https://twitter.com/share",
        "https://twitter.com/intent/tweet?text=x",
        "https://twitter.com/home?status=x",
        "https://twitter.com/aurora/status/838",
        "https://twitter.com/hashtag/vidro",
        "https://x.com/search?q=vidro",
        "https://www.facebook.com/sharer/sharer.php?u=x",
        "https://www.facebook.com/profile.php?id=1",
        "https://www.facebook.com/100063512345678",
        "https://www.facebook.com/tr?id=1",
        "https://www.facebook.com/",
        "https://www.instagram.com/p/Cabc/",
        "https://www.instagram.com/explore/",
        "https://www.youtube.com/watch?v=x",
        "https://www.youtube.com/embed/x",
        "https://youtu.be/x",
        "https://github.com/aurora/site",
        "https://github.com/features",
        "https://www.pinterest.com/pin/create/button/?url=x",
        "https://wa.me/5543999",
        "https://notfacebook.com/aurora",
        "https://facebook.com.evil.net/aurora",
        "https://evil.net/?u=https://facebook.com/aurora",
        "https://www.facebook.com/<script>",
        "https://[broken/facebook.com",
        "mailto:aurora@facebook.com",
        "",
    ],
)
def test_shares_posts_people_and_other_hosts_are_no_profiles(url: str) -> None:
    assert social.profile(url) is None


def test_of_many_accounts_the_companys_own_is_told_by_its_name_its_place_and_how_often_it_is_linked() -> None:
    def chosen(html: str) -> list[str]:
        found = values(social.claims(page_of(html), ())).get(Field.SOCIAL_PROFILES, ())
        return [profile.url for profile in cast("tuple[SocialProfile, ...]", found)]

    others = "".join(f"<p><a href='https://x.com/pessoa{number}'>x</a></p>" for number in range(5))
    assert chosen(f"{others}<a href='https://x.com/aurora'>x</a>") == ["https://x.com/aurora"]
    assert chosen(f"{others}<footer><a href='https://x.com/vidros'>x</a></footer>") == ["https://x.com/vidros"]
    assert chosen(f"{others}<div class='redes-sociais'><a href='https://x.com/vidros'>x</a></div>") == [
        "https://x.com/vidros"
    ]
    assert chosen(others) == []
    assert chosen("<p><a href='https://x.com/pessoa1'>x</a></p>") == ["https://x.com/pessoa1"]
    for account in ("@vidros", "vidros", "https://twitter.com/Vidros"):
        assert chosen(f"{others}<meta name='twitter:site' content='{account}'>") == ["https://x.com/vidros"]


@pytest.mark.parametrize(
    ("html", "url"),
    [
        ("<header><img class=logo src=/a.png></header>", "/a.png"),
        ("<a href='/'><img alt='Logo' src=/a.png></a>", "/a.png"),
        ("<a href='https://www.vidrariaaurora.com.br'><img src=/img/logo.svg></a>", "/img/logo.svg"),
        ("<div class=navbar-brand><img src='b.webp'></div>", "/b.webp"),
        ("<div id=logo><a href=/x><img src='a b.png'></a></div>", ""),
        ("<header><img class=logo src='data:image/png;base64,x' data-src=/a.png></header>", "/a.png"),
        ("<header><img class=logo srcset='/a.png 1x, /b.png 2x'></header>", "/a.png"),
        ("<header><img class=logo src='https://cdn.net/w_1,h_2/a.png'></header>", "https://cdn.net/w_1,h_2/a.png"),
        ("<header><img class=logo src='data:image/png;base64,x'></header>", ""),
        ("<footer><img class=logo src=/partner.png></footer>", ""),
        ("<div><img alt='Logo de outra empresa' src=/other.png></div>", ""),
        ("<header><img class=banner src=/banner.png></header>", ""),
        ("<header><img class=logo src=javascript:alert(1)></header>", ""),
        ("<img src=/logo/vidrariaaurora.png>", "/logo/vidrariaaurora.png"),
        ("<meta property=og:image content=https://c.net/logo-a.png>", "https://c.net/logo-a.png"),
        ("<meta property=og:image content=https://c.net/obra.png>", ""),
        ("<meta property=og:logo content=//c.net/a.png>", "https://c.net/a.png"),
        ("<link rel='icon' sizes='16x16' href=/s.png><link rel='shortcut icon' sizes='32x32' href=/l.png>", "/l.png"),
        ("<link rel='icon' sizes='512x512' href=/i.png><link rel='apple-touch-icon' href=/t.png>", "/t.png"),
        ("<base href='https://cdn.net/site/'><link rel=icon href=i.ico>", "https://cdn.net/site/i.ico"),
        ("<link rel=stylesheet href=/logo.css>", ""),
    ],
)
def test_the_logo_is_the_companys_own_and_never_an_inline_image(html: str, url: str) -> None:
    best = next(iter(best_claims(logo.claims(page_of(html)))), None)
    found = str(best.value) if best else ""
    assert found.removeprefix(f"https://{DOMAIN}") == url


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Vidraria Aurora", "Vidraria Aurora"),
        ("Vidros sob medida | Vidraria Aurora", "Vidraria Aurora"),
        ("Vidraria Aurora - Vidros temperados e espelhos sob medida", "Vidraria Aurora"),
        ("Home – Aurora", "Aurora"),
        ("Início", ""),
        ("Página inicial - Home", ""),
        ("Just a moment...", ""),
        ("404 Not Found", ""),
        ("Welcome to nginx!", ""),
        ("Os melhores vidros temperados do norte do Paraná estão aqui", ""),
        ("123 Vidros", "123 Vidros"),
        ("Fulano de Tal 12345678909", ""),
        ("", ""),
    ],
)
def test_the_name_in_a_title_is_the_part_that_the_domain_spells(title: str, name: str) -> None:
    found = values(head.claims(page_of(f"<title>{title}</title>")))
    assert found.get(Field.NAME, "") == name


@pytest.mark.parametrize(
    ("html", "country"),
    [
        ("<html lang=pt-BR>", "BR"),
        ("<html lang=pt_br>", "BR"),
        ("<html lang=de-Latn-AT>", "AT"),
        ("<html lang=pt>", ""),
        ("<html lang=en-US>", ""),
        ("<meta property=og:locale content=es_MX>", "MX"),
        ("<meta property=og:locale content=en_US>", ""),
    ],
)
def test_a_locale_hints_at_a_country_unless_it_is_a_templates(html: str, country: str) -> None:
    assert head.locale_country(page_of(html)) == country


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("CNPJ: 99.312.874/0001-41", "99312874000141"),
        ("CNPJ 99312874/0017-09", "99312874001709"),
        ("CNPJ n.º 99.312.874/0001-41 / Rua", "99312874000141"),
        ("CNPJ/MF nº 99.312.874/0001-41", "99312874000141"),
        ("cnpj</b>: <b>99.312.874/0001-41", "99312874000141"),
        ("CNPJ 99312874000141", "99312874000141"),
        ("CNPJ 98.765.432/AB01-69", "98765432AB0169"),
        ("99.312.874/0001-41", "99312874000141"),
        ("96.543.218/0001-61 e CNPJ: 99.312.874/0001-41", "99312874000141"),
        ("CNPJ 99.312.874/0017-09, matriz CNPJ 99.312.874/0001-41", "99312874000141"),
        ("CNPJ: 99.312.874/0001-42", ""),
        ("CNPJ: 00.000.000/0000-00", ""),
        ("99312874000141", ""),
        ("CPF: 123.456.789-09", ""),
        ("pedido 1/99.312.874/0001-41", ""),
    ],
)
def test_a_cnpj_is_found_in_every_form_and_only_with_right_check_digits(text: str, number: str) -> None:
    assert (
        values(registers.claims(page_of(f"<footer>{text}</footer>").text)).get(Field.REGISTRATION_NUMBER, "") == number
    )


@pytest.mark.parametrize(
    ("text", "number", "country"),
    [
        ("Registered in England and Wales, company number 09999999.", "09999999", "GB"),
        ("Registered in Scotland No. SC999999", "SC999999", "GB"),
        ("SIREN 987 654 324", "987654324", "FR"),
        ("RCS Lyon 987654324", "987654324", "FR"),
        ("SIREN 987 654 325", "", ""),
        ("NIPC 987 654 322", "987654322", "PT"),
        ("NIPC 987 654 323", "", ""),
        ("CNPJ 99.312.874/0001-41", "99312874000141", "BR"),
        ("VAT number: DE 987 654 328", "", "DE"),
        ("company number 09999999", "", ""),
    ],
)
def test_a_registers_number_shows_the_country(text: str, number: str, country: str) -> None:
    found = values(registers.claims(text))
    assert found.get(Field.REGISTRATION_NUMBER, "") == number
    assert found.get(Field.COUNTRY_CODE, "") == country


@pytest.mark.parametrize(
    ("html", "formatted", "country"),
    [
        (
            "1300 Juniper Bend, Duluth, MN 55802, United States",
            "1300 Juniper Bend, Duluth, MN 55802, United States",
            "US",
        ),
        ("<b>Larch Glass</b><br>12 Kiln Lane,<br>Sheffield S9 9ZZ", "Larch Glass, 12 Kiln Lane, Sheffield S9 9ZZ", ""),
        (
            "12 Kiln Lane, Sheffield<br>Tel. +44 114 999<br>info@larch.co.uk<br>9:00 - 17:00",
            "12 Kiln Lane, Sheffield",
            "",
        ),
        ("Written by somebody", "", ""),
        ("x", "", ""),
        ("long 1 " * 100, "", ""),
    ],
)
def test_what_a_page_marks_as_an_address_is_one(html: str, formatted: str, country: str) -> None:
    found = values(seat.claims(page_of(f"<address>{html}</address>"))).get(Field.ADDRESS)
    assert found == (Address(formatted=formatted, country_code=country) if formatted else None)


def numbers_of(*pages: str) -> dict[str, float]:
    """The registration numbers that a site claims, the best first."""
    read_pages = [page_of(f"<footer>{text}</footer>", f"https://{DOMAIN}/{at or ''}") for at, text in enumerate(pages)]
    claims = read(read_pages, DOMAIN).claims
    return {str(claim.value): claim.weight for claim in claims if claim.field is Field.REGISTRATION_NUMBER}


def test_a_site_claims_one_number_for_each_company_that_it_shows() -> None:
    found = numbers_of("Aurora Ltda - CNPJ 99.312.874/0001-41. Pagamentos por parceiro, CNPJ 96.543.218/0001-61")
    assert list(found) == ["99312874000141", "96543218000161"]
    assert found["96543218000161"] < 0.5 * found["99312874000141"]


@pytest.mark.parametrize(
    "pages",
    [
        ("CNPJ 99.312.874/0017-09, matriz 99.312.874/0001-41",),
        ("CNPJ 99.312.874/0017-09. CNPJ 99.312.874/0017-09.", "matriz: 99.312.874/0001-41"),
    ],
    ids=["on one page", "on another page"],
)
def test_of_one_companys_numbers_the_head_offices_is_claimed_as_surely_as_any(pages: tuple[str, ...]) -> None:
    assert numbers_of(*pages) == {"99312874000141": registers.LABELLED}


def test_among_numbers_that_are_equally_sure_the_one_shown_on_more_pages_is_the_sites() -> None:
    footer, partner = "CNPJ 99.312.874/0001-41", "CNPJ 96.543.218/0001-61"
    assert next(iter(numbers_of(f"{partner} {footer}", footer))) == "99312874000141"
    assert next(iter(numbers_of(partner, footer, footer))) == "99312874000141"


def test_the_sellers_of_a_marketplace_are_at_most_three_and_none_is_trusted() -> None:
    sellers = "99.312.874/0001-41 98.173.456/0001-58 96.543.218/0001-61 95.432.176/0001-29"
    found = numbers_of(f"CNPJ {sellers.replace(' ', ' CNPJ ')}")
    assert len(found) == 3
    assert max(found.values()) == registers.ONE_OF_MANY


def test_a_page_that_names_many_companies_is_trusted_less() -> None:
    numbers = "99.312.874/0001-41 98.173.456/0001-58 96.543.218/0001-61 95.432.176/0001-29"
    weights = [
        next(claim.weight for claim in registers.claims(text) if claim.field is Field.REGISTRATION_NUMBER)
        for text in ("CNPJ 99.312.874/0001-41", "99.312.874/0001-41", numbers)
    ]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 3


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("© 2026 Aurora Vidros Ltda. Todos os direitos reservados.", "Aurora Vidros Ltda."),
        ("Copyright © 1999-2026 Casa Lumiar S/A", "Casa Lumiar S/A"),
        ("<span>©</span><span>2026</span><span>Larch Loom, Inc.</span>", "Larch Loom, Inc."),
        ("(c) Nordwaage GmbH & Co. KG", "Nordwaage GmbH & Co. KG"),
        ("Aurora Vidros LTDA - CNPJ: 99.312.874/0001-41", "Aurora Vidros LTDA"),
        ("Aurora Vidros Ltda, inscrita no CNPJ sob o nº 99.312.874/0001-41", "Aurora Vidros Ltda"),
        ("Razão Social: Aurora Vidros Eireli", "Aurora Vidros Eireli"),
        ("<p>Vidros sob medida</p><p>Casa Lumiar S.A. - CNPJ n.º 99.312.874/0001-41</p>", "Casa Lumiar S.A."),
        ("<span>Casa Lumiar S.A.</span><span>CNPJ</span><span>99.312.874/0001-41</span>", "Casa Lumiar S.A."),
        ("Nordwaage GmbH, Amtsgericht Lübeck, HRB 12345", "Nordwaage GmbH"),
        ("Larch Loom Inc.. All rights reserved.", "Larch Loom Inc."),
        ("Larch Loom LLC. All rights reserved.", "Larch Loom LLC"),
        ("Larch Glass Ltd. Registered in England and Wales, company number 09999999.", "Larch Glass Ltd."),
        ("12 Kiln Lane, Sheffield, Larch Glass Limited. Registered in England", "Larch Glass Limited"),
        ("Textiles Alerce S.A. de C.V. Todos los derechos reservados", "Textiles Alerce S.A. de C.V."),
        ("Vidros Alerce Unipessoal Lda, NIPC 501 964 843", "Vidros Alerce Unipessoal Lda"),
        ("© 2026 Aurora", ""),
        ("© 2026 Todos os direitos reservados", ""),
        ("Trabalhamos com a Outra Empresa Ltda em muitas obras", ""),
        ("© 2026 Fulano de Tal 123.456.789-09 Ltda", ""),
    ],
)
def test_the_name_in_law_stands_beside_a_copyright_or_a_number(text: str, name: str) -> None:
    found = list(best_claims(imprint.claims(page_of(f"<footer>{text}</footer>"))))
    assert values(found).get(Field.LEGAL_NAME, "") == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("© 2026 Aurora. Todos os direitos reservados", "Aurora"),
        ("© 2026 Aurora | Termos", "Aurora"),
        ("Folha do Norte © 2020. Design by Agência", ""),
        ("© 2026 Aurora Vidros Ltda", "Aurora Vidros"),
    ],
)
def test_whose_copyright_it_is_may_be_a_name(text: str, name: str) -> None:
    found = list(best_claims(imprint.claims(page_of(f"<footer>{text}</footer>"))))
    assert values(found).get(Field.NAME, "") == name


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("USt-IdNr.: DE987654328", "DE987654328"),
        ("VAT number: DE 987 654 328 HRB 123", "DE987654328"),
        ("VAT number: DE987654329", ""),
        ("DE987654328", ""),
    ],
)
def test_a_vat_number_is_one_only_behind_its_word_and_with_right_check_digits(text: str, number: str) -> None:
    found = values(registers.claims(text)).get(Field.IDENTIFIERS, ())
    assert found == ((Identifier("vat", number),) if number else ())


@pytest.mark.parametrize(
    ("text", "year"), [("Fundada em 1987 em Londrina", 1987), ("founded in 1987 … founded 1990", None), ("1987", None)]
)
def test_a_founding_year_is_taken_from_a_sentence_that_says_so(text: str, year: int | None) -> None:
    assert values(imprint.claims(page_of(text))).get(Field.FOUNDED_YEAR) == year


@pytest.mark.parametrize(
    ("html", "country", "number"),
    [
        ("<a href='tel:(43)3322-1144'>x</a>", "BR", "+554333221144"),
        ("<a href='tel:+49%20451%20987654-30'>x</a>", "", "+4945198765430"),
        ("<a href='TEL:+554333221144;ext=2'>x</a>", "", "+554333221144"),
        ("<a href='tel:33221144'>x</a>", "", ""),
        ("<a href='tel:0'>x</a><a href='tel:'>x</a>", "BR", ""),
        ("Fone: (43) 3322-1144", "BR", "+554333221144"),
        ("Telefon: +49 451 987654-30 Telefax: +49 451 987654-99", "DE", "+4945198765430"),
        ("Fax: +49 451 987654-99", "DE", ""),
        ("Ligue (43) 3322-1144", "BR", "+554333221144"),
        ("(43) 3322-1144", "BR", "+554333221144"),
        ("(43) 3322-1144", "DE", ""),
        ("0800 722 1234", "BR", "+558007221234"),
        ("<a href='https://wa.me/5543999887766'>x</a>", "", "+5543999887766"),
        ("<a href='https://api.whatsapp.com/send?phone=5543999887766&text=oi'>x</a>", "BR", "+5543999887766"),
        ("<a href='https://wa.me/?text=oi'>x</a>", "BR", ""),
        (
            "<a href='tel:4333221144'>a</a><a href='tel:4333445566'>b</a><a href='tel:4333445566'>c</a>",
            "BR",
            "+554333445566",
        ),
    ],
)
def test_a_telephone_number_is_read_as_it_is_dialled_in_the_country(html: str, country: str, number: str) -> None:
    found = list(best_claims(contact.claims(page_of(html), country)))
    assert values(found).get(Field.PHONE, "") == number


def test_a_persons_mailbox_in_a_description_is_left_out() -> None:
    html = (
        "<meta name=description content='Vidros desde 1998, fale com fulano@vidrariaaurora.com.br ou vendas@gmail.com'>"
    )
    assert values(read([page_of(html)], DOMAIN).claims)[Field.DESCRIPTION] == "Vidros desde 1998, fale com ou"


@pytest.mark.parametrize(
    ("html", "mailbox"),
    [
        ("<a href='mailto:Contato@vidrariaaurora.com.br?subject=x'>x</a>", f"contato@{DOMAIN}"),
        ("Escreva para vendas@vidrariaaurora.com.br.", f"vendas@{DOMAIN}"),
        ("rh@vidrariaaurora.com.br, info@vidrariaaurora.com.br", f"info@{DOMAIN}"),
        ("contato@gmail.com", ""),
        ("fulano.de.tal@vidrariaaurora.com.br", ""),
        ("contato@outravidraria.com.br", ""),
    ],
)
def test_a_mailbox_is_a_roles_on_the_companys_own_domain(html: str, mailbox: str) -> None:
    found = list(best_claims(contact.claims(page_of(html), "BR")))
    assert values(found).get(Field.EMAIL, "") == mailbox


def test_an_address_without_a_street_or_a_postal_code_is_none() -> None:
    for text in ("CEP 86010-000", "Rua das Acácias, 410", "pedido 86010-000", "Ligue 43010-000 ou venha"):
        assert not list(seat.claims(page_of(text)))
    (claim,) = seat.claims(page_of("Rodovia BR 369, km 12, Distrito Industrial - CEP: 86.010-000 Londrina - PR"))
    assert claim.value == Address(
        formatted="Rodovia BR 369, km 12, Distrito Industrial, Londrina - PR, 86010-000",
        street="Rodovia BR 369, km 12, Distrito Industrial",
        city="Londrina",
        region="PR",
        postal_code="86010-000",
        country_code="BR",
    )


@pytest.mark.parametrize(
    ("properties", "field", "value"),
    [
        ({"address": "Rua das Acácias, 410"}, Field.ADDRESS, Address(formatted="Rua das Acácias, 410")),
        ({"address": [{"addressCountry": "BRA"}]}, Field.COUNTRY_CODE, "BR"),
        ({"geo": {"latitude": 53.5, "longitude": "9,99"}}, Field.COORDINATES, Coordinates(53.5, 9.99)),
        ({"location": {"geo": {"latitude": 1, "longitude": 2}}}, Field.COORDINATES, Coordinates(1.0, 2.0)),
        ({"numberOfEmployees": 12}, Field.EMPLOYEE_COUNT, EmployeeCount(12, 12)),
        ({"numberOfEmployees": "1,001-5,000 employees"}, Field.EMPLOYEE_COUNT, EmployeeCount(1001, 5000)),
        ({"numberOfEmployees": {"value": "51 - 200"}}, Field.EMPLOYEE_COUNT, EmployeeCount(51, 200)),
        ({"numberOfEmployees": {"minValue": 1001}}, Field.EMPLOYEE_COUNT, EmployeeCount(1001)),
        ({"foundingDate": "12/04/1987"}, Field.FOUNDED_YEAR, 1987),
        ({"foundingDate": 1987}, Field.FOUNDED_YEAR, 1987),
        ({"vatID": "DE 987 654 328"}, Field.IDENTIFIERS, (Identifier("vat", "DE987654328"),)),
        ({"taxID": "CNPJ 99.312.874/0001-41"}, Field.REGISTRATION_NUMBER, "99312874000141"),
        (
            {"identifier": {"@type": "PropertyValue", "propertyID": "CNPJ", "value": "99.312.874/0001-41"}},
            Field.REGISTRATION_NUMBER,
            "99312874000141",
        ),
        ({"logo": [{"contentUrl": "a.png"}]}, Field.LOGO_URL, f"https://{DOMAIN}/a.png"),
        ({"contactPoint": {"telephone": "+55 43 3322-1144"}}, Field.PHONE, "+554333221144"),
        ({"legalName": ["", "Aurora Ltda"]}, Field.LEGAL_NAME, "Aurora Ltda"),
        ({"description": "Vidros &amp; espelhos<br>sob medida"}, Field.DESCRIPTION, "Vidros & espelhos sob medida"),
    ],
)
def test_linked_data_is_read_in_the_many_ways_it_is_written(
    properties: dict[str, object], field: Field, value: Value
) -> None:
    assert described(**properties)[field] == value


@pytest.mark.parametrize(
    "properties",
    [
        {"address": {"addressLocality": ""}},
        {"address": 7},
        {"address": "Brasil"},
        {"geo": {"latitude": 91, "longitude": 0}},
        {"geo": {"latitude": 0, "longitude": 0}},
        {"geo": {"latitude": "north", "longitude": True}},
        {"geo": {"latitude": 1}},
        {"numberOfEmployees": "2k"},
        {"numberOfEmployees": {"minValue": 200, "maxValue": 51}},
        {"numberOfEmployees": 0},
        {"numberOfEmployees": {}},
        {"foundingDate": "long ago"},
        {"foundingDate": 12345678},
        {"vatID": "DE987654329"},
        {"leiCode": "9845001B2C3D4E5F6088"},
        {"taxID": "123.456.789-09"},
        {"telephone": "call us"},
        {"email": "fulano.de.tal@vidrariaaurora.com.br"},
        {"logo": "data:image/png;base64,AAAA"},
        {"logo": {"@id": "#logo"}},
        {"legalName": "FULANO DE TAL 12345678909"},
        {"description": "Vidros"},
        {"sameAs": "https://www.linkedin.com/in/somebody"},
        {"sameAs": {"a": 1}},
        {"founder": {"@type": "Person", "name": "Somebody"}},
    ],
)
def test_linked_data_that_says_nothing_usable_is_not_claimed(properties: dict[str, object]) -> None:
    assert not described(**properties)


@pytest.mark.parametrize(
    "block",
    [
        '//<![CDATA[\n{"@type": "Organization", "name": "Aurora"}\n//]]>',
        '/*<![CDATA[*/ {"@type": "Organization", "name": "Aurora"} /*]]>*/',
        '<!-- {"@type": "Organization", "name": "Aurora"} -->',
        '{"@type": "Organization", "name": "Aur\tora"};',
        '{"@type": "Organization", "name": "Aurora",}',
        '[[[{"@type": "Corporation", "name": "Aurora"}]]]',
        '{"@graph": [{"@type": "https://schema.org/Store", "name": "Aurora"}]}',
        '{"@type": "WebPage", "mainEntity": {"@type": "schema:Organization", "name": "Aurora"}}',
        '{"@type": ["Thing", "Organization"], "name": ["Aurora", "Other"]}',
        '{"@type": "Organization", "name": {"@value": "Aurora"}}',
    ],
)
def test_json_ld_is_read_in_whatever_wrapping(block: str) -> None:
    html = f'<script type="application/ld+json; charset=utf-8">{block}</script>'
    assert str(values(read([page_of(html)], DOMAIN).claims)[Field.NAME]).replace(" ", "") == "Aurora"


@pytest.mark.parametrize(
    "block",
    [
        "",
        "null",
        "[]",
        "{",
        '"Organization"',
        "[" * 10_000,
        '{"@graph":' * 10_000,
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        '{"@type": "Organization", "name": ' + "[" * 900 + '"x"' + "]" * 900 + "}",
        '{"@type": {"@type": {}}, "name": {"name": {"name": 1}}}',
        '{"@type": "Organization", "name": ' + "9" * 5_000 + "}",
        '{"@type": "Person", "name": "Somebody"}',
        '{"@type": ["Person", "Organization"], "name": "Somebody"}',
        '{"@type": "Review", "author": {"@type": "Organization", "name": "Other"}}',
        '{"@type": "Product", "brand": {"@type": "Organization", "name": "Other"}}',
        '{"@type": "Organization", "member": {"@type": "Organization", "name": "Other"}}',
    ],
)
def test_json_ld_that_is_hostile_or_about_others_gives_nothing(block: str) -> None:
    html = f'<script type="application/ld+json">{block}</script>'
    assert not read([page_of(html)], DOMAIN).claims


def test_another_sites_organization_weighs_less_and_the_own_one_goes_first() -> None:
    other = {
        "@type": "Organization",
        "name": "Agência",
        "url": "https://agencia.com.br",
        "logo": "/a.png",
        "email": "x",
    }
    own = {"@type": "Organization", "name": "Aurora", "url": f"https://www.{DOMAIN}"}

    def name(*things: object) -> tuple[object, float]:
        html = f'<script type="application/ld+json">{json.dumps(things)}</script>'
        claim = next(claim for claim in read([page_of(html)], DOMAIN).claims if claim.field is Field.NAME)
        return claim.value, claim.weight

    assert name(other) == ("Agência", 0.6)
    assert name(other, own) == ("Aurora", 1.0)


def test_products_leave_traces_in_headers_cookies_generators_addresses_and_scripts() -> None:
    page = page_of(
        """<meta name=Generator content="Drupal 11"><link rel=stylesheet href="https://use.typekit.net/a.css">
        <script>!function(){var h="static.hotjar.com"}</script><script id="__NEXT_DATA__"></script>
        <p>We know Shopify, HubSpot and cdn.shopify.com well.</p><a href="https://js.hs-scripts.com/1.js">x</a>""",
        Server="cloudflare",
        X_Powered_By="PHP/8.3",
        X_Varnish="1",
        Set_Cookie="laravel_session=x; Path=/",
    )
    assert values(technologies.claims(page))[Field.TECHNOLOGIES] == (
        "Drupal",
        "Next.js",
        "Hotjar",
        "Typekit",
        "Cloudflare",
        "Varnish",
        "PHP",
        "Laravel",
    )


def test_a_page_without_traces_claims_no_products() -> None:
    assert not list(technologies.claims(page_of("<p>WordPress</p>")))


@pytest.mark.parametrize(
    ("links", "chosen"),
    [
        (["/contato", "/sobre", "/impressum"], ["/sobre", "/impressum"]),
        (["/termos-de-uso", "/contato"], ["/contato", "/termos-de-uso"]),
        (["/en/about-us/", "/pt/Quem-Somos.html"], ["/en/about-us/"]),
        (["/sobre", "/sobre#time", "/sobre?x=1"], ["/sobre"]),
        (["/tudo-sobre/vidros", "/sobre-vidros/a/b/sobre", "/about.pdf", "/cdn-cgi/l/contact"], []),
        (["https://loja.vidrariaaurora.com.br/contato"], ["https://loja.vidrariaaurora.com.br/contato"]),
        (["https://outravidraria.com.br/contato", "https://evilvidrariaaurora.com.br/contato"], []),
        (["https://[vidrariaaurora.com.br/contato"], []),
    ],
)
def test_two_pages_of_different_kinds_are_chosen(links: list[str], chosen: list[str]) -> None:
    html = "".join(f"<a href='{link}'>x</a>" for link in links)
    assert [url.removeprefix(f"https://{DOMAIN}") for url in further_pages(page_of(html))] == chosen


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("/a", "https://a.com.br/a"),
        ("b", "https://a.com.br/x/b"),
        ("//c.net/d", "https://c.net/d"),
        ("https://c.net", "https://c.net"),
        (" https://c.net/d\n", "https://c.net/d"),
        ("mailto:a@b.c", ""),
        ("data:image/png,x", ""),
        ("javascript:x", ""),
        ("https://", ""),
        ("https://u:p@c.net/", ""),
        ("https://[::1", ""),
        ("https://a\u2100b.net/", ""),
        ("https://c.net:x/", ""),
        ("//[::1", ""),
        ("https://c.net/a b", ""),
        ("https://c.net/\u202e", ""),
        ("x" * 3_000, ""),
        ("", ""),
    ],
)
def test_a_reference_is_an_address_of_the_web_or_nothing(reference: str, url: str) -> None:
    assert absolute("https://a.com.br/x/y", reference) == url


def test_text_is_shown_on_one_line_without_tags_and_unseen_characters() -> None:
    assert plain(" a\n<b>b</b>&nbsp;&amp;\u200b\ue000 c\ud800 ") == "a b & c"
    assert plain("palavra " * 100, 20) == "palavra palavra"


@pytest.mark.parametrize(
    ("written", "code"),
    [("BR", "BR"), ("bra", "BR"), ("Brasil", "BR"), ("España", "ES"), ("Türkiye", "TR"), ("Nowhere", ""), ("", "")],
)
def test_a_country_is_known_by_code_and_by_name(written: str, code: str) -> None:
    assert country_code(written) == code
