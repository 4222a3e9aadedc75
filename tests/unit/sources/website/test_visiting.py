"""The way to a site's pages: which addresses are tried, where redirects lead, what each status means."""

import pytest
from invented_sites import DOMAIN, Visit, moved, page, place, values, visiting, website

from contract.wire_server import Asked, Said, Then, answer, serving
from enrichment.domain.company import Field, SocialProfile
from enrichment.domain.errors import Fault, Rejected, Skipped, SkipReason, SourceError, Throttled, Unreadable
from enrichment.domain.fact import NOT_FOUND
from enrichment.domain.subject import Subject
from enrichment.sources.website import Website, source

HOME = f"{DOMAIN}/"
WWW = f"www.{DOMAIN}/"


def test_the_question_is_the_domain_and_costs_nothing() -> None:
    visitor = source(website())
    assert visitor.question(Subject(DOMAIN)) == DOMAIN.encode()
    assert visitor.price(Subject(DOMAIN)) == 0


async def test_robots_txt_is_asked_for_before_the_home_page() -> None:
    async with visiting({HOME: page()}) as visit:
        assert values((await visit.read()).claims)[Field.NAME] == "Vidraria Aurora"
        assert visit.asked == [f"{DOMAIN}/robots.txt", HOME]


async def test_the_domain_without_www_is_tried_first_then_www_then_plain_http() -> None:
    async with serving(Said(b"", Then.CLOSE)) as server:
        visitor = Website(website(server.base_url.removeprefix("http://")))
        with pytest.raises(Fault):
            await visitor.ask(Subject(DOMAIN))
        await visitor.close()
    assert [place(asked) for asked in server.asked] == [
        f"{DOMAIN}/robots.txt",
        f"www.{DOMAIN}/robots.txt",
        f"{DOMAIN}/robots.txt",
    ]


async def test_a_site_that_answers_under_www_alone_is_found_there() -> None:
    def say(asked: Asked) -> Said:
        return page() if place(asked) == WWW else page("", 404) if "www" in place(asked) else Said(b"", Then.RESET)

    async with serving(say) as server:
        visitor = Website(website(server.base_url.removeprefix("http://")))
        assert (await visitor.ask(Subject(DOMAIN))).is_found
        await visitor.close()


async def test_a_home_page_that_breaks_off_is_looked_for_under_the_next_address() -> None:
    async with visiting({HOME: Said(b"", Then.CLOSE), WWW: page()}) as visit:
        assert (await visit.read()).is_found
        assert visit.asked[1:] == [HOME, f"www.{DOMAIN}/robots.txt", WWW]


@pytest.mark.parametrize("status", [404, 410])
async def test_a_site_without_a_home_page_is_not_found(status: int) -> None:
    async with visiting({HOME: page("", status)}) as visit:
        assert await visit.read() == NOT_FOUND
        assert len(visit.asked) == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, Rejected),
        (403, Rejected),
        (418, Rejected),
        (429, Throttled),
        (451, Rejected),
        (304, Fault),
        (500, Fault),
        (502, Fault),
        (503, Fault),
        (522, Fault),
    ],
)
async def test_each_other_status_is_a_typed_error(status: int, kind: type[SourceError]) -> None:
    async with visiting({HOME: page("", status)}) as visit:
        with pytest.raises(SourceError) as failure:
            await visit.read()
    assert type(failure.value) is kind


async def test_a_site_that_asks_for_a_pause_says_how_long() -> None:
    async with visiting({HOME: page("", 429, Retry_After="120")}) as visit:
        with pytest.raises(Throttled) as failure:
            await visit.read()
    assert failure.value.retry_after == 120


@pytest.mark.parametrize("media_type", ["application/pdf", "application/json", "text/plain", "image/png", "video/mp4"])
async def test_a_home_page_that_is_no_page_cannot_be_read(media_type: str) -> None:
    async with visiting({HOME: answer(200, b"%PDF-1.7", media_type)}) as visit:
        with pytest.raises(Unreadable):
            await visit.read()


