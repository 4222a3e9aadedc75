"""How long something lasts, in words."""

import math


def span(seconds: float) -> str:
    """A time to wait as people say it, never less than it is: "42 s", "59 min"."""
    if seconds <= 120:
        return f"{math.ceil(seconds)} s"
    return f"{math.ceil(seconds / 60)} min"
