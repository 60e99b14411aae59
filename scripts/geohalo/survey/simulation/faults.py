"""The three faults of the real world: contamination, transported cover, and the laboratory."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from geohalo.survey.simulation.fields import draw_field, near_sources, row_blocks
from geohalo.survey.simulation.layout import SampleLayout
from geohalo.survey.simulation.signatures import (
    ANTHROPOGENIC_TYPES,
    DETECTION_LIMIT_SHARE,
    ELEMENTS,
    IN_PPB,
    OXIDES,
    as_matrix,
)

PATCH_AREA = 1_100e6  # one contaminated patch for so many square metres
PATCH_CLEARANCE = 7_000.0
PATCH_REACH = 2.2  # standard deviations
THICKEST_COVER = 0.85
BURIED_DEPOSITS = 0.15  # share of the deposits that cover is drawn to; more are covered by chance
BURIED_RADIUS = 5_000.0
N_BATCHES = 20
SHIFTED_ELEMENTS = 8
SKIPPED_ELEMENTS = 3
MISSING_SHARE = 0.01


@dataclass(frozen=True)
class Patches:
    """Roundish contaminated patches.

    Attributes
    ----------
    centres : ndarray, shape (n, 2)
        Coordinates (x, y) in metres.
    spread : ndarray, shape (n,)
        Standard deviation of the bell shape in metres.
    height : ndarray, shape (n,)
        Height of the shape, 0 to 1.
    shifts : ndarray, shape (n, elements)
        Log shifts of the elements where the shape is 1.
    """

    centres: np.ndarray
    spread: np.ndarray
    height: np.ndarray
    shifts: np.ndarray

    def shape(self, one: int, places: np.ndarray) -> np.ndarray:
        """Evaluate one patch at places (n, 2); returns (n,), exactly 0 beyond `PATCH_REACH` spreads."""
        squared = ((places - self.centres[one]) ** 2).sum(axis=-1) / self.spread[one] ** 2
        floor = np.exp(-(PATCH_REACH**2) / 2)
        return self.height[one] * np.clip((np.exp(-squared / 2) - floor) / (1 - floor), 0, None)

    def share(self, places: np.ndarray) -> np.ndarray:
        """Joint share of all patches at places, 0 to 1."""
        left = np.ones(len(places))
        for one, near in near_sources(places, self.centres, PATCH_REACH * self.spread):
            left[near] *= 1.0 - self.shape(one, places[near])
        return 1.0 - left

    def log_shift(self, places: np.ndarray) -> np.ndarray:
        """Sum of the patches' log shifts at places; returns (places, elements)."""
        total = np.zeros((len(places), len(ELEMENTS)))
        for one, near in near_sources(places, self.centres, PATCH_REACH * self.spread):
            total[near] += self.shape(one, places[near])[:, None] * self.shifts[one]
        return total


def draw_patches(layout: SampleLayout, deposits: np.ndarray, rng: np.random.Generator) -> Patches:
    """Draw towns and smelters at sample sites, away from deposits and from each other where there is room."""
    n = max(2, round(min(layout.area / PATCH_AREA, len(layout.sites) / 50)))
    centres = _apart(layout.sites, deposits, rng.permutation(len(layout.sites)), n)
    kinds = rng.integers(len(ANTHROPOGENIC_TYPES), size=n)
    shifts = as_matrix(list(ANTHROPOGENIC_TYPES.values()))[kinds] * rng.lognormal(0, 0.3, (n, len(ELEMENTS)))
    return Patches(centres, rng.uniform(1_400, 2_800, n), rng.uniform(0.6, 1.0, n), shifts)


def _apart(sites: np.ndarray, others: np.ndarray, order: np.ndarray, n: int) -> np.ndarray:
    """Choose the first `n` sites in some order that keep their distance; where there is no room, the loneliest."""
    tree = KDTree(sites)
    to_other, _ = KDTree(others).query(sites)
    roomy = to_other > PATCH_CLEARANCE
    centres: list[np.ndarray] = []
    # What one centre leaves no room for, the next ones do not give it back: one walk through the order will do.
    for one in order:
        if len(centres) == n:
            break
        if roomy[one]:
            centres.append(sites[one])
            roomy[tree.query_ball_point(sites[one], PATCH_CLEARANCE)] = False
    while len(centres) < n:
        to_centre = KDTree(np.array(centres)).query(sites)[0] if centres else to_other
        centres.append(sites[np.argmax(np.minimum(to_other, to_centre))])
    return np.array(centres)


