"""Log-ratio transform and standardise the elements, by blocks of rows: the cube that the network sees."""

from collections.abc import Iterator
from functools import reduce
from operator import add

import numpy as np
import xarray as xr

from geohalo.cube.logratio import check_variation, standardise, transformed
from geohalo.cube.moments import Moments
from geohalo.files.cells import Survey, netcdf_by_rows
from geohalo.files.covariates import CovariateBands


def stack_cube(
    elements: str,
    transform: str,
    clip: float,
    cube: str,
    quality: str | None = None,
    covariates: str | None = None,
) -> None:
    """Write the cube: one pass over the elements for means and deviations, one for the values.

    ``quality`` is the table of quality control, where elements that fail are weighed down. The bands of ``covariates``
    come last: no log-ratio touches them.
    """
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
        names = [str(name) for name in data["element"].to_numpy()]
        weights = None
        if quality is not None:
            from geohalo.stages.shared.quality import element_weights  # slow to import

            weights = element_weights(quality, names)
        blocks = [rows for rows in survey.row_blocks() if survey.mask[rows].any()]

        def values() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for rows in blocks:
                inside = data["concentration"][:, rows].to_numpy()[:, survey.mask[rows]].T.astype(np.float64)
                yield inside, transformed(inside, names, transform)

        both = ((Moments.of(inside), Moments.of(block)) for inside, block in values())
        raw, moments = reduce(lambda one, other: tuple(map(add, one, other)), both)
        check_variation(names, raw, moments, transform)
        kind = "" if transform == "none" else f"{transform} "
        about = {"long_name": f"standardised {kind}value", "units": "1", "transform": transform}
        further = CovariateBands.read(covariates, survey) if covariates else None
        rest = survey.dataset().assign_coords(element=names)
        if further is not None:
            kinds = ["element"] * len(names) + ["covariate"] * len(further.names)
            of_columns = ("element", np.array(kinds, dtype=object))
            rest = survey.dataset(kind=of_columns).assign_coords(element=[*names, *further.names])
        with netcdf_by_rows(rest, {"cube": about}, cube) as write:
            for rows, (_, block) in zip(blocks, values(), strict=True):
                scaled = standardise(block, clip, moments, weights).T.astype(np.float32)
                if further is not None:
                    scaled = np.concatenate([scaled, further.rows(rows, clip)])
                write("cube", rows, survey.band(rows).image(scaled))
