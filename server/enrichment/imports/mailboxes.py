"""The domain behind the @ of a company's e-mail address; what stands before it is not kept."""

import re
from functools import lru_cache

from enrichment.domain.errors import InvalidRequest
from enrichment.domain.website import RESERVED_NAMES, registrable_domain

# Where anybody has a mailbox: the world's and Brazil's, the second with the providers' own access services.
FREE_MAIL = frozenset(
    re.findall(
        r"\S+",
        """
        gmail.com googlemail.com gmail.com.br hotmail.com hotmail.com.br outlook.com outlook.com.br live.com
        live.com.br msn.com yahoo.com yahoo.com.br ymail.com rocketmail.com icloud.com me.com mac.com aol.com
        proton.me protonmail.com gmx.com gmx.de gmx.net web.de t-online.de mail.com mail.ru yandex.ru yandex.com
        zoho.com zohomail.com tutanota.com fastmail.com hushmail.com orange.fr wanadoo.fr free.fr laposte.net
        libero.it virgilio.it tiscali.it btinternet.com comcast.net verizon.net att.net sbcglobal.net bellsouth.net
        cox.net qq.com 163.com 126.com sina.com naver.com hotmail.co.uk hotmail.fr hotmail.es hotmail.it yahoo.co.uk
        yahoo.fr yahoo.es yahoo.it yahoo.co.in rediffmail.com uol.com.br bol.com.br terra.com.br terra.com ig.com.br
        globo.com globomail.com r7.com oi.com.br zipmail.com.br superig.com.br pop.com.br brturbo.com.br
        click21.com.br itelefonica.com.br ibest.com.br yahoo.com.ar sercomtel.com.br veloxmail.com.br onda.com.br
        netsite.com.br netpar.com.br bnet.com.br netvip.com.br gmail.com.com hotmil.com gmai.com gmial.com gamil.com
        hotmal.com hotmai.com outlok.com yaho.com.br email.com uai.com.br mailbr.com.br
        """,
    )
)
_ADDRESS = re.compile(r"[^@\s]{1,64}@([^@\s]{3,253})")
# Nine in ten: a name directly below an ending below which everybody registers. Two letters may be an ending themselves.
_PLAIN = re.compile(r"(?!xn--)[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]\.(?:com\.br|com)")


def mail_domain(address: str) -> str:
    """The registrable domain of an address, "" for one where anybody has a mailbox and for what is none."""
    match = _ADDRESS.fullmatch(address.strip().lower())
    return own_domain(match[1]) if match else ""


def own_domain(domain: str) -> str:
    """The registrable domain of a name behind an @, "" for one where anybody has a mailbox and for what is none."""
    if domain in FREE_MAIL:
        return ""
    if _PLAIN.fullmatch(domain) and domain not in RESERVED_NAMES:
        return domain
    return _registrable(domain)


@lru_cache(maxsize=4_096)
def _registrable(domain: str) -> str:
    try:
        found = registrable_domain(domain)
    except InvalidRequest:
        return ""
    return "" if found in FREE_MAIL else found
