"""Tables with a row for each result, and assays in a table of their own: both become a row for each sample."""

import re
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning, as_records
from geohalo.survey.cells import plain_cells, require_column, row_numbers
from geohalo.survey.long_doubts import long_doubts
from geohalo.survey.origins import Origin

_SHORTENED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d{1,2}")


def widen(
    table: pd.DataFrame, long: Mapping[str, Any], section: Mapping[str, Any], source: str
) -> pd.DataFrame:
    """Turn a row for each result into a row for each sample.

    Parameters
    ----------
    table : pandas.DataFrame
        The table as read; `keep` has been applied.
    long : mapping
        Config section `samples.long`: the columns `element` and `value`, and perhaps `unit`, `sample` and `flag`.
    section : mapping
        Config section `samples`; used are `x` and `y`.
    source : str
        File name, for messages.

    Returns
    -------
    pandas.DataFrame
        One row per sample, numbered as its first row in the file: the other columns (first values), and a column for
        each analyte with its results. An analyte in several units has several columns, which `attrs["analytes"]`
        lists by analyte; `attrs["units"]` has the unit of each column, `attrs["flags"]` the column of its flags, and
        `attrs["origins"]` the rows that its cells stand in.

    Raises
    ------
    InputError
        A column does not exist, or a sample has two results for one analyte that differ.
    """
    for key, column in long.items():
        if column:
            require_column(table, column, source, f"samples.long.{key}")
    used = {long["element"], long["value"], long.get("unit"), long.get("flag")}
    geometry = [str(table.geometry.name)] if isinstance(table, gpd.GeoDataFrame) else []
    others = [str(name) for name in table.columns if name not in used and name not in geometry]
    sample = _samples_of(table, long, others, source)
    results = _without_repeats(_results(table, long, sample), source)
    columns, analytes, units = _column_of_each(results)
    results["column"] = columns
    first = np.unique(sample, return_index=True)[1]
    wide = table.iloc[first][[*others, *geometry]].copy()
    parts = [wide, _pivoted(results, "value", wide.index)[list(dict.fromkeys(columns))]]
    rows = _pivoted(results, "row", wide.index)
    origins = {str(column): Origin(source, rows[column].dropna()) for column in rows.columns}
    flags = {}
    if long.get("flag"):
        flagged = _pivoted(results, "flag", wide.index)
        flags = {str(column): f"{column} (flag)" for column in flagged.columns}
        parts.append(flagged.fillna("").rename(columns=flags))
    found = pd.concat(parts, axis=1)
    doubts = _several_at_a_place(results, table, long, section, source)
    doubts += long_doubts(results, table, sample, long, section, source)
    messages = [*table.attrs.get("warnings", []), *as_records(doubts)]
    found.attrs = table.attrs | {"units": units, "analytes": analytes, "flags": flags, "warnings": messages}
    found.attrs["origins"] = origins
    found.index.name = "row"
    return found


def _samples_of(
    table: pd.DataFrame, long: Mapping[str, Any], others: list[str], source: str
) -> npt.NDArray[np.int64]:
    """Number the sample that each row is of, from 0: by its column, or else by all columns but those of results."""
    keys = [long["sample"]] if long.get("sample") else others
    if not keys:
        raise InputError(f"{source}: no column tells samples apart; set samples.long.sample")
    groups = table.groupby([plain_cells(table[key]).to_numpy() for key in keys], sort=False)
    return groups.ngroup().to_numpy().astype(np.int64)


