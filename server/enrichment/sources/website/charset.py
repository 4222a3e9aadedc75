"""From the bytes of a page to its text."""

import codecs
import re

from charset_normalizer import from_bytes

_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_IN_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Where a page says what it is written in, and as much as is needed to guess it.
META_BYTES, SAMPLE_BYTES = 2_048, 20_000
# By the WHATWG's encoding standard a page that says Latin-1 or ASCII means Windows-1252.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252"}


def decoded(body: bytes, content_type: str) -> str:
    """The text of a page: by its header, its mark, its meta tag or a guess, in this order; nothing makes it fail."""
    name = _declared(body, content_type) or _guessed(body)
    return body.decode(name, "replace").removeprefix("\ufeff")


def _declared(body: bytes, content_type: str) -> str:
    in_header = _IN_HEADER.search(content_type)
    if in_header and (name := _known(in_header[1])):
        return name
    for mark, name in _MARKS:
        if body.startswith(mark):
            return name
    in_meta = _IN_META.search(body[:META_BYTES])
    name = _known(in_meta[1].decode("ascii", "replace")) if in_meta else ""
    # A tag that can be read byte by byte is not written in two bytes.
    return "utf-8" if name.startswith("utf-16") else name


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name)
    except LookupError:
        return ""
    # Python's codecs know more than text: "zlib" and "hex" are names too.
    is_text = getattr(found, "_is_text_encoding", True)
    return _MEANT.get(found.name, found.name) if is_text else ""


def _guessed(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        best = from_bytes(body[:SAMPLE_BYTES]).best()
        return best.encoding if best else "utf-8"
    return "utf-8"
