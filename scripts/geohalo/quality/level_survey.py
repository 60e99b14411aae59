"""Bring the batches of a survey to one level: estimate, test, correct, and measure whether that helped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.cube.variogram import sample_spacing
from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning
from geohalo.quality.batches import FloatArray, IntArray, Levels, batch_codes
from geohalo.quality.ground import correlation_of_differences
from geohalo.quality.levelling import BoolArray, Shifts, find_shifts, shift_table
from geohalo.quality.levelling_doubts import levelling_doubts
from geohalo.quality.levelling_error import ALL, COLUMNS, TOGETHER, levelling_errors
from geohalo.quality.neighbour_levels import default_distance, earlier_neighbours, neighbour_levels
from geohalo.quality.quantile_levels import quantile_levels
from geohalo.quality.reference_levels import reference_levels

#: A column that has a value of its own for more than this share of the rows names samples, not batches.
MOST_BATCHES = 0.2
#: Samples are at a border if one of another batch lies within so many sample spacings.
BORDER = 2.0


@dataclass(frozen=True)
class Rows:
    """Analyses of samples, or of reference materials.

    Attributes
    ----------
    values : ndarray (rows, elements)
        Concentrations in ppm, NaN where missing.
    censored : ndarray of bool (rows, elements)
        Below the detection limit.
    batch : ndarray of str (rows,)
        "" for none.
    points : ndarray (rows, 2)
        Coordinates in metres; of no use for reference materials.
    material : ndarray of str (rows,)
        Reference material; "" for a sample.
    """

    values: FloatArray
    censored: BoolArray
    batch: npt.NDArray[np.object_]
    points: FloatArray
    material: npt.NDArray[np.object_]


@dataclass(frozen=True)
class Levelling:
    """What became of a survey's batches.

    Attributes
    ----------
    batches, elements : list of str
        Those of the shifts.
    shifts : Shifts
    table : DataFrame
        See `geohalo.quality.levelling.shift_table`.
    errors : DataFrame
        See `geohalo.quality.levelling_error.levelling_errors`; empty where no shift is applied or would be.
    warnings : list of InputWarning
    """

    batches: list[str]
    elements: list[str]
    shifts: Shifts
    table: pd.DataFrame
    errors: pd.DataFrame
    warnings: list[InputWarning]

    def summary(self) -> str:
        """Return a line for the log."""
        applied, elements = self.shifts.applied, int(self.shifts.applied.any(axis=1).sum())
        moved = f"{int(applied.any(axis=0).sum())} of {len(self.batches)} batches levelled, in {elements} elements"
        together = self.errors[(self.errors["element"] == TOGETHER) & (self.errors["where"] == ALL)]
        if together.empty or not elements:
            return moved
        row = together.iloc[0]
        return f"{moved}; error at left-out samples times {row['ratio']:.3f} ({row['low']:.3f} to {row['high']:.3f})"


def level_survey(
    samples: Rows,
    references: Rows,
    elements: Sequence[str],
    column: str,
    section: Mapping[str, Any] | None,
    interpolation: Mapping[str, Any],
    block: float,
    source: str = "samples",
    measure: bool = True,
) -> Levelling:
    """Find how far the batches of a survey stand off, and whether taking that off helps. No label is used.

    Parameters
    ----------
    samples, references : Rows
        Of the survey, and of reference materials.
    elements : sequence of str
    column : str
        Config key `samples.batch`, for messages.
    section : mapping or None
        Config section `samples.levelling` with its defaults; None where it is absent: shifts are then looked for with
        the defaults, and none is applied.
    interpolation : mapping
        Config section `interpolation`.
    block : float
        Side of the blocks that are left out to measure errors, in metres.
    source : str
        File name, for messages.
    measure : bool
        Whether errors are measured.

    Raises
    ------
    InputError
        If the batches, the elements or the reference batch of the section are not to be found in the table.
    """
    settings = dict(section or {"method": "neighbours", "apply": "none", "distance": None})
    codes, batches = check_batches(samples.batch, elements, column, section, source)
    own = batches.index(settings["reference_batch"]) if settings.get("reference_batch") else None
    wanted = [k for k, name in enumerate(elements) if name in (settings.get("elements") or elements)]
    names = [elements[k] for k in wanted]
    estimator = Estimator(samples, references, wanted, codes, batches, settings, own)
    levels = estimator.levels(np.arange(len(codes)))
    # A method that compares each batch with the reference leaves that one where it is.
    relative = None if settings["method"] == "quantiles" else own
    shifts, would = _shifts(
        levels, np.bincount(codes[codes >= 0], minlength=len(batches)), settings, relative
    )
    n = _counts(samples.values[:, wanted], codes, len(batches))
    table = shift_table(shifts, levels, names, batches, n)
    moved = np.flatnonzero((would.applied & (would.shift != 0)).any(axis=1))
    errors = pd.DataFrame(columns=list(COLUMNS))
    if moved.size and measure:
        errors = _left_out_errors(estimator, names, moved, would, relative, interpolation, block)
    doubts = levelling_doubts(table, errors, column, section, would, names, batches, source)
    return Levelling(batches, names, shifts, table, errors, doubts)


def _shifts(
    levels: Sequence[Levels], counts: IntArray, settings: Mapping[str, Any], relative: int | None
) -> tuple[Shifts, Shifts]:
    """Return the shifts as the settings apply them, and as they would be applied where the settings apply none."""
    # Reference materials know nothing of the ground, and quantiles nothing of neighbours.
    correlation = correlation_of_differences(levels) if settings["method"] == "neighbours" else None
    shifts = find_shifts(levels, counts, settings["apply"], relative, correlation=correlation)
    if settings["apply"] != "none":
        return shifts, shifts
    return shifts, find_shifts(levels, counts, "significant", relative, correlation=correlation)


def check_batches(
    batch: npt.NDArray[np.object_],
    elements: Sequence[str],
    column: str,
    section: Mapping[str, Any] | None,
    source: str = "samples",
) -> tuple[IntArray, list[str]]:
    """Return the batch of each row as a number and the names of the batches, if they can be levelled as asked for.

    Parameters
    ----------
    batch : ndarray of str (rows,)
        Of `Rows`.
    elements, column, section, source
        As in `level_survey`.

    Raises
    ------
    InputError
        If the batches, the elements or the reference batch of the section are not to be found in the table.
    """
    codes, batches = batch_codes(pd.Series(batch))
    _check(batches, codes, column, section or {}, elements, source)
    return codes, batches


@dataclass(frozen=True)
class Estimator:
    """Estimates levels from some of the samples, by the method that the settings name.

    Attributes
    ----------
    samples, references : Rows
    wanted : list of int
        Positions of the elements that are levelled.
    codes : ndarray of int (samples,)
        Batch of each sample; -1 for none.
    batches : list of str
    settings : mapping
        Config section `samples.levelling`.
    reference : int or None
        The batch that `reference_batch` names.
    """

    samples: Rows
    references: Rows
    wanted: list[int]
    codes: IntArray
    batches: list[str]
    settings: Mapping[str, Any]
    reference: int | None

    @property
    def distance(self) -> float:
        """Greatest distance in metres between samples that are compared."""
        given = self.settings.get("distance")
        return float(given) if given else default_distance(self.samples.points)

    def levels(self, rows: IntArray, elements: IntArray | None = None) -> list[Levels]:
        """Estimate the levels of some elements (positions in `wanted`; all by default) from some samples."""
        chosen = self.wanted if elements is None else [self.wanted[k] for k in elements]
        n, codes, method = len(self.batches), self.codes[rows], self.settings["method"]
        if method == "reference":
            known = (
                pd.Index(self.batches, dtype=object)
                .get_indexer(pd.Index(self.references.batch))
                .astype(np.int64)
            )
            logs = _logarithms(self.references.values, chosen)
            logs[self.references.censored[:, chosen]] = np.nan
            return [reference_levels(column, known, n, self.references.material) for column in logs.T]
        logs = _logarithms(self.samples.values[rows], chosen)
        flags = self.samples.censored[rows][:, chosen]
        if method == "quantiles":
            return [
                quantile_levels(column, flags[:, k], codes, n, self.reference)
                for k, column in enumerate(logs.T)
            ]
        points = self.samples.points[rows]
        near = earlier_neighbours(points, self.distance)
        return [
            neighbour_levels(points, column, codes, n, near, flags[:, k]) for k, column in enumerate(logs.T)
        ]

    def correction(
        self, rows: IntArray, elements: IntArray, found: Shifts, reference: int | None
    ) -> FloatArray:
        """Estimate shifts of some elements from some samples, for the batches that stood off with all of them."""
        counts = np.bincount(self.codes[self.codes >= 0], minlength=len(self.batches))
        again = find_shifts(
            self.levels(rows, elements), counts, "significant", reference, found.standing[elements]
        )
        return np.where(found.applied[elements], np.nan_to_num(again.shift), 0.0)


def _left_out_errors(
    estimator: Estimator,
    names: Sequence[str],
    moved: IntArray,
    would: Shifts,
    relative: int | None,
    interpolation: Mapping[str, Any],
    block: float,
) -> pd.DataFrame:
    """Measure the error at left-out samples in the elements that would be moved, by their positions in ``names``."""
    samples = estimator.samples
    return levelling_errors(
        samples.points,
        samples.values[:, [estimator.wanted[k] for k in moved]],
        estimator.codes,
        [names[k] for k in moved],
        lambda rows: estimator.correction(rows, moved, would, relative),
        interpolation,
        block,
        BORDER * sample_spacing(samples.points),
    )


def _logarithms(values: FloatArray, elements: Sequence[int]) -> FloatArray:
    """Return ln of some columns; NaN where a value is not above 0."""
    part = values[:, elements]
    return np.log(np.where(part > 0, part, np.nan))


def _counts(values: FloatArray, codes: IntArray, n_batches: int) -> IntArray:
    """Count the values of each batch; (elements, batches)."""
    known = ~np.isnan(values[codes >= 0])
    counts = np.zeros((n_batches, values.shape[1]), dtype=np.int64)
    np.add.at(counts, codes[codes >= 0], known)
    return counts.T


def _check(
    batches: Sequence[str],
    codes: IntArray,
    column: str,
    settings: Mapping[str, Any],
    elements: Sequence[str],
    source: str,
) -> None:
    """Stop where the settings name what the table does not have."""
    where = f"{source}, column {column!r}"
    if len(batches) < 2:
        count = "a single batch" if batches else "no batch"
        raise InputError(
            f"{where}: samples.batch names a column that has {count} among the samples, and there is nothing to level; "
            "name another column, or remove samples.batch and samples.levelling"
        )
    if len(batches) > MOST_BATCHES * (codes >= 0).sum():
        raise InputError(
            f"{where}: samples.batch names a column with {len(batches)} values in {(codes >= 0).sum()} samples, "
            "which are too many to be batches; name the column of laboratory jobs, sheets or surveys"
        )
    unknown = [name for name in settings.get("elements") or [] if name not in elements]
    if unknown:
        raise InputError(
            f"{source}: samples.levelling.elements lists {unknown[0]!r}, which is not among the elements used: "
            f"{', '.join(elements)}"
        )
    named = settings.get("reference_batch")
    if named and named not in batches:
        raise InputError(
            f"{where}: samples.levelling.reference_batch is {named!r}, which no sample has; batches are "
            f"{', '.join(batches[:10])}{' ...' if len(batches) > 10 else ''}"
        )
