"""Headers that say something else than the config: another element, an oxide, a ratio, what is no concentration."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.survey.columns import Column
from geohalo.survey.elements import concentration_factor, symbol_by_name

# What is made of concentrations and is none; in a header it may stand right before the symbol.
_DERIVED = re.compile(
    r"(?<![a-z])(?:log(?:10|2|e)?|logarithms?|logarithmic|ln|clr|ilr|alr|z[ -]?scores?|standardi[sz]ed|normali[sz]ed"
    r"|percentiles?|pctl|pctile|ranks?|residuals?|box[ -]?cox|variance|standard (?:error|deviation)|std(?:ev|dev)?"
    r"|uncertainty|err|errors?|counts?|number of|probabilit(?:y|ies)|exceedance|cps)(?![a-z])",
    re.IGNORECASE,
)
# What tells about concentrations and is none; it stands at the end, or before the symbol: `Pb_LOD`, `DL Pb`.
_TOLD = r"(?:[lmu]?dl|lo[dqr]|lld|det(?:ection)?[ _.\-]?lim(?:it)?s?|unc|sigma|rsd|stdv|cnt|nobs|\+ ?/? ?-|\u00b1)"
_ABOUT_VALUES = re.compile(
    rf"[A-Z][a-z]?(?:\d?O\d?)?(?:[\s_.,()\-]+\w+){{0,2}}[\s_.,()\-]+(?P<after>{_TOLD})\)?"
    rf"|(?P<before>{_TOLD})[\s_.\-]+[A-Z][a-z]?(?:[\s_.(\-]+(?:ppm|ppb|pct|%))?\)?",
    re.IGNORECASE,
)
# Ends that may mean something else as well: a number of samples or north, a deviation or stream sediment.
_MAY_TELL = re.compile(
    r"[A-Z][a-z]?(?:[\s_.\-]+(?:ppm|ppb|pct))?[\s_.\-]+(?P<end>n|N|num|sd|SD|se|SE|cv|CV|[123][ _]?s|conf|class)"
)
_BEFORE_SYMBOL = re.compile(r"(?:log(?:10|2|e)?|ln|clr|ilr|alr)(?=[A-Z][a-z]?(?:[\W_]|$))")
_RATIO = re.compile(r"(?P<one>[A-Z][a-z]?)(?P<sign>[/:_\-])(?P<other>[A-Z][a-z]?)")
# Symbols that are words as well.
_WORDS = frozenset({"As", "In", "At", "No", "Be", "He", "Os", "Ho"})


def derived_word(text: str) -> str | None:
    """Return the word of a title or header by which its values are no concentrations (`log`, `rank`); else None."""
    found = _BEFORE_SYMBOL.match(text) or _DERIVED.search(text)
    about = None if found else _ABOUT_VALUES.fullmatch(text.strip())
    if about:
        return about["after"] or about["before"]
    return found[0] if found else None


def ambiguous_end(text: str) -> str | None:
    """Return the end of a header or file name by which its values may be no concentrations (`Pb_n`); else None."""
    found = _MAY_TELL.fullmatch(text.strip())
    return found["end"] if found else None


def ambiguous_message(end: str, element: str) -> str:
    """Say what an end such as `n` may mean, for a warning."""
    return (
        f"the name ends in {end!r}, as that of a number of samples, a deviation or the like does, and the values are "
        f"read as concentrations of {element}"
    )


def header_doubts(
    columns: Sequence[Column], elements: str | Mapping[str, Any], source: str
) -> list[InputWarning]:
    """Tell of columns whose headers name a ratio, another element than they are read as, or its oxide.

    Parameters
    ----------
    columns : sequence of Column
        The columns of concentrations.
    elements : str or mapping
        Config key `samples.elements`.
    source : str
        File name, for messages.

    Raises
    ------
    InputError
        A header says that its values are logarithms, ranks or the like, and `elements` states no unit for it.
    """
    found, stated = [], set(_with_stated_units(elements))
    for column in columns:
        for one in (column, *column.then):
            if one.column not in stated:
                _stop_at_derived(one, source)
            doubt = _ratio(one) or _other_name(one) or _ambiguous(one)
            if doubt is not None:
                found.append(InputWarning(*doubt, source, one.column))
    return found


def _with_stated_units(elements: str | Mapping[str, Any]) -> Iterator[str]:
    """Yield the columns for which the config states a unit, one by one."""
    for entry in [] if isinstance(elements, str) else elements.values():
        for one in entry if isinstance(entry, list) else [entry]:
            if isinstance(one, Mapping) and one.get("unit"):
                yield str(one["column"])


def _stop_at_derived(column: Column, source: str) -> None:
    word = derived_word(column.column)
    if word is None:
        return
    raise InputError(
        f"{source}, column {column.column!r}: what is made by {word!r} is no concentration; give the concentrations, "
        "narrow samples.elements to leave the column out, or, if they are concentrations, write samples.elements: "
        f"{{{column.name}: {{column: {column.column}, unit: {column.unit}}}}}"
    )


def _ratio(column: Column) -> tuple[str, str] | None:
    """Say that a header such as `K/Rb` names a ratio."""
    found = _RATIO.fullmatch(column.column.strip())
    if found is None or found["one"] == found["other"]:
        return None
    # A single letter behind a line is a remark as often as an element; of thorium it is uranium.
    if found["sign"] in "_-" and len(found["other"]) < 2 and (found["one"], found["other"]) != ("Th", "U"):
        return None
    if _symbol(found["one"]) is None or _symbol(found["other"]) is None:
        return None
    return (
        f"the header names two elements, as of a ratio, and the column is read as {column.element}",
        f"narrow samples.elements, or list {column.element} in samples.exclude, if it is a ratio",
    )


def _ambiguous(column: Column) -> tuple[str, str] | None:
    end = ambiguous_end(column.column)
    if end is None:
        return None
    fix = f"narrow samples.elements, or list {column.element} in samples.exclude, if it is none"
    return ambiguous_message(end, column.element), fix


def _other_name(column: Column) -> tuple[str, str] | None:
    """Say that a header names another element, or an oxide in place of the element."""
    words = [word for word in re.split(r"[\W_]+", column.column) if word]
    named = {word: symbol for n, word in enumerate(words) if (symbol := _named(word, n == 0, len(words)))}
    named = named or {word: symbol for word in words if (symbol := symbol_by_name(word))}
    if not named or column.column == column.name:
        return None
    same = [word for word, symbol in named.items() if symbol == column.element]
    if not same:
        word = next(iter(named))
        return (
            f"the header names {word}, and the column is read as {column.name}",
            f"correct samples.elements if the column holds {named[word]}",
        )
    factors = {word: concentration_factor(word, "ppm")[1] for word in same if _symbol(word)}
    own = concentration_factor(column.name, "ppm")[1]
    if not factors or any(abs(factor / own - 1) < 1e-3 for factor in factors.values()):
        return None
    word = next(iter(factors))
    return (
        f"the header names {word}, and the column is read as {column.name}; values of the one are "
        f"{factors[word] / own:.4g} times those of the other",
        f"write {word} in place of {column.name} in samples.elements if the column holds {word}",
    )


def _named(word: str, first: bool, count: int) -> str | None:
    """Return the element that a word of a header names; single letters and words of a language only alone."""
    if len(word) == 1 and count > 1:
        return None
    if word in _WORDS and not first:
        return None
    if not re.fullmatch(r"[A-Z][a-z]?|[A-Z][a-z]?\d?O\d?\d?T?", word):
        return None
    return _symbol(word)


def _symbol(name: str) -> str | None:
    try:
        return concentration_factor(name, "ppm")[0]
    except InputError:
        return None
