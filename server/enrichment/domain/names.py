"""Company names: what two spellings of one name have in common, and what may not stand in a name."""

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not take apart into a base letter and a mark.
_FOLDED_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_MARK = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[^\W_]+")

# Between two words all of these say the same; "&" and "+" are spelt out before.
_AND = frozenset({"and", "e", "et", "und", "y", "och", "og", "en"})

# Legal forms as they stand at the end of a name, without punctuation and with single letters joined ("S. A." is "sa").
_LEGAL_FORMS = frozenset(
    tuple(form.split())
    for form in """
    ltda|limitada|sa|sociedade anonima|sociedad anonima|societe anonyme|eireli|me|epp|mei|slu|sociedade limitada|cia
    inc|incorporated|corp|corporation|co|company|llc|llp|lllp|lp|pllc|pc|ltd|limited|plc|cic|pty|proprietary|pvt
    private|unlimited|ulc|ltee|gmbh|mbh|ggmbh|ag|kg|kgaa|ohg|ug|haftungsbeschrankt|ev|eg|ek|gbr|se|sarl|sas|sasu
    eurl|snc|sca|sci|scop|sel|srl|srls|spa|sapa|sl|sll|slp|sau|sc|sa de cv|s de rl de cv|s de rl|de cv|sab|sab de cv
    sapi de cv|sapi|rl|cv|bv|nv|vof|bvba|cvba|sprl|scrl|ab|hb|kb|publ|as|asa|aps|ans|da|oy|oyj|ky|ehf|hf|ou|uab|sia
    sp zoo|spzoo|sp k|sp j|sro|spol sro|kft|zrt|nyrt|bt|doo|dd|ad|ood|eood|ead|ike|epe|kk|gk|godo kaisha
    kabushiki kaisha|bhd|sdn|sdn bhd|pte|tbk|jsc|pjsc|ojsc|cjsc|fzco|fze|fz llc|dmcc|wll|saog|saoc|spc|lda|sgps
    unipessoal|public limited company|limited liability company|gesellschaft mit beschrankter haftung
    aktiengesellschaft|aktiebolag|sociedad limitada|societa per azioni|societa a responsabilita limitata|ооо|оао|зао
    пао|ао
    """.replace("\n", "|").split("|")
    if form.split()
)
_LAST_WORDS = frozenset(form[-1] for form in _LEGAL_FORMS)
_LONGEST_FORM = max(len(form) for form in _LEGAL_FORMS)
_LEADING_FORMS = frozenset({"the", "ooo", "oao", "zao", "ооо", "оао", "зао", "пао", "ао"})
# Written without a space at either end of the name.
_EASTERN_FORMS = re.compile(
    "^(?:株式会社|有限会社|合同会社|주식회사)|(?:株式会社|有限会社|合同会社|주식회사|股份有限公司|有限责任公司|有限公司)$"
)

# A CPF, bare, punctuated or masked, with the word before it. A CNPJ has 14 characters and stays.
_PERSONAL_NUMBER = re.compile(
    r"(?:\bCPF\b[\s:.nº°]*)?(?<![\w*])[\d*x]{3}[.\s]?[\d*x]{3}[.\s]?[\d*x]{3}[-.\s/]?[\d*x]{2}(?![\w*])", re.IGNORECASE
)

# A word that is shorter says too little to tie two names together.
LEAST_LETTERS = 4

# Since 2021 such a name begins with the first eight digits of the CNPJ instead.
_OWNER_BEHIND_NUMBER = re.compile(r"\s*\d{2}\.\d{3}\.\d{3}\s")


@lru_cache(maxsize=2_048)
def normalised_name(name: str) -> str:
    """A company's name as it is compared: without case, accents, punctuation and legal forms; "" only for no letters.

    "Água & Sal Ltda." and "AGUA E SAL" are both "agua and sal". A name that is nothing but a legal form stays.
    """
    words = _joined_letters(_WORD.findall(_folded(name)))
    while len(words) > 1 and words[0] in _LEADING_FORMS:
        words = words[1:]
    words = _without_legal_forms(words)
    if _AND.isdisjoint(words):
        return " ".join(words)
    return " ".join("and" if word in _AND and 0 < at < len(words) - 1 else word for at, word in enumerate(words))


def without_personal_numbers(text: str) -> str:
    """A name without any CPF, which the registry writes behind the name of a person who trades alone."""
    return " ".join(_PERSONAL_NUMBER.sub(" ", text).split()).strip(" -–,;:")


def is_name_of_person(name: str) -> bool:
    """Whether Brazil's register shows by the form of a name that it is that of a person who trades alone."""
    return bool(_PERSONAL_NUMBER.search(name) or _OWNER_BEHIND_NUMBER.match(name))


# The same few names are compared again with every source that answers.
@lru_cache(maxsize=4_096)
def folded(text: str) -> str:
    """Case, accents, punctuation and white space taken out of a comparison."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"[^\W_]+", "".join(char for char in plain if not unicodedata.combining(char))))


def is_same_name(one: str, other: str) -> bool:
    """Whether two names may be one company's: equal without legal forms, or all words of one are in the other."""
    a, b = (set(normalised_name(name).split()) for name in (one, other))
    shorter = min(a, b, key=len)
    return a == b or (shorter <= a & b and any(len(word) >= LEAST_LETTERS for word in shorter))


def is_name_of_domain(name: str, domain: str) -> bool:
    """Whether the domain's first label is the name, or its first words, written together: "vidrariaaurora.com.br"."""
    label = folded(domain.split(".", 1)[0]).replace(" ", "")
    words, written = normalised_name(name).split(), ""
    for word in words:
        written += folded(word).replace(" ", "")
        if written == label and len(written) >= LEAST_LETTERS:
            return True
    return False


def _folded(text: str) -> str:
    if text.isascii():
        # Most names, and there is nothing to fold in them.
        return re.sub(r"[&+]", " and ", text.casefold()) if "&" in text or "+" in text else text.casefold()
    spelt = re.sub(r"[&+]", " and ", unicodedata.normalize("NFKD", text.casefold()))
    plain = unicodedata.normalize("NFC", _MARK.sub("", spelt).translate(_FOLDED_LETTERS))
    # What stands in brackets around a form, as in "(주)" or "(haftungsbeschränkt)", goes with the punctuation.
    bare = re.sub(r"^[\s(]*[株주][)\s]+|[\s(]+[株주][)\s]*$", " ", plain).strip()
    shorter = _EASTERN_FORMS.sub("", bare).strip()
    return shorter or bare


def _joined_letters(words: list[str]) -> list[str]:
    """Runs of single letters as one word, so that "S. A.", "S/A" and "SA" or "J. P." and "JP" are alike."""
    if all(len(word) > 1 for word in words):
        return words
    joined: list[str] = []
    was_letter = False
    for word in words:
        is_letter = len(word) == 1 and word.isalpha()
        if is_letter and was_letter:
            joined[-1] += word
        else:
            joined.append(word)
        was_letter = is_letter
    return joined


def _without_legal_forms(words: list[str]) -> list[str]:
    while True:
        shorter = _without_last_form(words)
        # "GmbH & Co. KG": the sign between two forms goes with them.
        if shorter and len(shorter) > 1 and shorter[-1] in _AND and len(shorter) < len(words):
            shorter = shorter[:-1]
        if not shorter or shorter == words:
            return words
        words = shorter


def _without_last_form(words: list[str]) -> list[str]:
    if not words or words[-1] not in _LAST_WORDS:
        return words
    for length in range(_LONGEST_FORM, 0, -1):
        if tuple(words[-length:]) in _LEGAL_FORMS:
            return words[:-length]
    return words
