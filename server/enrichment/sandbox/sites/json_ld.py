"""A company as schema.org JSON-LD, in the ways that sites get it right and wrong."""

import json
from collections.abc import Mapping

from enrichment.sandbox.sites.prose import Prose
from enrichment.sandbox.world import Company
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.numbers import dotted, german_vat

Node = dict[str, object]
_PROFILES: Mapping[str, str] = {
    "linkedin": "https://www.linkedin.com/company/{handle}",
    "instagram": "https://www.instagram.com/{handle}/",
    "facebook": "https://www.facebook.com/{handle}",
    "x": "https://x.com/{handle}",
    "youtube": "https://www.youtube.com/@{handle}",
}


def profiles(company: Company) -> list[str]:
    """The addresses of its pages on social networks."""
    return [_PROFILES[network].format(handle=company.handle) for network in company.site.networks]


def organization(company: Company, words: Prose) -> Node:
    """Everything that a careful site says of itself."""
    facts = words.facts
    node: Node = {
        "@type": "Organization",
        "name": facts.name,
        "legalName": facts.legal_name,
        "url": f"https://{company.domain}/",
        "description": words.description,
        "logo": {"@type": "ImageObject", "url": f"https://{company.domain}/assets/logo.svg"},
        "foundingDate": str(facts.founded_year),
        "numberOfEmployees": {"@type": "QuantitativeValue", "value": facts.employees},
        "telephone": words.phone,
        "email": facts.email,
        "address": address(company, words),
        "sameAs": profiles(company),
    }
    if company.country.code == "BR" and company.site.shows_number:
        node["taxID"] = dotted(facts.number)
    if company.country.code == "DE":
        node["vatID"] = german_vat(Draw("vat", company.domain))
    return node


def address(company: Company, words: Prose) -> Node:
    """A PostalAddress."""
    seat = words.facts.seat
    return {
        "@type": "PostalAddress",
        "streetAddress": seat.street,
        "addressLocality": seat.city.name,
        "addressRegion": seat.city.region_code,
        "postalCode": seat.postal_code,
        "addressCountry": company.country.code,
    }


def script(node: object) -> str:
    """JSON-LD in its script element."""
    return f'<script type="application/ld+json">{json.dumps(node, ensure_ascii=False, indent=1)}</script>'


def plain(company: Company, words: Prose) -> str:
    """One Organization."""
    return script({"@context": "https://schema.org", **organization(company, words)})


def graph(company: Company, words: Prose) -> str:
    """A graph of a site, a page and the organisation, which refer to each other."""
    base = f"https://{company.domain}/"
    own = {**organization(company, words), "@type": ["Organization", "LocalBusiness"], "@id": f"{base}#organization"}
    own["address"] = {**address(company, words), "addressCountry": {"@type": "Country", "name": company.country.name}}
    nodes: list[Node] = [
        {"@type": "WebSite", "@id": f"{base}#website", "url": base, "publisher": {"@id": f"{base}#organization"}},
        {
            "@type": "WebPage",
            "@id": base,
            "url": base,
            "name": words.facts.name,
            "isPartOf": {"@id": f"{base}#website"},
        },
        own,
    ]
    return script({"@context": "https://schema.org", "@graph": nodes})


def broken(company: Company, words: Prose) -> str:
    """JSON inside an HTML comment, with a tab and a line break inside a text: what old plug-ins print."""
    text = json.dumps({"@context": "http://schema.org", **organization(company, words)}, ensure_ascii=False)
    text = text.replace(words.clients, f"\n\t{words.clients}", 1)
    return f'<script type="application/ld+json">\n<!--\n{text}\n-->\n</script>'


def relative_logo(company: Company, words: Prose) -> str:
    """A logo without a host, contact points in a list within a list."""
    node = organization(company, words)
    point = {"@type": "ContactPoint", "telephone": node.pop("telephone"), "contactType": "customer service"}
    return script({"@context": "https://schema.org/", **node, "logo": "/assets/logo.svg", "contactPoint": [[point]]})


def two(company: Company, words: Prose) -> str:
    """Two blocks that each tell half."""
    node = organization(company, words)
    first = {key: node[key] for key in ("@type", "name", "url", "logo", "sameAs")}
    second = {key: value for key, value in node.items() if key not in ("logo", "sameAs", "description")}
    return script({"@context": "https://schema.org", **first}) + script({"@context": "https://schema.org", **second})


def injected(company: Company, words: Prose) -> str:
    """JSON-LD that only a browser would see: a script writes it."""
    text = json.dumps({"@context": "https://schema.org", **organization(company, words)})
    return (
        "<script>(function(){var s=document.createElement('script');s.type='application/ld+json';"
        f"s.text={json.dumps(text)};document.head.appendChild(s);}})();</script>"
    )
