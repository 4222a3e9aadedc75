"""Other organisations by their bare names: told by what stands around a capitalised word, in five languages.

A bare name shows nothing in itself, so these are likelihoods. A sentence that is wrongly taken to be about somebody
else backs no answer, and most sites say what they do in more than one. What is not told: a single word that begins a
sentence ("Globex builds", for "Glass builds" looks alike), two of them in German, and names in other scripts.
"""

import re
from collections.abc import Iterable

from enrichment.sources.strangers import Names

_CAPITAL = "A-ZÀ-ÖØ-ÞŁŚŠŽČ"
_WORD = rf"[{_CAPITAL}][\w'’&-]*"
_RUN = rf"{_WORD}(?: (?:& |of |de |do |da |du )?{_WORD}){{0,5}}"
_VERBS = (
    r"is|was|builds|offers|sells|makes|provides|develops|produces|manufactures|designs|supplies|delivers|operates"
    r"|é|foi|constrói|oferece|vende|faz|fabrica|produz|desenvolve|fornece|opera"
    r"|es|fue|construye|ofrece|hace|produce|desarrolla|suministra"
    r"|ist|war|baut|bietet|verkauft|macht|fertigt|produziert|entwickelt|liefert|betreibt"
    r"|est|était|construit|offre|vend|fait|fabrique|produit|développe|fournit|propose"
)
# "Globex, a friend of ours, builds", "Globex, which builds".
_BETWEEN = r"(?:, [^,.;]{1,60},)?(?:,? (?:who|which|that|que|qui|die|der|das))?"
_SUBJECT = re.compile(rf"(?P<before>^|\S{{1,40}} )(?<![\w.&'’-])(?P<run>{_RUN}){_BETWEEN} (?:{_VERBS})\b")
_RELATION = re.compile(
    r"\b(?i:our|my|noss[oa]s?|meu|minha|nuestr[oa]s?|mi|unser(?:e[mnrs]?)?|notre|nos|mon)(?: [\w-]+)? "
    r"(?i:customers?|clients?|partners?|suppliers?|vendors?|competitors?|clientes?|parceir[oa]s?|fornecedor(?:a|es)?"
    r"|concorrentes?|soci[oa]s?|proveedor(?:a|es)?|competidor(?:a|es)?|kund(?:en?|in)|partnerin|lieferant(?:en|in)?"
    rf"|wettbewerber|mitbewerber|partenaires?|fournisseurs?|concurrents?),?:? (?P<run>{_RUN})"
)
_PRONOUN = re.compile(
    r"(?:it|its|they|their|he|she|el[ae]s?|seus?|suas?|ell[oa]s?|sus?|sie|er|es|ihre?|ils?|elles?)\b", re.IGNORECASE
)

