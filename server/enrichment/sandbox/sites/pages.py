"""The pages of a company's site: one layout for each template, the same sentences in all."""

from html import escape

from enrichment.sandbox.sites import json_ld
from enrichment.sandbox.sites.prose import Prose, prose, tag
from enrichment.sandbox.world import Company
from enrichment.sandbox.world.web import Product, products

_JSON_LD = {
    "json_ld": json_ld.plain,
    "graph": json_ld.graph,
    "broken_json_ld": json_ld.broken,
    "relative_logo": json_ld.relative_logo,
    "two_organizations": json_ld.two,
    "script_injected": json_ld.injected,
}


def home(company: Company) -> str:
    """The first page."""
    words = prose(company)
    if company.site.template == "bare":
        return f"<html><body>{tag('p', words.offer)}{tag('p', words.clients)}{tag('p', words.model)}</body></html>"
    body = _card(company, words) if company.site.template == "microdata" else tag("h1", words.facts.name)
    text = "".join(tag("p", sentence) for sentence in (words.offer, words.clients, words.model))
    return _page(company, words, words.facts.name, f"<main>{body}{text}</main>")


def about(company: Company) -> str:
    """Who they are."""
    words, fixed = prose(company), company.language.words
    sentences = (
        words.offer,
        words.clients,
        words.model,
        fixed["founded"].format(year=words.facts.founded_year),
        fixed["team"].format(count=words.facts.employees),
    )
    text = "".join(tag("p", sentence) for sentence in sentences)
    return _page(
        company, words, f"{fixed['about']} | {words.facts.name}", f"<main>{tag('h1', fixed['about'])}{text}</main>"
    )


def contact(company: Company) -> str:
    """How to reach them; in Germany, the imprint that the law asks for."""
    words, fixed = prose(company), company.language.words
    facts = words.facts
    text = (
        tag("h1", fixed["contact"])
        + tag("address", facts.seat.formatted)
        + f'<p>{escape(fixed["phone"])}: <a href="tel:{facts.phone}">{escape(words.phone)}</a></p>'
        + f'<p>E-mail: <a href="mailto:{facts.email}">{facts.email}</a></p>'
        + (tag("p", words.imprint) if company.country.code == "DE" else "")
    )
    return _page(company, words, f"{fixed['contact']} | {facts.name}", f"<main>{text}</main>")


def _page(company: Company, words: Prose, title: str, main: str) -> str:
    return (
        f'<!doctype html>\n<html lang="{company.tag}">\n<head>\n{_head(company, words, title)}\n</head>\n'
        f"<body>\n{_navigation(company)}\n{main}\n{_footer(company, words)}\n</body>\n</html>\n"
    )


def _head(company: Company, words: Prose, title: str) -> str:
    site, description = company.site, escape(words.description)
    lines = [f'<meta charset="{site.charset}">', tag("title", title)]
    if site.template != "footer_only":
        lines.append(f'<meta name="description" content="{description}">')
    if site.template == "open_graph":
        lines += _open_graph(company, words)
    if site.template in ("relative_logo", "plain"):
        lines.append('<link rel="apple-touch-icon" href="/assets/logo.svg">')
    if site.template in _JSON_LD:
        lines.append(_JSON_LD[site.template](company, words))
    return "\n".join([*lines, *_traces(company)])


def _open_graph(company: Company, words: Prose) -> list[str]:
    values = {
        "type": "website",
        "site_name": words.facts.name,
        "title": f"{words.facts.name} - {company.industry.label}",
        "description": words.description,
        "url": f"https://{company.domain}/",
        "image": f"https://{company.domain}/assets/logo.svg",
        "locale": company.tag.replace("-", "_"),
    }
    return [f'<meta property="og:{name}" content="{escape(value)}">' for name, value in values.items()]


def used(company: Company) -> list[Product]:
    """The products that leave a trace on the site: the platform first."""
    known = products()
    return [known["platforms"][company.site.platform], *(known["services"][name] for name in company.site.services)]


def _traces(company: Company) -> list[str]:
    lines: list[str] = []
    for product in used(company):
        if product.generator:
            lines.append(f'<meta name="generator" content="{escape(product.generator)}">')
        sources = (*product.scripts, *((product.script,) if product.script else ()))
        lines += [f'<script async src="{escape(source)}"></script>' for source in sources]
    return lines


def _navigation(company: Company) -> str:
    language = company.language
    links = [("/", language.words["home"])]
    if company.site.has_pages:
        links += [
            (language.pages["about"], language.words["about"]),
            (language.pages["contact"], language.words["contact"]),
        ]
    return "<nav>" + "".join(f'<a href="{path}">{escape(text)}</a> ' for path, text in links) + "</nav>"


def _footer(company: Company, words: Prose) -> str:
    share = f"https://www.facebook.com/sharer/sharer.php?u=https://{company.domain}/"
    links = [f'<a href="{url}">{url.split("/")[2]}</a>' for url in [*json_ld.profiles(company), share]]
    lines = [f"<p>{' '.join(links)}</p>"]
    if company.site.template == "footer_only":
        lines.append(tag("p", words.facts.seat.formatted))
    if company.site.shows_number:
        lines.append(tag("p", words.imprint))
    else:
        lines.append(tag("p", f"© {words.facts.name}"))
    return f"<footer>{''.join(lines)}</footer>"


def _card(company: Company, words: Prose) -> str:
    """The organisation as microdata."""
    seat, facts = words.facts.seat, words.facts
    place = {
        "streetAddress": seat.street,
        "addressLocality": seat.city.name,
        "addressRegion": seat.city.region_code,
        "postalCode": seat.postal_code,
        "addressCountry": company.country.code,
    }
    lines = "".join(f'<span itemprop="{name}">{escape(value)}</span> ' for name, value in place.items())
    return (
        '<div itemscope itemtype="https://schema.org/Organization">'
        f'<h1 itemprop="name">{escape(facts.name)}</h1><meta itemprop="legalName" content="{escape(facts.legal_name)}">'
        f'<img itemprop="logo" src="/assets/logo.svg" alt=""><link itemprop="url" href="https://{company.domain}/">'
        f'<div itemprop="address" itemscope itemtype="https://schema.org/PostalAddress">{lines}</div>'
        f'<span itemprop="telephone">{escape(words.phone)}</span> <span itemprop="email">{facts.email}</span>'
        f'<meta itemprop="foundingDate" content="{facts.founded_year}"></div>'
    )
