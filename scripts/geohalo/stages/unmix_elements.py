"""Map the ground that samples of streams or till came from, and compare it with discs and places of samples."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geohalo.cube.method_choice import ElementFit
from geohalo.errors import InputError
from geohalo.files.cells import Survey, netcdf_by_rows
from geohalo.files.input_warnings import leave_warnings
from geohalo.files.interpolation import blocks_of_rows, interpolated_frame
from geohalo.files.provenance import provenance
from geohalo.files.tables import write_csv
from geohalo.input_warnings import InputWarning
from geohalo.medium import MAPPED_AS, PLACE
from geohalo.sources.amount import MOST_SAMPLES, check_law
from geohalo.sources.folds import Folds, tree_folds
from geohalo.sources.left_out_discs import (
    predicted_as_discs,
    predicted_as_places,
    predicted_by_mass,
    scores,
)
from geohalo.sources.unmixing import Options, Sources, unmix
from geohalo.stages.shared.mixtures import Mixtures, read_mixtures

MAPS = {
    "concentration": {"long_name": "concentration of the ground that samples came from", "units": "ppm"},
    "variance": {
        "long_name": "variance of ln concentration given the samples, without their noise",
        "units": "(ln ppm)2",
    },
}
#: Share of the ground of the samples that may lie beyond the map before that is doubtful.
MOST_BEYOND = 0.2


def unmix_elements(
    samples: str,
    grid: Mapping[str, float],
    settings: Mapping[str, Any],
    elements: str,
    table: str,
    catchments: str | None = None,
    bearing: str | None = None,
    warnings: str | None = None,
    folder: str = "",
) -> list[str]:
    """Write concentrations, mask and errors of all elements; returns lines for the log.

    Parameters
    ----------
    samples : str
        Clean samples.
    grid : mapping
        ``cell`` and ``max_distance`` of the config section.
    settings : mapping
        ``medium`` of the samples, the config sections ``sources``, ``interpolation`` and, of till, ``ice``.
    elements, table : str
        Files to write: the gridded elements, and the errors at left-out samples.
    catchments : str, optional
        Of stream samples.
    bearing : str, optional
        Raster of bearings of the ice, where ``ice.bearing`` names one.
    warnings : str, optional
        Table of doubts to write.
    folder : str
        The data folder.

    Raises
    ------
    InputError
        Nothing can be left out, no sample sees any ground, or the ice has no bearing at a sample.
    """
    given = read_mixtures(samples, grid, settings, catchments, bearing)
    folds = _folds(given, 2 * grid["max_distance"])
    section = settings["sources"]
    options = Options(kind=section["penalty"], law=section["law"])
    found = _unmixed(given, folds, options)
    way = MAPPED_AS[settings["medium"]]
    fits, count = _fits(given, folds, options, found, way, settings["interpolation"])
    _write_elements(given, found, fits, elements)
    rows = _rows(given.names, fits, count, found, section)
    write_csv(rows, table, float_format="%.6g")
    source = str(provenance(samples).get("source", "samples"))
    medium = settings["medium"]
    doubts = [*_beyond(given, source, medium), *_worse(rows, way, source, medium)]
    doubts += _no_better(rows, way, source, medium)
    return [*leave_warnings("unmix_elements", doubts, warnings, folder), _told(given, rows, way)]


def _folds(given: Mixtures, block: float) -> Folds:
    mixing = given.mixing
    try:
        folds = tree_folds(mixing.parent, given.points, block, first=mixing.first)
    except ValueError:
        folds = None
    if folds is None or not (folds.fold[mixing.sees] >= 0).any():
        raise InputError(
            "config key grid.max_distance: how smooth the map may be is chosen at samples left out in blocks of "
            f"{block:g} m (twice grid.max_distance), and all samples lie in one, or drain to each other. Give a "
            "smaller grid.max_distance, or set samples.medium: soil."
        )
    return folds


def _unmixed(given: Mixtures, folds: Folds, options: Options) -> Sources:
    check_law(options.law, given.mixing.mixtures)
    layout = given.survey.grid
    return unmix(given.mixing, layout.shape, layout.cell, given.logarithms, folds, options)


def _fits(
    given: Mixtures,
    folds: Folds,
    options: Options,
    found: Sources,
    way: str,
    interpolation: Mapping[str, Any],
) -> tuple[list[ElementFit], NDArray[np.int64]]:
    """Return the errors of this way, of discs and of places at the same samples, and how many these are."""
    layout, values = given.survey.grid, given.logarithms
    predicted = {way: found.predicted}
    if options.law == "mass":
        balanced = (given.mixing, layout.shape, layout.cell, values, folds, options, found.strength)
        predicted[way] = np.where(np.isnan(found.predicted), np.nan, predicted_by_mass(*balanced))
    best = interpolation["method"] == "best"
    for method in interpolation["candidates"] if best else [interpolation["method"]]:
        predicted[method] = predicted_as_discs(given.points, values, folds, method, interpolation)
    if len(given.points) <= MOST_SAMPLES:
        predicted[PLACE] = predicted_as_places(given.points, layout, values, folds, options)
    of_ways, count = scores(values, predicted)
    fits = [
        ElementFit(way, {name: of_way[k] for name, of_way in of_ways.items()})
        for k in range(len(given.names))
    ]
    return fits, count


def _write_elements(given: Mixtures, found: Sources, fits: list[ElementFit], path: str) -> None:
    survey = given.survey
    frame = interpolated_frame(survey, given.names, fits)
    seen = given.mixing.seen().reshape(survey.grid.shape) & survey.mask
    frame["seen"] = (("y", "x"), seen.astype(np.uint8), {"long_name": "part of the ground of any sample"})
    frame["strength"] = ("element", found.strength, {"long_name": "variance of noise over scale"})
    about = {"long_name": "what the covariance of the ground is multiplied by", "units": "(ln ppm)2"}
    frame["scale"] = ("element", found.scale, about)
    maps = {name: MAPS[name] for name in (MAPS if found.variance is not None else ["concentration"])}
    with netcdf_by_rows(frame, maps, path) as write:
        for rows in blocks_of_rows(survey, 2 * len(given.names)):
            part = survey.band(rows)
            for name, values in _of_block(found, survey, rows):
                write(name, rows, part.image(values.T.astype(np.float32)))


def _of_block(found: Sources, survey: Survey, rows: slice) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield concentration and perhaps variance (cells inside, elements) of some rows."""
    columns = survey.grid.x.size
    cells = slice(rows.start * columns, rows.stop * columns)
    inside = survey.mask[rows].ravel()
    yield "concentration", np.exp(found.estimate[cells][inside])
    if found.variance is not None:
        yield "variance", found.variance[cells][inside]