def _results(table: pd.DataFrame, long: Mapping[str, Any], sample: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return ``sample``, ``name``, ``unit``, ``row``, ``value`` and perhaps ``flag`` of each result with an analyte."""
    unit = long.get("unit")
    units = plain_cells(table[unit]).to_numpy(dtype=object) if unit else np.full(len(table), "")
    names = plain_cells(table[long["element"]]).to_numpy(dtype=object)
    results = pd.DataFrame({"sample": sample, "name": names, "unit": units, "row": table.index})
    results["value"] = table[long["value"]].to_numpy(dtype=object)
    if long.get("flag"):
        results["flag"] = plain_cells(table[long["flag"]]).to_numpy(dtype=object)
    return results[results["name"] != ""]


def _pivoted(results: pd.DataFrame, values: str, rows: pd.Index) -> pd.DataFrame:
    """Return what results have of each sample, by their column; ``rows`` are the samples' numbers in the file."""
    wide = results.pivot(index="sample", columns="column", values=values)
    return wide.reindex(range(len(rows))).set_axis(rows, axis=0)


def _without_repeats(results: pd.DataFrame, source: str) -> pd.DataFrame:
    """Drop results that are given twice alike, and stop at those that differ."""
    results = results.drop_duplicates([one for one in results.columns if one != "row"])
    twice = results.duplicated(["sample", "name"], keep=False)
    if twice.any():
        bad = results[twice]
        one = bad.iloc[0]
        pair = bad[(bad["sample"] == one["sample"]) & (bad["name"] == one["name"])]
        rows = " and ".join(map(str, pair["row"][:2]))
        count = bad.groupby(["sample", "name"]).ngroups
        more = f" (and {count - 1} more such pairs)" if count > 1 else ""
        raise InputError(
            f"{source}, rows {rows}: two results of one sample for {one['name']}{more}; keep one method or laboratory "
            "with samples.keep, or name the column that tells samples apart in samples.long.sample"
        )
    return results.copy()


def _column_of_each(results: pd.DataFrame) -> tuple[list[str], dict[str, list[str]], dict[str, str]]:
    """Name the column of each result: the analyte, with its unit added for all but its most frequent one."""
    counts = results.groupby(["name", "unit"], sort=False).size()
    analytes: dict[str, list[str]] = {}
    units: dict[str, str] = {}
    named: dict[tuple[str, str], str] = {}
    for name in dict.fromkeys(results["name"]):
        by_unit = counts[name].sort_values(ascending=False, kind="stable")
        for unit in by_unit.index:
            column = f"{name} ({unit or 'no unit'})" if name in analytes else str(name)
            analytes.setdefault(str(name), []).append(column)
            named[name, unit] = column
            if unit:
                units[column] = str(unit)
    pairs = zip(results["name"], results["unit"], strict=True)
    return [named[pair] for pair in pairs], analytes, units


def _several_at_a_place(
    results: pd.DataFrame,
    table: pd.DataFrame,
    long: Mapping[str, Any],
    section: Mapping[str, Any],
    source: str,
) -> list[InputWarning]:
    """Tell of places that have an analyte several times, where no column names samples."""
    place = [section.get("x"), section.get("y")]
    if long.get("sample") or not all(name in table.columns for name in place):
        return []
    at = table.groupby([plain_cells(table[name]).to_numpy() for name in place], sort=False).ngroup()
    placed = results.assign(place=at.to_numpy()[table.index.get_indexer(pd.Index(results["row"]))])
    twice = placed.duplicated(["place", "name"], keep=False)
    if not twice.any():
        return []
    one = placed[twice].iloc[0]
    same = placed[(placed["place"] == one["place"]) & (placed["name"] == one["name"])]
    return [
        InputWarning(
            f"{placed.loc[twice, 'place'].nunique()} places have results for one analyte several times (rows "
            f"{' and '.join(map(str, same['row'][:2]))}: {one['name']}), which count as samples of their own and are "
            "merged",
            "name the column that tells samples apart in samples.long.sample, or keep one method with samples.keep",
            source,
            str(long["element"]),
            str(one["row"]),
        )
    ]


def join_assays(
    samples: pd.DataFrame, assays: pd.DataFrame, join: Mapping[str, Any], source: str, other: str
) -> pd.DataFrame:
    """Put the assays of each sample beside its place.

    Parameters
    ----------
    samples, assays : pandas.DataFrame
        A row for each sample in both.
    join : mapping
        Config section `samples.join`: the columns `key` and, where the assays call it otherwise, `file_key`.
    source, other : str
        File names of the samples and of the assays, for messages.

    Returns
    -------
    pandas.DataFrame
        All rows of `samples`, with the assays' columns. Columns of both are those of the samples. `attrs["origins"]`
        has the rows that the cells of the assays' columns stand in.

    Raises
    ------
    InputError
        The key does not exist, occurs twice, or no sample has an assay.
    """
    key, file_key = join["key"], join.get("file_key") or join["key"]
    require_column(samples, key, source, "samples.join.key")
    require_column(
        assays, file_key, other, "samples.join.file_key" if join.get("file_key") else "samples.join.key"
    )
    left, right = _keys(samples[key]), _keys(assays[file_key])
    _stop_at_repeated(left, samples, source, key)
    _stop_at_repeated(right, assays, other, file_key)
    position = pd.Series(np.arange(len(right)), index=right)
    position = position[position.index != ""]
    at = position.reindex(left).to_numpy(dtype=np.float64)
    found = np.isfinite(at)
    if not found.any():
        raise InputError(
            f"{source}: no sample has an assay in {other}; column {key!r} holds {_first(left)}, and {file_key!r} there "
            f"holds {_first(right)} (samples.join)"
        )
    both = [str(name) for name in assays.columns if name in samples.columns and name != file_key]
    joined_assays = assays.drop(columns=[*both, file_key])
    joined_assays = joined_assays.iloc[np.where(found, at, 0).astype(np.int64)].set_axis(
        samples.index, axis=0
    )
    joined_assays = joined_assays.astype(object)
    joined_assays.loc[~found] = ""
    joined = pd.concat([samples, joined_assays], axis=1)
    joined.index.name = "row"
    messages = [*samples.attrs.get("warnings", []), *assays.attrs.get("warnings", [])]
    messages += as_records(_unmatched(left, right, found, both, source, other, samples.index))
    joined.attrs = samples.attrs | assays.attrs | {"warnings": messages}
    joined.attrs["origins"] = _of_assays(
        joined_assays.columns, assays, other, np.where(found, at, -1).astype(np.int64), joined
    )
    joined.attrs["units"] = assays.attrs.get("units", {}) | samples.attrs.get("units", {})
    joined.attrs["kept"] = [*samples.attrs.get("kept", []), *assays.attrs.get("kept", [])]
    return joined


def _of_assays(
    columns: pd.Index, assays: pd.DataFrame, other: str, at: npt.NDArray[np.int64], joined: pd.DataFrame
) -> dict[str, Origin]:
    """Return where the cells of the assays' columns stand; ``at`` is each sample's place among the assays, or -1."""
    found, plain = at >= 0, row_numbers(assays)
    own = Origin(other, pd.Series(plain[at[found]], index=row_numbers(joined)[found]))
    origins = dict.fromkeys(map(str, columns), own)
    for column, origin in assays.attrs.get("origins", {}).items():
        if column in origins:
            rows = origin.rows.reindex(plain[at[found]]).set_axis(own.rows.index)
            origins[column] = Origin(origin.file, rows.dropna())
    return origins


def _keys(cells: pd.Series) -> pd.Index:
    """Return keys as text; a workbook's 1001.0 is the 1001 of a text file."""
    return pd.Index(plain_cells(cells).str.replace(r"^(\d+)\.0+$", r"\1", regex=True))


def _stop_at_repeated(keys: pd.Index, table: pd.DataFrame, source: str, column: str) -> None:
    twice = keys.duplicated(keep=False) & (keys != "")
    if twice.any():
        text = keys[twice][0]
        rows = " and ".join(map(str, table.index[keys == text][:2]))
        count = f"{keys[twice].nunique()} keys are repeated"
        where = f"{source}, column {column!r}: {text!r} stands in rows {rows} ({count})"
        if _SHORTENED.fullmatch(text):
            raise InputError(
                f"{where}, as if a spreadsheet had shortened long numbers; export the column as text from the original"
            )
        raise InputError(
            f"{where}; "
            "keep one row for each sample with samples.keep, such as no duplicates and no reference materials"
        )


def _first(keys: pd.Index) -> str:
    return ", ".join(repr(key) for key in list(keys)[:3])


def _unmatched(
    left: pd.Index,
    right: pd.Index,
    found: np.ndarray,
    both: list[str],
    source: str,
    other: str,
    rows: pd.Index,
) -> list[InputWarning]:
    """Tell of samples without assays, assays without samples, and columns of both files."""
    messages = []
    fix = "check the key (samples.join) and whether both files are complete"
    if not found.all():
        what = f"{(~found).sum()} of {len(found)} samples have no assay in {other} (the first is {left[~found][0]!r})"
        messages.append(InputWarning(what, fix, source, row=str(rows[~found][0])))
    lone = ~right.isin(left) & (right != "")
    if lone.any():
        what = f"{lone.sum()} of {len(right)} assays belong to no sample of {source} (the first is {right[lone][0]!r})"
        messages.append(InputWarning(what, fix, other))
    if both:
        listed = ", ".join(both[:8])
        messages.append(
            InputWarning(
                f"columns that {source} has too are not taken from here: {listed}",
                "rename them if they differ",
                other,
            )
        )
    return messages
