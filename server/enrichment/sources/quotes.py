"""Whether words really stand in a text about the company: what every answer of a language model must show."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from enrichment.sources.bare_names import goes_on_about_it, has_stranger_for_subject
from enrichment.sources.payload import one_line
from enrichment.sources.strangers import Names, names_stranger

# Less stands in every text and proves nothing: two words of together twelve letters, or six signs of a script in which
# one of them is as good as two letters and words are not told apart.
FEWEST_LETTERS, FEWEST_WORDS = 12, 2
# How many sentences after one that names another organisation are taken to be about it still.
SENTENCES_ABOUT_A_STRANGER = 2

_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*")
# Typography that models put right, or wrong, as they copy.
_ALIKE = str.maketrans({"<": "‹", ">": "›", "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-"})
_AROUND = " \"'«».-*"


def is_backed(quote: str, passages: Iterable[str], names: Names) -> bool:
    """Whether a quote is long enough to prove something, and stands in a passage where that is about the company.

    White space, case and typography do not count.
    """
    folded = _folded(quote).strip(_AROUND)
    if not _is_long_enough(folded):
        return False
    return any(_stands_in(folded, sentences_of(passage), names) for passage in passages)


def _is_long_enough(folded: str) -> bool:
    kinds = [unicodedata.category(char) for char in folded]
    letters = sum(2 if kind == "Lo" else 1 for kind in kinds if kind.startswith("L"))
    words = sum(any(char.isalpha() for char in word) for word in folded.split())
    return letters >= FEWEST_LETTERS and (words >= FEWEST_WORDS or "Lo" in kinds)


def sentences_of(passage: str) -> list[str]:
    """A passage cut behind what ends a sentence."""
    return [sentence for sentence in _END_OF_SENTENCE.split(passage) if sentence]


def _stands_in(folded_quote: str, sentences: Sequence[str], names: Names) -> bool:
    folded = [_folded(sentence) for sentence in sentences]
    whole = " ".join(folded)
    return any(
        not _is_about_stranger(_touched(folded, start, start + len(folded_quote)), sentences, names)
        for start in _places(folded_quote, whole)
    )


def _places(folded_quote: str, whole: str) -> Iterator[int]:
    start = whole.find(folded_quote)
    while start >= 0:
        yield start
        start = whole.find(folded_quote, start + len(folded_quote))


def _touched(folded: Sequence[str], start: int, end: int) -> range:
    """The sentences between two places of the text that they make with a space between them."""
    touched: list[int] = []
    begin = 0
    for at, sentence in enumerate(folded):
        if begin < end and start < begin + len(sentence):
            touched.append(at)
        begin += len(sentence) + 1
    return range(touched[0], touched[-1] + 1)


def _is_about_stranger(touched: range, sentences: Sequence[str], names: Names) -> bool:
    """Whether the sentences are about another organisation, or the last that names anybody shortly before them is."""
    first = touched.start
    if any(names_stranger(sentences[at], names) or has_stranger_for_subject(sentences[at], names) for at in touched):
        return True
    if first and goes_on_about_it(sentences[first]) and has_stranger_for_subject(sentences[first - 1], names):
        return True
    before = range(max(0, first - SENTENCES_ABOUT_A_STRANGER), first + 1)
    for at in reversed(before):
        if names.are_in(sentences[at]):
            return False
        if names_stranger(sentences[at], names):
            return True
    return False


def _folded(text: str) -> str:
    normal = unicodedata.normalize("NFKC", text)
    return one_line(normal, len(normal)).casefold().translate(_ALIKE)
