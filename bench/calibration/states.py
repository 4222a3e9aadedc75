"""How lists of companies write the states of the US, to the codes of ISO 3166-2."""

from enrichment.pipeline.agreement import folded

# Code, then the name, then what newspapers shorten it to where that is not the code.
_TABLE = """
AL alabama|ala;AK alaska;AZ arizona|ariz;AR arkansas|ark;CA california|calif;CO colorado|colo;CT connecticut|conn
DE delaware|del;DC district of columbia|d c;FL florida|fla;GA georgia;HI hawaii;ID idaho;IL illinois|ill;IN indiana|ind
IA iowa;KS kansas|kans;KY kentucky;LA louisiana;ME maine;MD maryland;MA massachusetts|mass;MI michigan|mich
MN minnesota|minn;MS mississippi|miss;MO missouri;MT montana|mont;NE nebraska|neb;NV nevada|nev;NH new hampshire|n h
NJ new jersey|n j;NM new mexico|n m;NY new york|n y;NC north carolina|n c;ND north dakota|n d;OH ohio
OK oklahoma|okla;OR oregon|ore;PA pennsylvania;RI rhode island|r i;SC south carolina|s c;SD south dakota|s d
TN tennessee|tenn;TX texas|tex;UT utah;VT vermont;VA virginia;WA washington|wash;WV west virginia|w va
WI wisconsin|wis;WY wyoming|wyo
"""


def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for entry in _TABLE.strip().replace("\n", ";").split(";"):
        code, names = entry.split(" ", 1)
        codes |= dict.fromkeys((code.lower(), *names.split("|")), f"US-{code}")
    return codes


_CODES = _codes()


def state(name: str) -> str:
    """The code of a state given by name, code or newspaper's short form; "" for anything else."""
    return _CODES.get(folded(name), "")
