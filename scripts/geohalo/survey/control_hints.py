"""Rows of quality control that the config does not tell of, by the words that laboratories mark them with."""

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import plain_cells
from geohalo.survey.row_roles import BLANK, FIELD_DUPLICATE, LABORATORY_DUPLICATE, REFERENCE

# Spelt in lower case, with one blank in place of other signs.
_WORDS = {
    REFERENCE: (
        *("std", "standard", "crm", "srm", "reference material", "certified reference material"),
        *(
            "reference standard",
            "certified standard",
            "certified reference",
            "lab standard",
            "control standard",
        ),
    ),
    BLANK: ("blk", "blank", "field blank", "lab blank", "laboratory blank", "pulp blank", "coarse blank"),
    FIELD_DUPLICATE: ("dup", "duplicate", "fdup", "field dup", "field duplicate"),
    LABORATORY_DUPLICATE: (
        *("ldup", "lab dup", "lab duplicate", "laboratory duplicate", "pulp duplicate", "lab repeat"),
        *("laboratory repeat", "lab replicate", "laboratory replicate", "check assay"),
    ),
}
_ROLES = {word: role for role, words in _WORDS.items() for word in words}
# Marks that mean something else as well, and count only beside a word that does not.
_CODES = {
    "ref": REFERENCE,
    "rm": REFERENCE,
    "bl": BLANK,
    "fd": FIELD_DUPLICATE,
    "ld": LABORATORY_DUPLICATE,
    "lr": LABORATORY_DUPLICATE,
    "rep": LABORATORY_DUPLICATE,
    "repeat": LABORATORY_DUPLICATE,
    "replicate": LABORATORY_DUPLICATE,
}
_ID = re.compile(r"samp|(^|[\W_])(id|no|nr|num|number|tag)$", re.IGNORECASE)
_MARKED_ID = re.compile(r"(?:^|[\W_\d])(?:STD|CRM|SRM|OREAS|BLK|BLANK|[FL]?DUP)(?:$|[\W_\d])")
# Rows of control are a minority; a column of which they are not tells something else.
_LARGEST_SHARE = 0.5
_LARGEST_SHARE_OF_IDS = 0.3
_MOST_NAMED = 3


def unnamed_control(about: pd.DataFrame, rows: npt.NDArray[np.int64], source: str) -> list[InputWarning]:
    """Return the warning that rows seem to be reference materials, blanks or duplicates.

    Parameters
    ----------
    about : DataFrame, shape (rows, columns)
        The columns that hold neither coordinates nor concentrations.
    rows : ndarray of int64, shape (rows,)
        Row numbers in the file.
    source : str
        File name, for the warning.

    Returns
    -------
    list of InputWarning
        None or one, of the column that tells most of such rows; marks in sample names only if no column tells any.
    """
    best: tuple[tuple[int, int], str, dict[str, str], int] | None = None
    for name in about.columns:
        text = plain_cells(about[name])
        known = _known_words(text)
        marked = text.isin(list(known)).to_numpy()
        # Of two columns that mark as many rows, a kind of sample has fewer values than its name.
        fitness = (int(marked.sum()), -text.nunique())
        if 0 < fitness[0] <= _LARGEST_SHARE * len(text) and (best is None or fitness > best[0]):
            best = (fitness, str(name), known, int(np.flatnonzero(marked)[0]))
    if best is None:
        return _marked_names(about, rows, source)
    (count, _), column, known, first = best
    return [
        InputWarning(
            f"{count} rows seem to be quality control ({', '.join(map(repr, known))}), and are taken for samples of "
            "the survey where they have coordinates",
            f"say what they are, for example samples.quality: {{column: {column}, {_suggestion(known)}}}",
            source,
            column,
            str(rows[first]),
        )
    ]


def joined_doubts(differing: list[InputWarning], control: list[InputWarning]) -> list[InputWarning]:
    """Return one warning in place of two: that rows of one place differ, and that rows are quality control."""
    if not (differing and control):
        return [*differing, *control]
    return [replace(one, fix=f"{one.fix}; or {control[0].fix}") for one in differing]


def _known_words(text: pd.Series) -> dict[str, str]:
    """Return what the cells of a column say that marks quality control, and the kind of row."""
    spelt = {
        one: " ".join(re.sub(r"[\W_]+", " ", one).casefold().split())
        for one in np.asarray(text.unique(), dtype=object)
        if len(one) < 40
    }
    known = {one: _ROLES[word] for one, word in spelt.items() if word in _ROLES}
    if known:
        known |= {one: _CODES[word] for one, word in spelt.items() if word in _CODES}
    return known


def _suggestion(known: Mapping[str, str]) -> str:
    """Write the kinds of rows as the config lists them."""
    kinds: dict[str, list[str]] = {}
    for word, role in known.items():
        kinds.setdefault(role, []).append(word)
    return ", ".join(f"{role}: [{', '.join(words)}]" for role, words in kinds.items())


def _marked_names(about: pd.DataFrame, rows: npt.NDArray[np.int64], source: str) -> list[InputWarning]:
    """Return the warning that names of samples are those of quality control."""
    for name in about.columns:
        if not _ID.search(str(name)):
            continue
        text = plain_cells(about[name])
        marked = text.str.contains(_MARKED_ID).to_numpy(dtype=bool)
        if not 0 < marked.sum() <= _LARGEST_SHARE_OF_IDS * len(text):
            continue
        named = list(dict.fromkeys(text[marked]))
        more = ", ..." if len(named) > _MOST_NAMED else ""
        return [
            InputWarning(
                f"{marked.sum()} rows seem to be quality control by their names "
                f"({', '.join(named[:_MOST_NAMED])}{more}), and are taken for samples of the survey where they have "
                "coordinates",
                "mark them in a column and name it in samples.quality.column, or list them, for example "
                f"samples.quality: {{reference: {{{name}: [{named[0]}]}}}}",
                source,
                str(name),
                str(rows[np.flatnonzero(marked)[0]]),
            )
        ]
    return []
