"""DNS: what the world's domains answer to a name server's questions."""

from enrichment.sandbox.world import Company, World
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.web import Product, products


def records(world: World, name: str, kind: str) -> tuple[str, ...] | None:
    """The records of a name and a type in text form, none for another type; None for a name that does not exist."""
    bare = name.lower().rstrip(".")
    is_policy = bare.startswith("_dmarc.")
    company = world.company(bare.removeprefix("_dmarc."))
    if company is None:
        return None
    if is_policy:
        return _dmarc(company) if kind == "TXT" else ()
    match kind:
        case "A":
            return (f"203.0.113.{Draw('address', company.domain).between('last', 1, 254)}",)
        case "NS":
            return (f"ns1.{company.domain}.", f"ns2.{company.domain}.")
        case "MX" if not bare.startswith("www."):
            label = company.domain.replace(".", "-")
            return tuple(mx.replace("{label}", label) for mx in _mail(company).mx)
        case "TXT" if not bare.startswith("www."):
            return _texts(company)
        case _:
            return ()


def _mail(company: Company) -> Product:
    return products()["mail"][company.site.mail]


def _texts(company: Company) -> tuple[str, ...]:
    draw = Draw("txt", company.domain)
    used = [_mail(company), *(products()["services"][name] for name in company.site.services)]
    spf = " ".join(product.spf for product in used if product.spf)
    tokens = [
        product.txt.replace("{token}", draw.hex(product.txt, 32)).replace("{digits}", draw.fill("ms", "########"))
        for product in used
        if product.txt
    ]
    policy = f"v=spf1 {spf} ~all" if spf else "v=spf1 -all"
    return tuple(f'"{text}"' for text in (policy, *tokens))


def _dmarc(company: Company) -> tuple[str, ...]:
    if company.index % 3 == 2:
        return ()
    policy = Draw("dmarc", company.domain).pick("policy", ("none", "quarantine", "reject"))
    return (f'"v=DMARC1; p={policy}; rua=mailto:dmarc@{company.domain}"',)
