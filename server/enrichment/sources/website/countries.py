"""Countries as pages write them, to ISO 3166-1 alpha-2."""

import unicodedata

# Code, three-letter code, then the names in English and at home, folded.
_TABLE = """
AE ARE united arab emirates|uae
AR ARG argentina
AT AUT austria|osterreich
AU AUS australia
BE BEL belgium|belgie|belgique|belgien
BG BGR bulgaria
BO BOL bolivia
BR BRA brazil|brasil
CA CAN canada
CH CHE switzerland|schweiz|suisse|svizzera
CL CHL chile
CN CHN china|中国
CO COL colombia
CR CRI costa rica
CY CYP cyprus
CZ CZE czech republic|czechia|ceska republika|cesko
DE DEU germany|deutschland|alemanha|alemania|allemagne
DK DNK denmark|danmark
DO DOM dominican republic|republica dominicana
EC ECU ecuador
EE EST estonia|eesti
EG EGY egypt
ES ESP spain|espana|espanha
FI FIN finland|suomi
FR FRA france|franca|frankreich
GB GBR united kingdom|uk|great britain|england|scotland|wales|northern ireland|reino unido
GR GRC greece
GT GTM guatemala
HK HKG hong kong
HR HRV croatia|hrvatska
HU HUN hungary|magyarorszag
ID IDN indonesia
IE IRL ireland|eire
IL ISR israel
IN IND india
IS ISL iceland|island
IT ITA italy|italia|italien
JP JPN japan|日本
KE KEN kenya
KR KOR south korea|republic of korea|korea|대한민국
LT LTU lithuania|lietuva
LU LUX luxembourg|luxemburg
LV LVA latvia|latvija
MA MAR morocco|maroc
MT MLT malta
MX MEX mexico
MY MYS malaysia
MZ MOZ mozambique|mocambique
AO AGO angola
NG NGA nigeria
NL NLD netherlands|the netherlands|nederland|holland|paises baixos
NO NOR norway|norge
NZ NZL new zealand
PA PAN panama
PE PER peru
PH PHL philippines
PK PAK pakistan
PL POL poland|polska
PR PRI puerto rico
PT PRT portugal
PY PRY paraguay
RO ROU romania
RS SRB serbia|srbija
RU RUS russia|russian federation|россия
SA SAU saudi arabia
SE SWE sweden|sverige
SG SGP singapore
SI SVN slovenia|slovenija
SK SVK slovakia|slovensko
TH THA thailand
TR TUR turkey|turkiye
TW TWN taiwan
UA UKR ukraine|україна
US USA united states|united states of america|usa|u.s.a.|u.s.|estados unidos
UY URY uruguay
VE VEN venezuela
VN VNM vietnam|viet nam
ZA ZAF south africa
"""


def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for line in _TABLE.strip().splitlines():
        alpha2, alpha3, names = line.split(" ", 2)
        codes.update(dict.fromkeys((alpha2.lower(), alpha3.lower(), *names.split("|")), alpha2))
    return codes


_CODES = _codes()


def country_code(name: str) -> str:
    """The alpha-2 code of a country given by code or name, "" for one that is not known here."""
    plain = unicodedata.normalize("NFKD", name.strip().casefold())
    return _CODES.get("".join(char for char in plain if not unicodedata.combining(char)), "")
