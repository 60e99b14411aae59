"""Text of a config: what YAML has read as something else, and signs that stand for nothing in a name."""

import datetime
from collections.abc import Callable
from typing import Any

from geohalo.errors import InputError

#: Keys whose text names files and folders, of the survey's own or of its results.
NAMES = ("survey", "folder", "file", "sources", "certified", "train", "validation", "test")
#: Letters of a message's quotation at most.
LONGEST = 120


def check_text(value: Any, source: str, key: str = "") -> None:
    """Stop at text with control characters or halves of characters, and at line breaks in the names of files.

    Raises
    ------
    InputError
        Names the key.
    """
    if isinstance(value, str):
        _check_signs(value, source, key, any(part in NAMES for part in key.split(".")))
    elif isinstance(value, dict):
        for name, part in value.items():
            inside = f"{key}.{name}" if key else str(name)
            if isinstance(name, str):
                _check_signs(name, source, key or "config", "sources" in key.split("."))
            check_text(part, source, inside)
    elif isinstance(value, list):
        for number, part in enumerate(value, 1):
            check_text(part, source, f"{key}.{number}")


def _check_signs(text: str, source: str, key: str, names_file: bool) -> None:
    allowed = "" if names_file else "\t\n\r"
    odd = [sign for sign in text if sign not in allowed and (ord(sign) < 32 or 0xD7FF < ord(sign) < 0xE000)]
    if odd:
        raise InputError(
            f"{source}: key {shortened(key)!r}: {shortened(text)!r} holds {odd[0]!r}, which it may not. Take it out."
        )


def with_text_keys(
    value: Any, node: dict[str, Any], resolve: Callable[[dict], dict], source: str, key: str = ""
) -> Any:
    """Return a copy of a config in which names of the user's own (columns, elements, flags) are text.

    YAML reads the name 2021 as a number, and No and on as truth values.

    Parameters
    ----------
    value : any
    node : dict
        The value's part of the schema.
    resolve : callable
        Follows the references of a node.
    source, key : str
        File and key, for messages.

    Raises
    ------
    InputError
        A name is a truth value, a date or nothing: as which text it was meant cannot be told.
    """
    node = resolve(node)
    if isinstance(value, list):
        return [with_text_keys(part, node.get("items", {}), resolve, source, key) for part in value]
    if not isinstance(value, dict):
        return value
    known, further = node.get("properties"), node.get("additionalProperties")
    further = further if isinstance(further, dict) else {}
    named = {}
    for name, part in value.items():
        if known is None and not isinstance(name, str):
            name = _as_text(name, source, key)
        inside = f"{key}.{name}" if key else str(name)
        child = (known or {}).get(name, further) if isinstance(name, str) else further
        named[name] = with_text_keys(part, child, resolve, source, inside)
    return named


def _as_text(name: Any, source: str, key: str) -> str:
    if isinstance(name, int | float) and not isinstance(name, bool):
        return str(name)
    raise InputError(f"{source}: key {key!r}: {read_as(name) or repr(name)}")


def read_as(value: Any) -> str:
    """Say what YAML has read text as, if it may have been text; empty for anything else."""
    if isinstance(value, bool):
        return "YAML reads yes, no, on, off, true and false as truth values. Put it in quotation marks, as in 'No'."
    if isinstance(value, datetime.date):
        return f"YAML reads {value} as a date. Put it in quotation marks."
    if value is None:
        return "a name is empty, or null. Put it in quotation marks if it is meant so, or remove it."
    return ""


def shortened(text: str) -> str:
    """Return text that fits into a message: of a long one its beginning and its length."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text):,} characters)"
