"""Settings as the lines of a TOML file that IMENSIAH_CONFIG can name; what is secret is a comment. Pure."""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

Scalar = str | int | float | bool


def settings_file(settings: Mapping[str, Scalar]) -> str:
    """One line for each dotted name, as it is in force; keys and passwords are hidden, and set nothing."""
    return "\n".join(_line(name, value) for name, value in settings.items())


def _line(name: str, value: Scalar) -> str:
    if name.endswith("api_key") and value:
        return f"# {name} is set, and not shown"
    if isinstance(value, str) and (password := _password(value)):
        return f"# {name} = {_toml(value.replace(password, '***'))}"
    return f"{name} = {_toml(value)}"


def _password(text: str) -> str:
    try:
        return urlsplit(text).password or ""
    except ValueError:
        return ""


def _toml(value: Scalar) -> str:
    # A basic string of TOML is one of JSON, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
