"""The table of config keys in ``config/README.md``, made from the schema.

``PYTHONPATH=scripts python -m geohalo.key_table`` rewrites it; a test fails when it is out of step.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geohalo.settings import Config, documented_keys, resolve, schema

README = Path(__file__).resolve().parents[2] / "config" / "README.md"
BEGIN = "<!-- keys: begin -->"
END = "<!-- keys: end -->"

#: Bounds of the schema, as they are written after a type.
BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
#: Bounds from here on keep typing errors out and are not written.
WIDE = 100_000


def _cell(text: str) -> str:
    """Escape text for a cell of a Markdown table; HTML is only text inside backticks."""
    return " ".join(text.split()).replace("|", "\\|")


def _code(value: Any) -> str:
    """Write a value as in YAML, or ``empty``."""
    if value is None:
        return "empty"
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"


def type_text(entry: Config) -> str:
    """Say in words which values a schema entry allows.

    Parameters
    ----------
    entry : dict
        Schema entry of one key, references followed.

    Returns
    -------
    str
        For example ``number, above 0`` or ```clr`, `log` or `none```; the title of an entry that has one.
    """
    if "title" in entry:
        return entry["title"]
    if "enum" in entry:
        first, last = entry["enum"][:-1], entry["enum"][-1]
        return " or ".join(filter(None, [", ".join(map(_code, first)), _code(last)]))
    if "oneOf" in entry:
        return " or ".join(dict.fromkeys(type_text(resolve(choice)) for choice in entry["oneOf"]))
    kinds = entry.get("type", "any")
    names = {"null": "empty", "string": "text", "object": "section" if "properties" in entry else "mapping"}
    if "items" in entry:
        names["array"] = (
            f"{'list, not empty,' if entry.get('minItems') else 'list'} of {type_text(resolve(entry['items']))}"
        )
    message = " or ".join(names.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))
    if message == "array":
        message = f"{'list, not empty,' if entry.get('minItems') else 'list'} of {type_text(resolve(entry['items']))}"
    bounds = [
        f"{word} {entry[bound]}" for bound, word in BOUNDS.items() if abs(entry.get(bound, WIDE)) < WIDE
    ]
    return ", ".join([message, *bounds])


def all_keys() -> Iterator[tuple[str, Config]]:
    """Yield the documented keys, and those of the entries of a mapping with names of the user's own."""
    for key, entry in documented_keys():
        yield key, entry
        further = entry.get("additionalProperties")
        if isinstance(further, dict) and "properties" in further:
            yield from ((f"{key}.<name>.{name}", part) for name, part in documented_keys(further))


def _default_text(key: str, entry: Config, known: dict[str, Config]) -> str:
    """Write the default of a key, or that it is required."""
    parent, _, name = key.rpartition(".")
    section = known.get(parent, {}) if parent else schema()
    if parent.endswith(".<name>"):
        section = known[parent.removesuffix(".<name>")]["additionalProperties"]
    if name in section.get("required", []):
        return "required"
    if "properties" in entry or "default" not in entry:
        return ""
    every = resolve(entry.get("items", {}))
    if "title" in every and entry["default"] == every.get("enum"):
        return "all of them"
    return _code(entry["default"])


def key_table() -> str:
    """Return the Markdown table of all config keys; keys that share one definition share a row."""
    known = dict(all_keys())
    rows: dict[int, tuple[list[str], Config]] = {}
    for key, entry in known.items():
        rows.setdefault(id(entry), ([], entry))[0].append(key)
    lines = ["| Key | Value | Default | Meaning |", "|---|---|---|---|"]
    for keys, entry in rows.values():
        names = ", ".join(f"**`{key}`**" if "properties" in entry else f"`{key}`" for key in keys)
        cells = [names, type_text(entry), _default_text(keys[0], entry, known), entry["description"]]
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    return "\n".join(lines)


def with_key_table(text: str) -> str:
    """Return a text with a fresh table between the two marker lines.

    Parameters
    ----------
    text : str
        Markdown with the lines `BEGIN` and `END`, once each.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If a marker is missing or occurs twice.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"{README}: the lines {BEGIN} and {END} must occur once each")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{key_table()}\n\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_key_table(README.read_text(encoding="utf-8")), encoding="utf-8")
