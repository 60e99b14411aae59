"""Samples that are mixtures, the ground that each of them saw, and the grid that this lies on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geohalo.cube.grid import Grid, sampled_mask, survey_grid
from geohalo.errors import InputError
from geohalo.files.catchments import read_catchments
from geohalo.files.cells import Survey
from geohalo.files.interpolation import read_logarithms
from geohalo.sources.ice_flow import read_flow
from geohalo.sources.mixing import Mixing
from geohalo.sources.till import till_shares

#: Width of a strip of till over its length, where none is given.
SLENDER = 0.25


@dataclass(frozen=True)
class Mixtures:
    """Clean samples, and the ground that they are mixtures of.

    Attributes
    ----------
    points : ndarray (samples, 2)
        In metres.
    logarithms : ndarray (samples, elements)
        ln ppm; NaN where missing.
    names : list of str
        Of the elements.
    mixing : Mixing
        Of the samples and the cells of the grid.
    survey : Survey
        The grid, and the cells near a sample.
    """

    points: NDArray[np.float64]
    logarithms: NDArray[np.float64]
    names: list[str]
    mixing: Mixing
    survey: Survey


def read_mixtures(
    samples: str,
    grid: Mapping[str, float],
    settings: Mapping[str, Any],
    catchments: str | None,
    bearing: str | None,
) -> Mixtures:
    """Read samples of streams or till and their ground.

    Parameters
    ----------
    samples : str
        Clean samples.
    grid : mapping
        ``cell`` and ``max_distance`` of the config section.
    settings : mapping
        Of till the config section ``ice``.
    catchments : str, optional
        Of stream samples.
    bearing : str, optional
        Raster of bearings of the ice, where ``ice.bearing`` names one.

    Raises
    ------
    InputError
        No sample with a value sees any ground, or the ice has no bearing at a sample.
    """
    points, logarithms, names, crs = read_logarithms(samples)
    if catchments is not None:
        delineated, _, layout = read_catchments(catchments)
        mixing = Mixing.of(delineated.shares, delineated.parent, delineated.twin)
    else:
        layout = survey_grid(points, grid["cell"], grid["max_distance"])
        mixing = _of_ice(
            samples, points, layout, settings["ice"], read_flow(Path(bearing), crs) if bearing else None
        )
    survey = Survey(layout, sampled_mask(layout, points, grid["max_distance"]), crs.to_wkt())
    blind = [
        name for name, column in zip(names, logarithms.T, strict=True) if np.isnan(column[mixing.sees]).all()
    ]
    if blind:
        raise InputError(
            f"no sample whose ground is known has a value of {', '.join(blind[:5])}"
            f"{f' and {len(blind) - 5} more' if len(blind) > 5 else ''}; see what catchments.csv doubts, leave "
            "these elements out (samples.exclude), or set samples.medium: soil."
        )
    return Mixtures(points, logarithms, names, mixing, survey)


def _of_ice(
    samples: str, points: NDArray[np.float64], layout: Grid, ice: Mapping[str, Any], flow: Any
) -> Mixing:
    rows = [str(name) for name in gpd.read_parquet(samples, columns=["sample", "geometry"])["sample"]]
    length = float(ice["length"])
    width = float(ice["width"] or SLENDER * length)
    shares = till_shares(points, layout, flow or float(ice["bearing"]), length, width, rows)
    return Mixing.of(shares, np.full(len(points), -1))
