"""What robots.txt allows, for how long it is remembered, and what its absence means."""

import httpx
import pytest
from invented_sites import DOMAIN, moved, page, robots, visiting

from contract.wire_server import Said, Then
from enrichment.domain.errors import Fault, Skipped, SkipReason
from enrichment.sources.website import robots as robots_rules
from enrichment.sources.website.fetch import Response
from enrichment.sources.website.robots import MOST_HOSTS, Robots, rules_for_us

HOME = f"{DOMAIN}/"
TXT = f"{DOMAIN}/robots.txt"
US = "ImensiahEnrichment"


async def test_a_home_page_that_is_forbidden_is_not_read() -> None:
    async with visiting({TXT: robots("User-agent: *\nDisallow: /"), HOME: page()}) as visit:
        with pytest.raises(Skipped) as refusal:
            await visit.read()
        assert refusal.value.reason is SkipReason.DISALLOWED
        assert "robots.txt" in refusal.value.explanation
        assert visit.asked == [TXT]


async def test_a_further_page_that_is_forbidden_is_not_read() -> None:
    html = page("<a href='/sobre'>Sobre</a><a href='/contato'>Contato</a>")
    async with visiting({TXT: robots("User-agent: *\nDisallow: /sobre"), HOME: html}) as visit:
        await visit.read()
        assert visit.asked == [TXT, HOME, f"{DOMAIN}/contato"]


@pytest.mark.parametrize(
    ("text", "is_allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: OtherBot\nDisallow: /", True),
        ("User-agent: ImensiahEnrichment\nDisallow: /", False),
        ("user-agent: imensiahenrichment/0.1 # us\ndisallow: /", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: ImensiahEnrichment\nDisallow: /admin", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: ImensiahEnrichment\nDisallow: /", False),
        ("User-agent: *\nDisallow: /\nAllow: /$", True),
        ("User-agent: OtherBot\nUser-agent: *\nDisallow: /", False),
        ("User-agent: *\nCrawl-delay: 10\nUser-agent: OtherBot\nDisallow: /", True),
        ("\ufeffUser-agent: *\r\nDisallow: /\r\n", False),
        ("<!doctype html><title>Not a file of rules</title>", True),
        ("\x00\x01 User-agent", True),
        ("Disallow: /", True),
    ],
)
def test_the_rules_for_us_are_told_from_those_for_others(text: str, is_allowed: bool) -> None:
    assert rules_for_us(text.encode()).can_fetch(f"https://{DOMAIN}/", US) is is_allowed


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429])
async def test_without_rules_everything_is_allowed(status: int) -> None:
    async with visiting({TXT: page("User-agent: *\nDisallow: /", status), HOME: page()}) as visit:
        assert (await visit.read()).is_found


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_broken_robots_txt_forbids_everything(status: int) -> None:
    async with visiting({TXT: page("", status), HOME: page()}) as visit:
        with pytest.raises(Skipped) as refusal:
            await visit.read()
        assert f"HTTP {status}" in refusal.value.explanation
        assert visit.asked == [TXT]


async def test_a_robots_txt_that_never_comes_is_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots_rules, "PATIENCE_SECONDS", 0.05)
    async with visiting({TXT: Said(b"", Then.HANG), HOME: page()}) as visit:
        with pytest.raises(Fault, match=r"robots\.txt took longer"):
            await visit.read()
        assert visit.asked == [TXT]


async def test_the_rules_are_remembered() -> None:
    async with visiting({TXT: robots("User-agent: *\nDisallow: /x"), HOME: page()}) as visit:
        await visit.read()
        await visit.read()
        assert visit.asked == [TXT, HOME, HOME]


async def test_a_broken_robots_txt_is_asked_for_again() -> None:
    answers = {TXT: page("", 503), HOME: page()}
    async with visiting(answers) as visit:
        with pytest.raises(Skipped):
            await visit.read()
        answers[TXT] = robots("")
        assert (await visit.read()).is_found


async def test_the_host_that_a_redirect_leads_to_has_rules_of_its_own() -> None:
    sites = {
        HOME: moved(f"https://www.{HOME}"),
        f"www.{TXT}": robots("User-agent: *\nDisallow: /"),
        f"www.{HOME}": page(),
    }
    async with visiting(sites) as visit:
        with pytest.raises(Skipped):
            await visit.read()
        assert visit.asked == [TXT, HOME, f"www.{TXT}"]


async def test_a_redirected_robots_txt_speaks_for_both_hosts_and_is_read_once() -> None:
    sites = {
        TXT: moved(f"https://www.{TXT}"),
        f"www.{TXT}": robots("User-agent: *\nDisallow: /admin"),
        HOME: moved(f"https://www.{HOME}"),
        f"www.{HOME}": page(),
    }
    async with visiting(sites) as visit:
        assert (await visit.read()).is_found
        assert visit.asked == [TXT, f"www.{TXT}", HOME, f"www.{HOME}"]


async def test_a_robots_txt_that_leads_to_another_page_says_nothing_about_that_pages_host() -> None:
    sites = {
        TXT: moved(f"https://www.{HOME}"),
        HOME: moved(f"https://www.{HOME}"),
        f"www.{HOME}": page(),
        f"www.{TXT}": robots("User-agent: *\nDisallow: /"),
    }
    async with visiting(sites) as visit:
        with pytest.raises(Skipped):
            await visit.read()
        assert visit.asked == [TXT, f"www.{HOME}", HOME, f"www.{TXT}"]


async def test_a_robots_txt_that_is_redirected_for_ever_is_none() -> None:
    async with visiting({TXT: moved("/robots.txt"), HOME: page()}) as visit:
        assert (await visit.read()).is_found
        assert visit.asked == [TXT] * 6 + [HOME]


async def test_a_robots_txt_that_leads_behind_the_public_web_ends_the_visit() -> None:
    async with visiting({TXT: moved("http://169.254.169.254/robots.txt"), HOME: page()}) as visit:
        with pytest.raises(Skipped):
            await visit.read()
        assert visit.asked == [TXT]


async def test_only_so_many_hosts_are_remembered() -> None:
    asked: list[str] = []

    async def fetch(url: httpx.URL) -> Response:
        asked.append(url.host)
        return Response(url, 200, httpx.Headers(), b"")

    rules = Robots(fetch)
    hosts = [f"loja{number}.com.br" for number in range(MOST_HOSTS + 1)]
    for name in [*hosts, hosts[-1], hosts[0]]:
        await rules.check(httpx.URL(f"https://{name}/"))
    assert asked == [*hosts, hosts[0]]


def test_a_file_of_thousands_of_agents_and_rules_stays_small() -> None:
    agents = "".join(f"User-agent: bot{number}\n" for number in range(12_000))
    rules = "".join(f"Disallow: /x{number}\n" for number in range(12_000))
    parsed = rules_for_us((agents + rules + "\nUser-agent: *\nDisallow: /admin").encode())
    assert parsed.can_fetch(f"https://{DOMAIN}/x7", US)
    assert not parsed.can_fetch(f"https://{DOMAIN}/admin", US)
