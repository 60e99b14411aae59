"""The three faults of the real world: contamination, transported cover, and the laboratory."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from geohalo.survey.simulation.fields import evaluate_in_blocks, gaussian_field
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

    def shape(self, places: np.ndarray) -> np.ndarray:
        """Evaluate each patch at places, (places, patches); exactly 0 beyond `PATCH_REACH` spreads."""
        squared = ((places[:, None, :] - self.centres[None]) ** 2).sum(axis=-1) / self.spread**2
        floor = np.exp(-(PATCH_REACH**2) / 2)
        return self.height * np.clip((np.exp(-squared / 2) - floor) / (1 - floor), 0, None)

    def share(self, places: np.ndarray) -> np.ndarray:
        """Joint share of all patches at places, 0 to 1."""

        def joint(block: np.ndarray) -> np.ndarray:
            return 1.0 - np.prod(1.0 - self.shape(block), axis=1)

        return evaluate_in_blocks(joint, places, len(self.centres))

    def log_shift(self, places: np.ndarray) -> np.ndarray:
        """Sum of the patches' log shifts at places; returns (places, elements)."""

        def total(block: np.ndarray) -> np.ndarray:
            return self.shape(block) @ self.shifts

        return evaluate_in_blocks(total, places, len(self.centres))


def draw_patches(layout: SampleLayout, deposits: np.ndarray, rng: np.random.Generator) -> Patches:
    """Draw towns and smelters at sample sites, away from deposits and from each other where there is room."""
    n = max(2, round(min(layout.area / PATCH_AREA, len(layout.sites) / 50)))
    order = rng.permutation(len(layout.sites))
    to_deposit, _ = KDTree(deposits).query(layout.sites)
    centres: list[np.ndarray] = []
    for _ in range(n):
        clearance = to_deposit
        if centres:
            clearance = np.minimum(clearance, KDTree(np.array(centres)).query(layout.sites)[0])
        roomy = order[clearance[order] > PATCH_CLEARANCE]
        centres.append(layout.sites[roomy[0] if len(roomy) else np.argmax(clearance)])
    kinds = rng.integers(len(ANTHROPOGENIC_TYPES), size=n)
    shifts = as_matrix(list(ANTHROPOGENIC_TYPES.values()))[kinds] * rng.lognormal(0, 0.3, (n, len(ELEMENTS)))
    return Patches(np.array(centres), rng.uniform(1_400, 2_800, n), rng.uniform(0.6, 1.0, n), shifts)


def draw_cover(places: np.ndarray, deposits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the share of transported cover in the sampled material at places, 0 to `THICKEST_COVER`.

    A smooth field above its upper quartile is a patch of cover, thicker inwards; about a quarter of
    the ground has some. The field is lifted over a few deposits, so that every survey has weak anomalies.
    """
    field = gaussian_field(places, rng, 9_000.0, smooth=True, modes=300)
    buried = rng.permutation(deposits)[: int(np.ceil(BURIED_DEPOSITS * len(deposits)))]
    distance, _ = KDTree(buried).query(places)
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
    log_shift : ndarray, shape (samples, elements)
        Bias of the batch.
    missing : ndarray of bool, shape (samples, elements)
        Not analysed.
    limit : ndarray, shape (elements,)
        Detection limits in ppm; 0 for none.
    """

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
    shape = (len(batch), len(ELEMENTS))
    by_size = np.argsort(-np.bincount(batch), kind="stable")
    shifted_batch, skipping_batch = rng.permutation(by_size[: max(2, len(by_size) // 2)])[:2]
    n_traces = len(ELEMENTS) - len(OXIDES)
    shifted = rng.choice(n_traces, SHIFTED_ELEMENTS, replace=False)
    size = rng.choice([-1.0, 1.0], SHIFTED_ELEMENTS) * rng.uniform(0.35, 0.6, SHIFTED_ELEMENTS)
    skipped = rng.choice(n_traces, SKIPPED_ELEMENTS, replace=False)
    gap = rng.uniform(size=shape)
    log_shift = np.zeros(shape)
    log_shift[np.ix_(batch == shifted_batch, shifted)] = strength * size
    missing = gap < MISSING_SHARE * strength
    if strength > 0:
        missing[np.ix_(batch == skipping_batch, skipped)] = True
    share = np.array([DETECTION_LIMIT_SHARE.get(element, 0.0) for element in ELEMENTS])
    return LaboratoryFaults(log_shift, missing, strength * share * abundance)


def _significant(value: float, digits: int) -> str:
    """Write a number with so many significant digits and no exponent."""
    return np.format_float_positional(value, precision=digits, fractional=False, trim="-")


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
    column = pd.Series([_significant(value, 3) for value in values], dtype="str")
    limit_text = _significant(limit, 2)
    column[values < float(limit_text)] = f"<{limit_text}"
    return column.mask(missing)


def column_name(element: str) -> str:
    """Header of an element's column: symbol or oxide, and unit."""
    if element in OXIDES:
        return f"{OXIDES[element]}_pct"
    return f"{element}_ppb" if element in IN_PPB else f"{element}_ppm"