def draw_cover(layout: SampleLayout, deposits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the share of transported cover at the samples and then in the cells, 0 to `THICKEST_COVER`.

    A smooth field above its upper quartile is a patch of cover, thicker inwards; about a quarter of
    the ground has some. The field is lifted over a few deposits, so that every survey has weak anomalies.
    """
    drawn = draw_field(rng, 9_000.0, smooth=True, modes=300)
    field = np.concatenate([drawn.at(layout.sites), drawn.on_grid(layout.x, layout.y)])
    buried = rng.permutation(deposits)[: int(np.ceil(BURIED_DEPOSITS * len(deposits)))]
    distance, _ = KDTree(buried).query(np.concatenate([layout.sites, layout.cells]))
    field += 2.0 * np.exp(-((distance / BURIED_RADIUS) ** 2))
    low, high = np.quantile(field, [0.76, 0.92])
    return THICKEST_COVER * np.clip((field - low) / (high - low), 0, 1)


def map_sheets(squares: np.ndarray) -> np.ndarray:
    """Number the map sheets that the laboratory received as batches; (samples,) of int from 0."""
    side = max(1, round(np.sqrt(len(squares) / N_BATCHES)))
    sheets = squares // side
    _, number = np.unique(sheets[:, 1] * (sheets[:, 0].max() + 1) + sheets[:, 0], return_inverse=True)
    return number


@dataclass(frozen=True)
class LaboratoryFaults:
    """What the laboratory does to the samples.

    Attributes
    ----------
    shifted : ndarray of bool, shape (samples,)
        Samples of the batch that is biased.
    log_shift : ndarray, shape (elements,)
        Its bias.
    missing : ndarray of bool, shape (samples, elements)
        Not analysed.
    limit : ndarray, shape (elements,)
        Detection limits in ppm; 0 for none.
    """

    shifted: np.ndarray
    log_shift: np.ndarray
    missing: np.ndarray
    limit: np.ndarray


def draw_laboratory(
    batch: np.ndarray, abundance: np.ndarray, strength: float, rng: np.random.Generator
) -> LaboratoryFaults:
    """Draw a batch with a level shift, a batch that skips a few elements, gaps and detection limits.

    Parameters
    ----------
    batch : ndarray of int, shape (samples,)
        Batch of each sample.
    abundance : ndarray, shape (elements,)
        Upper-crust abundances in ppm, of which the detection limits are shares.
    strength : float
        0 for a perfect laboratory; 1 is ordinary. All draws are made whatever the strength, so that
        only their effect changes.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    LaboratoryFaults
    """
    by_size = np.argsort(-np.bincount(batch), kind="stable")
    shifted_batch, skipping_batch = rng.permutation(by_size[: max(2, len(by_size) // 2)])[:2]
    n_traces = len(ELEMENTS) - len(OXIDES)
    shifted = rng.choice(n_traces, SHIFTED_ELEMENTS, replace=False)
    size = rng.choice([-1.0, 1.0], SHIFTED_ELEMENTS) * rng.uniform(0.35, 0.6, SHIFTED_ELEMENTS)
    skipped = rng.choice(n_traces, SKIPPED_ELEMENTS, replace=False)
    log_shift = np.zeros(len(ELEMENTS))
    log_shift[shifted] = strength * size
    missing = np.empty((len(batch), len(ELEMENTS)), dtype=bool)
    for rows in row_blocks(len(batch)):
        missing[rows] = rng.uniform(size=missing[rows].shape) < MISSING_SHARE * strength
    if strength > 0:
        missing[np.ix_(batch == skipping_batch, skipped)] = True
    share = np.array([DETECTION_LIMIT_SHARE.get(element, 0.0) for element in ELEMENTS])
    return LaboratoryFaults(batch == shifted_batch, log_shift, missing, strength * share * abundance)


def _significant(value: float, digits: int) -> str:
    """Write a number with so many significant digits and no exponent."""
    return np.format_float_positional(value, precision=digits, fractional=False, trim="-")


def significant_texts(values: np.ndarray, digits: int) -> tuple[np.ndarray, np.ndarray]:
    """Write numbers with so many significant digits, each distinct text once.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Positive numbers.
    digits : int

    Returns
    -------
    texts : ndarray of str, shape (m,)
    codes : ndarray of int, shape (n,)
        Position of the text of each number.
    """
    shift = digits - 1 - np.floor(np.log10(values)).astype(np.int64)
    # Powers of ten are exact up to 22, so that scaling rounds once.
    up, down = 10.0 ** np.maximum(shift, 0), 10.0 ** np.maximum(-shift, 0)
    scaled = values * up / down
    rounded = np.rint(scaled)
    # First digits and power of ten; a number on the edge between two texts is looked at by itself.
    edge = np.flatnonzero(np.abs(np.abs(scaled - rounded) - 0.5) < 1e-6)
    base = 10 ** (digits + 1)
    distinct, codes = np.unique(shift * base + rounded.astype(np.int64), return_inverse=True)
    texts = [_significant(float(f"{key % base}e{-(key // base)}"), digits) for key in distinct.tolist()]
    codes[edge] = len(texts) + np.arange(len(edge))
    return np.array([*texts, *(_significant(value, digits) for value in values[edge])], dtype=object), codes


def report_column(values: np.ndarray, missing: np.ndarray, limit: float) -> pd.Series:
    """Write one element as a laboratory reports it.

    Parameters
    ----------
    values : ndarray, shape (samples,)
        Concentrations in the unit of the report.
    missing : ndarray of bool, shape (samples,)
        Not analysed.
    limit : float
        Detection limit in the same unit; 0 for none.

    Returns
    -------
    pandas.Series of str
        Three significant digits; `<limit` below the limit (given to two digits); missing where not
        analysed.
    """
    texts, codes = significant_texts(values, 3)
    limit_text = _significant(limit, 2)
    codes[values < float(limit_text)] = len(texts)
    codes[missing] = -1
    known = pd.array([*texts, f"<{limit_text}"], dtype="str")
    return pd.Series(known.take(codes, allow_fill=True))


def column_name(element: str) -> str:
    """Header of an element's column: symbol or oxide, and unit."""
    if element in OXIDES:
        return f"{OXIDES[element]}_pct"
    return f"{element}_ppb" if element in IN_PPB else f"{element}_ppm"
