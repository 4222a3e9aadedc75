"""How a company is seen on the web: page template, behaviour, products in use. All by its place and its draws."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from enrichment.sandbox.world.company import Site
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.lore import table

TEMPLATES = (
    "json_ld",
    "graph",
    "microdata",
    "open_graph",
    "plain",
    "footer_only",
    "broken_json_ld",
    "relative_logo",
    "two_organizations",
    "script_injected",
    "bare",
)
# Templates whose footer names the company's registration number.
_NUMBERED = frozenset({"json_ld", "microdata", "plain", "footer_only", "two_organizations"})
# What a site does by its place, so that all of it occurs among the listed companies.
_STATES = {5: "down", 19: "broken"}
_REDIRECTS = {2: "www", 5: "www", 8: "path", 9: "path"}
_ROBOTS = {2: "missing", 6: "missing", 7: "disallow", 10: "broken", 15: "missing"}
_NETWORKS = ("linkedin", "instagram", "facebook", "x", "youtube")


@dataclass(frozen=True, slots=True)
class Product:
    """What one product leaves behind; an empty trace is none."""

    headers: Mapping[str, str]
    generator: str = ""
    scripts: tuple[str, ...] = ()
    cookie: str = ""
    script: str = ""
    mx: tuple[str, ...] = ()
    spf: str = ""
    txt: str = ""


@lru_cache(maxsize=1)
def products() -> Mapping[str, Mapping[str, Product]]:
    """Products by kind ("platforms", "services", "mail") and name."""
    return {kind: {name: _product(row) for name, row in rows.items()} for kind, rows in table("web").items()}


def _product(row: Mapping[str, Any]) -> Product:
    lists = {key: tuple(row.get(key, ())) for key in ("scripts", "mx")}
    texts = {key: row.get(key, "") for key in ("generator", "cookie", "script", "spf", "txt")}
    return Product(headers=row.get("headers", {}), **lists, **texts)


def site(index: int, country: str, suffix: str, draw: Draw) -> Site:
    """The website of the company at this place; the first two are up, whole and polite."""
    is_showcase = index < 2
    template = TEMPLATES[index % len(TEMPLATES)]
    # Two products that are sold in Brazil and hardly elsewhere.
    services = [name for name in sorted(products()["services"]) if name != "RD Station" or country == "BR"]
    first = draw.between("service", 0, len(services) - 1)
    used = {services[(first + step * 3) % len(services)] for step in range(draw.between("services", 1, 3))}
    mail = [name for name in sorted(products()["mail"]) if name != "Locaweb" or country == "BR"]
    networks = draw.between("networks", 2, len(_NETWORKS)) if is_showcase else draw.between("networks", 0, 4)
    return Site(
        template=template,
        state="up" if is_showcase else _STATES.get(index % 31, "up"),
        redirect="" if is_showcase else _REDIRECTS.get(index % 10, ""),
        robots="allow" if is_showcase else _ROBOTS.get(index % 24, "allow"),
        charset="iso-8859-1" if index % 9 == 3 else "utf-8",
        is_gzipped=index % 5 == 1,
        has_pages=is_showcase or index % 4 != 3,
        # Nothing else leads from a .com domain to a Brazilian company's number.
        shows_number=template in _NUMBERED or (country == "BR" and suffix == "com"),
        platform=draw.pick("platform", sorted(products()["platforms"])),
        services=tuple(sorted(used)),
        networks=_NETWORKS[:networks],
        mail=mail[0] if is_showcase else draw.pick("mail", mail),
    )
