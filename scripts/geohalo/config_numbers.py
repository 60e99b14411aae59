"""Numbers of a config: those that are none are refused, and those that YAML reads as text are taken as numbers."""

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from geohalo.errors import InputError

#: A number with an exponent as people write it: YAML takes 1e9, without a decimal point, for text.
WRITTEN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+")


def check_finite(value: Any, source: str, key: str = "") -> None:
    """Stop at the first number of a config that is not a number, or infinite.

    Raises
    ------
    InputError
        Names the key.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(
            f"{source}: key {key!r}: {value} is no number to reckon with. Give a finite number, or remove the key."
        )
    for name, part in _parts(value):
        check_finite(part, source, f"{key}.{name}" if key else str(name))


def with_plain_numbers(value: Any, node: dict[str, Any], resolve: Callable[[dict], dict]) -> Any:
    """Return a copy of a config in which 1e9 and 1000.0 are the numbers that its schema wants.

    Parameters
    ----------
    value : any
    node : dict
        The value's part of the schema.
    resolve : callable
        Follows the references of a node.
    """
    node = resolve(node)
    if isinstance(value, dict):
        known, further = node.get("properties", {}), node.get("additionalProperties")
        further = further if isinstance(further, dict) else {}
        return {
            key: with_plain_numbers(part, known.get(key, further), resolve) for key, part in value.items()
        }
    if isinstance(value, list):
        return [with_plain_numbers(part, node.get("items", {}), resolve) for part in value]
    kinds = _kinds(node, resolve)
    if isinstance(value, str) and kinds & {"number", "integer"}:
        text = "string" in kinds or "enum" in node
        if not text and WRITTEN.fullmatch(value.strip()):
            value = float(value)
    if isinstance(value, float) and "integer" in kinds and "number" not in kinds and value.is_integer():
        return int(value)
    return value


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list | tuple):
        yield from enumerate(value, 1)


def _kinds(node: dict[str, Any], resolve: Callable[[dict], dict]) -> set[str]:
    """Return the types that a node allows."""
    kinds = node.get("type", [])
    found = {kinds} if isinstance(kinds, str) else set(kinds)
    for choice in node.get("oneOf", []):
        found |= _kinds(resolve(choice), resolve)
    return found
