"""Figures and foreign text as a person reads them. Pure."""

from datetime import timedelta

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def clean(text: str) -> str:
    """One line that prints as it is: what the world sends may hold escape sequences and other controls."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def shortened(text: str, length: int) -> str:
    """At most `length` characters, cut between words where there are any."""
    if len(text) <= length:
        return text
    kept = text[: length - 1]
    return (kept[: kept.rfind(" ")] if " " in kept[length // 2 :] else kept).rstrip(" ,;.") + "…"


def age(seconds: float) -> str:
    """How old a value is: "now", "12 min", "5 h", "12 d"."""
    if seconds < MINUTE:
        return "now"
    if seconds < HOUR:
        return f"{seconds // MINUTE:.0f} min"
    if seconds < 2 * DAY:
        return f"{seconds // HOUR:.0f} h"
    return f"{seconds // DAY:,.0f} d"


def lasted(duration: timedelta) -> str:
    """How long something took: "420 ms", "1.9 s"."""
    seconds = duration.total_seconds()
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def listed(words: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