# What may begin a sentence, or stand in capitals in a heading, without being part of a name.
_NO_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
        a about all also an and any as at both but by each every everyone everything for from he here his how i if
        in it its more most my no not of on one or our she so some such that the their then there these they this
        those to together today us we what when where which who whoever why with you your o os as um uma e em na
        no nas nos para por com sem que quem esta este essa esse isso isto nosso nossa nossos nossas seu sua aqui
        cada como mais hoje tudo todo toda el la los las un una y en con sin quien esto ese nuestro nuestra
        nuestros nuestras su cada hoy todo der die das den dem des ein eine einen einem einer und im am um auf aus
        bei mit von zu zum zur wir ihr sie er es ich unser unsere unserem unseren unserer ihre ihrem ihren jeder
        jede jedes hier heute was wer wie le les une et au aux dans par pour avec sans qui ce cette ces notre nos
        votre vos il elle nous vous chaque ici tout toute
        """,
    )
)
_OF_THE_COMPANY = frozenset(
    re.findall(
        r"\w+",
        """
        our my this nosso nossa nuestro nuestra unser unsere unserer unserem notre nos
        """,
    )
)
# "In London is", "our API offers", "our product Larch Pro offers" tell of no company.
_BEFORE_OTHERS = _OF_THE_COMPANY | frozenset(
    re.findall(
        r"\w+",
        """
        in at from near to of by for on with em no na de do da en a à au aus bei von zu mit dans the o os la el le
        der die das den dem ein eine an un una une um uma product products software app platform service services
        solution tool system brand line team shop store model course produto produtos aplicativo plataforma
        serviço marca linha producto servicio solución marke produkt plattform produit logiciel gamme
        """,
    )
)
_JOINTS = frozenset(
    re.findall(
        r"\w+",
        """
        that and while whereas because but as unlike since when where if than e que y mas pero et mais parce
        """,
    )
)
_AFTER_RELATION = frozenset(
    re.findall(
        r"\w+",
        """
        success service services support care experience portal program programme programs stories area login
        center centre network relations
        """,
    )
)
_GERMAN = re.compile(r"\b(?:und|ist|wir|für|eine[nmr]?|der|unsere?[nmr]?|sind|bei|zum|zur|durch|sowie|bietet|baut)\b")
# A single word shorter than this, or without a small letter, is as likely "IT" or "CRM".
SHORTEST_NAME = 4
# How many characters before and behind a word show what kind of text it stands in.
AROUND = 80

_LETTERS = re.compile(r"[^\W\d_]+")


def has_stranger_for_subject(sentence: str, names: Names) -> bool:
    """Whether a sentence says what somebody else is or does, or speaks of "our customer" by a name."""
    is_german = bool(_GERMAN.search(sentence))
    return any(
        _is_stranger(found["run"].split(), found["before"].strip(), names, is_german=is_german)
        for found in _SUBJECT.finditer(sentence)
    ) or any(_is_related(found["run"].split(), names) for found in _RELATION.finditer(sentence))


def goes_on_about_it(sentence: str) -> bool:
    """Whether a sentence begins with a word for what the one before it was about."""
    return bool(_PRONOUN.match(sentence.strip("\"'“”« ")))


def is_proper_name(value: str, passages: Iterable[str], names: Names) -> bool:
    """Whether a value is made of nothing but words that its passages write as names, and not as the company's.

    Not told in German and in headings, and of a word that only begins sentences.
    """
    words, texts = _LETTERS.findall(value), tuple(passages)
    return bool(words) and not _is_own(words, names) and all(_is_written_as_name(word, texts) for word in words)


def _is_written_as_name(word: str, passages: Iterable[str]) -> bool:
    pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    found = [(text, match) for text in passages for match in pattern.finditer(text)]
    are_names = all(_looks_like_name(match[0]) for _, match in found)
    return are_names and any(_is_within_sentence(text, match.start()) for text, match in found)


def _is_within_sentence(text: str, at: int) -> bool:
    """Whether a place is within a sentence of a language and a kind in which only names are capitalised."""
    around = text[max(0, at - AROUND) : at + AROUND]
    words = [word for word in _LETTERS.findall(around) if len(word) >= SHORTEST_NAME]
    is_heading = 2 * sum(word[0].isupper() for word in words) > len(words)
    return text[:at].rstrip()[-1:] not in ("", ".", "!", "?", ":") and not is_heading and not _GERMAN.search(around)


def _is_stranger(run: list[str], before: str, names: Names, *, is_german: bool) -> bool:
    begins_sentence = not before or before[-1] in ".!?:"
    stripped = _without_first_words(run)
    if not stripped or _is_own(stripped, names):
        return False
    if begins_sentence:
        is_of_ours = run[0].casefold() in _OF_THE_COMPANY
        return not is_of_ours and len(stripped) >= (3 if is_german else 2)
    previous = before.strip("\"'“”«(–—").casefold()
    if previous in _BEFORE_OTHERS and len(stripped) == len(run):
        return False
    if len(stripped) > 1:
        return True
    is_joined = before[-1] in ",;" or previous in _JOINTS
    return not is_german and is_joined and _looks_like_name(stripped[0])


def _is_related(run: list[str], names: Names) -> bool:
    return run[0].casefold() not in _AFTER_RELATION | _NO_NAMES and not _is_own(run, names)


def _without_first_words(run: list[str]) -> list[str]:
    """What is left of a run behind its last word that is no name."""
    last = max((at for at, word in enumerate(run) if word.casefold() in _NO_NAMES and word[0].isupper()), default=-1)
    return run[last + 1 :]


def _looks_like_name(word: str) -> bool:
    return word[0].isupper() and len(word) >= SHORTEST_NAME and not word.isupper()


def _is_own(run: list[str], names: Names) -> bool:
    """Whether the words name the company, a part of its name, or something called after it ("Larch Pro")."""
    if names.are_in(" ".join(run)):
        return True
    folded = [re.sub(r"\W", "", word.casefold()) for word in run]
    own = {word for name in names.spelt for word in name.split()}
    label = re.sub(r"\W", "", names.domain.split(".")[0])
    initials = "".join(word[:1] for word in folded)
    is_of_label = len(folded[0]) >= SHORTEST_NAME and folded[0] in label
    return own.issuperset(folded) or folded[0] in own or is_of_label or initials == label
