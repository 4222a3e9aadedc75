"""People that a text about a company names as its founders or heads: a description does without them.

Told by the words around a name ("founded by", "CEO"), since a bare name looks like a company's or a place's.
"""

import re

# Less is no description.
FEWEST_WORDS = 3

_WORD = r"(?:[A-ZÀ-ÖØ-ÞŁŚŠŽČ]\.|[A-ZÀ-ÖØ-ÞŁŚŠŽČ][\w'’-]*\w)"
_TITLE_OF_NAME = r"(?:(?:Dr|Prof|Mr|Mrs|Ms|Sir|Herrn?|Frau|Dipl\.-Ing|Sr|Sra|Dona?|Mme|M)\.? )?"
_NAME = rf"{_TITLE_OF_NAME}{_WORD}(?: (?:(?:d[aeo]s?|del|der|den|von|van|zu|la|le|el|y|e|bin) ){{0,2}}{_WORD}){{1,4}}"
_AND = r"(?:,? (?:and|&|e|y|et|und) |, )"
_PEOPLE = rf"(?:{_WORD}{_AND})?{_NAME}(?:{_AND}{_NAME}){{0,4}}"
# "Founded by Anna in 1950", "by the Larch family"; not "by NASA engineers", "by the State of Bavaria".
_ALONE = rf"{_WORD}(?:{_AND}{_WORD}){{0,3}}(?=\s*[,.;:)–—]|\s*$| (?:in|and|em|en|im|e|y|et|und|gegründet)\b)"
_FAMILY = (
    rf"(?:(?:the|die|der|la|a|pela) )?(?:{_WORD} (?:family|brothers|sisters|siblings)"
    rf"|(?:Famili[ea]|família|familia|famille) {_WORD})"
)
_KIN = (
    r"(?:(?:the|two|three|its|os|as|los|las|les|den|dem|der|the late)? ?(?:brothers?|sisters?|siblings|husband and wife"
    r"|couple|entrepreneurs?|engineers?|chefs?|designers?|irmãos|irmãs|empresári[oa]s?|engenheir[oa]s?|hermanos"
    r"|hermanas|empresari[oa]s?|ingenier[oa]s?|frères|sœurs|ingénieurs?|entrepreneurs?|Brüdern|Geschwistern"
    r"|Unternehmern?|Ingenieuren?|Ehepaar),? )?"
)
_FOUNDERS = rf"{_KIN}(?:{_PEOPLE}|{_FAMILY}|{_ALONE})"
_WHEN = r"(?: (?:(?:back )?in|em|en|im Jahre?|in the year)?,? ?\d{4})?"
_WHERE = rf"(?: (?:in|em|en|à) {_WORD}(?: {_WORD}){{0,2}})?"
_HEADS = (
    r"(?:(?:[Ee]xecutive|[Cc]reative|[Mm]anaging|[Gg]eneral|[Tt]echnical|[Aa]rt|[Mm]edical) )?"
    r"(?:CEO|CTO|CFO|COO|PDG|[Cc]o-?[Ff]ounders?|[Ff]ounders?|[Cc]o-?[Oo]wners?|[Oo]wners?|[Dd]irectors?|[Pp]resident"
    r"|[Cc]hair(?:man|woman|person)|[Pp]roprietor|[Dd]iretora?|presidente|[Pp]roprietári[oa]|[Dd]on[oa]|[Ss]óci[oa]s?"
    r"|[Ff]undador(?:a|es)?|[Dd]irectora|[Gg]erente|[Dd]ueñ[oa]|[Pp]ropietari[oa]|Geschäftsführer(?:in)?"
    r"|Inhaber(?:in)?|Gründer(?:in)?|[Dd]irecteur|[Dd]irectrice|[Gg]érante?|[Ff]ondat(?:eur|rice)"
    r"|[Pp]ropriétaire|[Dd]irigeante?)"
)
_OFFICE = rf"{_HEADS}(?:{_AND}{_HEADS}){{0,2}}"
_OWN = (
    r"(?:(?i:its|our|the|their|seu|sua|nosso|nossa|o|a|su|nuestr[oa]|el|la|unser(?:e[mn]?)?|de[mnr]|die|notre|son|sa|le)"
    r" )?"
)
_CHIEF = r"(?:(?:founder|owner) (?:and|&) )?(?:CEO|CTO|CFO|COO|PDG|Geschäftsführer(?:in)?)\b\)?"
_OF_COMPANY = r"(?=\s*[,.;)]|\s*$| of\b| and\b)(?: of (?:the )?[\w& ]{1,40}(?=[,.;]|$))?"
_LED = (
    r"(?:(?:led|headed|run|managed|directed|liderada?o?|dirigid[ao]|comandad[ao]|dirigée?|geführt|geleitet) "
    r"(?:by|por|pel[ao]|par|von|durch) |(?:under|with) )"
)
_WAS = r"(?:(?:was|were|is|foi|fue|wurde|a été|est) )?"
_BEGUN = r"(?:[Cc]o-?)?(?:[Ff]ounded|[Ee]stablished|[Ss]tarted|[Cc]reated)"
_CLAUSE = re.compile(
    "|".join(
        (
            rf"{_WAS}{_BEGUN}{_WHEN}{_WHERE} by {_FOUNDERS}{_WHEN}",
            rf"{_WAS}(?:[Ff]undad|[Cc]riad|[Cc]read)[ao]{_WHEN}{_WHERE} (?:por|pel[ao]s?) {_FOUNDERS}{_WHEN}",
            rf"{_WAS}(?:[Ff]ondée?|[Cc]réée?){_WHEN}{_WHERE} par {_FOUNDERS}{_WHEN}",
            rf"{_WAS}[Gg]egründet{_WHEN}{_WHERE} (?:von|durch) {_FOUNDERS}{_WHEN}",
            rf"{_WAS}(?:im Jahre? )?(?:\d{{4}} )?(?:von|durch) {_FOUNDERS}{_WHEN}{_WHERE} gegründet",
            rf"{_LED}?{_OWN}\b{_OFFICE}:?,? {_PEOPLE}",
            rf"{_LED}{_PEOPLE}(?:, {_OWN}{_OFFICE})?",
            # "Ann Smith, CEO of Larch": not "Larch Glass, owner of three kilns", for only people are chief executives.
            rf"\b{_NAME},? \(?{_OWN}{_CHIEF}{_OF_COMPANY}",
        )
    )
)
# Not behind "Ann B." and "Dr."
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b[DMS]r\.)(?<!\bProf\.) ")
_BEFORE = re.compile(r"\s*[,(–—-]?\s*$")
_AFTER = re.compile(r"\s*[,)–—]?\s*(?:(?:and|e|y|et|und) (?=[a-z]))?")


def without_named_people(text: str) -> str:
    """A text on one line without the clauses that name founders or heads; "" where too few words are left.

    A sentence that begins with such a person goes as a whole.
    """
    if not _CLAUSE.search(text):
        return text
    sentences = (_cut(sentence) for sentence in _END_OF_SENTENCE.split(text))
    left = " ".join(sentence for sentence in sentences if sentence)
    return left if len(left.split()) >= FEWEST_WORDS else ""


def _cut(sentence: str) -> str:
    while found := _CLAUSE.search(sentence):
        before, after = sentence[: found.start()], sentence[found.end() :]
        is_set_off = after.lstrip()[:1] in (",", ")", "–", "—")
        if not before.strip() and not is_set_off:
            return ""
        rest = _AFTER.sub("", after, count=1) if is_set_off or _AFTER.match(after) else after
        head = _BEFORE.sub("", before)
        joint = "" if not head or rest[:1] in (".", "!", "?", ";", ":", "") else " "
        sentence = f"{head}{joint}{rest}"
    return sentence