@pytest.mark.parametrize("media_type", ["text/html", "TEXT/HTML;charset=utf-8", "application/xhtml+xml", ""])
async def test_a_page_is_known_by_its_type_or_else_by_its_first_character(media_type: str) -> None:
    async with visiting({HOME: answer(200, b"\n<title>Vidraria Aurora</title>", media_type)}) as visit:
        assert values((await visit.read()).claims)[Field.NAME] == "Vidraria Aurora"


async def test_what_says_no_type_and_is_no_page_cannot_be_read() -> None:
    async with visiting({HOME: answer(200, b"hello", "")}) as visit:
        with pytest.raises(Unreadable):
            await visit.read()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_www_is_followed(status: int) -> None:
    async with visiting({HOME: moved(f"https://{WWW}", status), WWW: page()}) as visit:
        reading = await visit.read()
    assert reading.is_found
    assert reading.claims[0].weight == 0.7


@pytest.mark.parametrize("location", ["/inicio", "inicio", f"//{DOMAIN}/inicio", f"https://{DOMAIN}/inicio#top"])
async def test_a_redirect_may_be_relative(location: str) -> None:
    async with visiting({HOME: moved(location), f"{DOMAIN}/inicio": page()}) as visit:
        assert (await visit.read()).is_found


async def test_five_redirects_are_followed_and_not_six() -> None:
    steps = {f"{DOMAIN}/{at}": moved(f"/{at + 1}") for at in range(1, 9)}
    async with visiting({HOME: moved("/5"), **steps, f"{DOMAIN}/9": page()}) as visit:
        assert (await visit.read()).is_found
    async with visiting({HOME: moved("/4"), **steps, f"{DOMAIN}/9": page()}) as visit:
        with pytest.raises(Fault, match="more than 5 redirects"):
            await visit.read()


async def test_redirects_in_a_circle_end() -> None:
    async with visiting({HOME: moved(f"https://{WWW}"), WWW: moved(f"https://{HOME}")}) as visit:
        with pytest.raises(Fault):
            await visit.read()
        assert len(visit.asked) < 12


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "http://localhost/",
        "http://printer.local/",
        "http://vidrariaaurora.com.br:22/",
        "https://admin:secret@vidrariaaurora.com.br/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http:alert(1)",
        "gopher://vidrariaaurora.com.br/",
        "http://[broken",
        "https://com.br/",
    ],
)
async def test_a_redirect_to_what_may_not_be_fetched_ends_the_visit(location: str) -> None:
    async with visiting({HOME: moved(location)}) as visit:
        with pytest.raises(Skipped) as refusal:
            await visit.read()
        assert refusal.value.reason is SkipReason.DISALLOWED
        assert len(visit.asked) == 2


async def test_a_redirect_without_a_target_is_a_fault() -> None:
    async with visiting({HOME: answer(302, b"", "")}) as visit:
        with pytest.raises(Fault):
            await visit.read()


async def test_a_site_that_leads_to_another_domain_weighs_less() -> None:
    async def weight(sites: dict[str, Said]) -> float:
        async with visiting(sites) as visit:
            return next(claim.weight for claim in (await visit.read()).claims if claim.field is Field.NAME)

    html = page('<meta property="og:site_name" content="Lumiar Pães">')
    at_home = await weight({HOME: html})
    elsewhere = await weight({HOME: moved("https://padarialumiar.com.br/"), "padarialumiar.com.br/": html})
    assert elsewhere == pytest.approx(0.8 * at_home)


async def test_a_site_that_moved_speaks_for_its_new_domain() -> None:
    html = page("<a href='/contato'>Contato</a><p>contato@padarialumiar.com.br, contato@vidrariaaurora.com.br</p>")
    sites = {HOME: moved("https://www.padarialumiar.com.br/"), "www.padarialumiar.com.br/": html}
    async with visiting(sites) as visit:
        reading = await visit.read()
        assert visit.asked[-1] == "www.padarialumiar.com.br/contato"
    assert values(reading.claims)[Field.EMAIL] == "contato@padarialumiar.com.br"