def _rows(
    names: list[str],
    fits: list[ElementFit],
    count: NDArray[np.int64],
    found: Sources,
    section: Mapping[str, Any],
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for k, (name, fit) in enumerate(zip(names, fits, strict=True)):
        for method, score in fit.scores.items():
            chosen = method == fit.method
            row: dict[str, Any] = {"element": name, "method": method, "chosen": chosen}
            row |= {"cv_error": score.error / np.log(10), "cv_explained": score.explained}
            row |= dict.fromkeys(["cv_variance_ratio", "model", "nugget", "sill", "range"])
            row |= {"samples": count[k], "strength": None}
            if chosen:
                row |= {"model": f"{section['law']}, {section['penalty']}", "strength": found.share[k]}
                row |= {"nugget": found.strength[k] * found.scale[k]}
            rows.append(row)
    return pd.DataFrame(rows)


def _beyond(given: Mixtures, source: str, medium: str) -> list[InputWarning]:
    """Say how much of the ground of samples is beyond the map."""
    seen = given.mixing.seen()
    beyond = float((seen & ~given.survey.mask.ravel()).sum() / max(1, seen.sum()))
    if beyond <= MOST_BEYOND:
        return []
    what = f"{beyond:.0%} of the ground that samples of {medium} came from lies beyond the map"
    return [InputWarning(what, "give a larger grid.max_distance to map it", file=source)]


def _worse(rows: pd.DataFrame, way: str, source: str, medium: str) -> list[InputWarning]:
    """Say where discs predict most elements better."""
    errors = rows.pivot(index="element", columns="method", values="cv_error")
    discs = errors.drop(columns=[way, PLACE], errors="ignore")
    name = str(discs.median().idxmin())
    better = int((discs[name] < errors[way]).sum())
    if 2 * better <= len(errors):
        return []
    what = (
        f"mapped as discs ({name}), samples predict left-out ones better than as {medium} for {better} of "
        f"{len(errors)} elements"
    )
    fix = (
        "compare them in interpolation.csv, look at the ground that samples have, or set samples.medium: soil"
    )
    return [InputWarning(what, fix, file=source)]


def _no_better(rows: pd.DataFrame, way: str, source: str, medium: str) -> list[InputWarning]:
    """Say where the ground that samples came from does not help to predict others."""
    errors = rows.pivot(index="element", columns="method", values="cv_error")
    if PLACE not in errors:
        return []
    better = int((errors[way] < errors[PLACE]).sum())
    if 2 * better > len(errors):
        return []
    what = (
        f"that samples are {medium} helps to predict left-out ones for {better} of {len(errors)} elements only: mapped "
        "as the places where they were taken, with the same penalty, they do as well"
    )
    fix = "do not take the maps for what lies up-ice" if medium == "till" else "look at the catchments"
    return [InputWarning(what, f"{fix}, or set samples.medium: soil", file=source)]


def _told(given: Mixtures, rows: pd.DataFrame, way: str) -> str:
    survey = given.survey
    seen = given.mixing.seen()[survey.mask.ravel()].mean()
    explained = rows.groupby("method")["cv_explained"].median()
    others = ", ".join(f"{name} {share:.0%}" for name, share in explained.drop(way).items())
    return (
        f"{len(given.points)} samples, {len(given.names)} elements, {survey.mask.sum()} cells of "
        f"{survey.grid.cell:g} m, of which samples see {seen:.0%}; at {rows['samples'].median():.0f} left-out samples "
        f"{way} explains {explained[way]:.0%} (median), {others}"
    )