async def test_a_domain_that_leads_to_a_network_gives_the_profile_and_nothing_of_the_networks_own() -> None:
    sites = {
        HOME: moved("https://www.instagram.com/vidrariaaurora/"),
        "www.instagram.com/vidrariaaurora/": page('<meta property="og:site_name" content="Instagram">'),
    }
    async with visiting(sites) as visit:
        reading = await visit.read()
    assert values(reading.claims) == {
        Field.SOCIAL_PROFILES: (SocialProfile("instagram", "https://www.instagram.com/vidrariaaurora"),)
    }


async def further(visit: Visit) -> list[str]:
    await visit.read()
    return [at.removeprefix(DOMAIN) for at in visit.asked[2:]]


async def test_two_pages_that_tell_of_the_company_are_read_beside_the_home_page() -> None:
    html = """
        <nav><a href="/produtos">Produtos</a><a href="/sobre-nos">Sobre nós</a><a href="/contato">Contato</a>
        <a href="/termos-de-uso">Termos</a><a href="/blog/sobre-vidros-e-espelhos">Sobre vidros</a></nav>Vidro"""
    about = page("<title>Sobre</title><p>Temperamos vidro desde sempre. contato@vidrariaaurora.com.br</p>")
    async with visiting({HOME: page(html), f"{DOMAIN}/sobre-nos": about, f"{DOMAIN}/contato": page("Fone")}) as visit:
        reading = await visit.read()
        assert sorted(visit.asked[2:]) == [f"{DOMAIN}/contato", f"{DOMAIN}/sobre-nos"]
    assert values(reading.claims)[Field.EMAIL] == "contato@vidrariaaurora.com.br"
    assert [document.url for document in reading.documents] == [
        f"https://{DOMAIN}/",
        f"https://{DOMAIN}/sobre-nos",
        f"https://{DOMAIN}/contato",
    ]


async def test_no_page_is_guessed() -> None:
    async with visiting({HOME: page("<a href='/produtos'>Produtos</a>")}) as visit:
        assert await further(visit) == []


async def test_pages_of_others_files_and_the_home_page_itself_are_not_read() -> None:
    html = """<a href="https://padarialumiar.com.br/sobre">Sobre</a><a href="#sobre">Sobre</a><a href="/">Sobre</a>
        <a href="/sobre.pdf">Sobre</a><a href="mailto:contato@vidrariaaurora.com.br">Contato</a>"""
    async with visiting({HOME: page(html)}) as visit:
        assert await further(visit) == []


async def test_a_page_is_known_by_the_words_of_its_link_where_its_address_says_nothing() -> None:
    async with visiting({HOME: page("<a href='/p/17'>Quem Somos</a>")}) as visit:
        assert await further(visit) == ["/p/17"]


@pytest.mark.parametrize(
    "said",
    [
        page("", 404),
        page("", 500),
        Said(b"", Then.RESET),
        answer(200, b"%PDF", "application/pdf"),
        moved("http://10.0.0.1/"),
    ],
)
async def test_a_further_page_that_fails_takes_nothing_away(said: Said) -> None:
    async with visiting(
        {HOME: page("<title>Aurora</title><a href='/sobre'>Sobre</a>"), f"{DOMAIN}/sobre": said}
    ) as visit:
        reading = await visit.read()
    assert values(reading.claims)[Field.NAME] == "Aurora"
    assert len(reading.documents) == 1


async def test_a_further_page_that_never_comes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrichment.sources.website.SECONDS_FOR_ALL", 0.0)
    monkeypatch.setattr("enrichment.sources.website.SECONDS_FOR_FURTHER", 0.05)
    sites = {HOME: page("<a href='/sobre'>Sobre</a><a href='/contato'>Contato</a>Aurora")}
    async with visiting({**sites, f"{DOMAIN}/sobre": Said(b"", Then.HANG), f"{DOMAIN}/contato": page("Fone")}) as visit:
        reading = await visit.read()
    assert [document.text for document in reading.documents][1:] == ["Fone"]
