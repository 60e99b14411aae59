"""Scores of all folds of all schemes as one NetCDF file, the same for the network and for the controls."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import netCDF4
import numpy as np
import xarray as xr

from geohalo.atomic_files import atomic_write
from geohalo.files.cells import Survey, read_cells

#: Scheme -> (mean, spread), each (folds, cells), or (folds, classes, cells) with more than two classes; methods before.
Scores = dict[str, tuple[np.ndarray, np.ndarray]]
#: Puts mean and spread (cells,) or (classes, cells) of a fold of a scheme, and of a method, into a file.
WriteFold = Callable[..., None]

LONG_NAMES = {"score": "anomaly score", "spread": "standard deviation of the score over members"}


@contextmanager
def scores_file(
    survey: Survey, path: str, folds: dict[str, int], classes: int = 0, methods: list[str] | None = None
) -> Iterator[WriteFold]:
    """Write scores fold by fold: yields ``write(scheme, fold, mean, spread, method, rows)``.

    With ``rows`` of the grid given, mean and spread are those of their cells alone.

    Parameters
    ----------
    survey : Survey
    path : str
    folds : dict
        Number of folds of each scheme.
    classes : int
        Number of classes where each has a map of its own, else 0.
    methods : list of str, optional
        Where the file holds the scores of several methods.
    """
    rest, chunks = survey.dataset(), (survey.chunk_rows, survey.grid.shape[1])
    rest = rest if methods is None else rest.assign_coords(method=methods)
    compressed = {"zlib": True, "complevel": 1, "chunksizes": chunks, "grid_mapping": "spatial_ref"}
    with atomic_write(path) as temporary:
        rest.to_netcdf(temporary, encoding={"mask": compressed})
        with netCDF4.Dataset(temporary, "a") as file:
            _create_variables(file, folds, classes, bool(methods), chunks)

            def write(
                scheme: str,
                fold: int,
                mean: np.ndarray,
                spread: np.ndarray,
                method: str | None = None,
                rows: slice = slice(None),
            ) -> None:
                place = (methods.index(method), fold) if methods and method else (fold,)
                for kind, values in (("score", mean), ("spread", spread)):
                    image = survey.band(rows).image(values)
                    file[f"{kind}_{scheme}"][*place, ..., rows, :] = image

            yield write


def _create_variables(
    file: netCDF4.Dataset, folds: dict[str, int], classes: int, methods: bool, chunks: tuple[int, int]
) -> None:
    """Create dimensions and variables of the scores of every scheme in a file that has x, y and perhaps methods."""
    for dimension, size in {**{f"fold_{name}": n for name, n in folds.items()}, "class": classes}.items():
        if size:
            file.createDimension(dimension, size)
    for scheme in folds:
        leading = (*(["method"] if methods else []), f"fold_{scheme}", *(["class"] if classes else []))
        for kind, long_name in LONG_NAMES.items():
            variable = file.createVariable(
                f"{kind}_{scheme}",
                np.float32,
                (*leading, "y", "x"),
                compression="zlib",
                complevel=1,
                chunksizes=(*[1] * len(leading), *chunks),
                fill_value=np.float32(np.nan),
            )
            about = {"scheme": scheme, "units": "1", "long_name": long_name}
            variable.setncatts(about | {"grid_mapping": "spatial_ref"})


def write_scores(survey: Survey, scores: Scores, path: str, methods: list[str] | None = None) -> None:
    """Write the mean and the spread over members for every fold of every scheme."""
    leading = 1 if methods else 0
    means = [mean for mean, _ in scores.values()]
    classes = means[0].shape[-2] if means and means[0].ndim > leading + 2 else 0
    folds = {scheme: mean.shape[leading] for scheme, (mean, _) in scores.items()}
    with scores_file(survey, path, folds, classes, methods) as write:
        for scheme, (mean, spread) in scores.items():
            for number, method in enumerate(methods or [None]):
                parts = (mean[number], spread[number]) if methods else (mean, spread)
                for fold, maps in enumerate(zip(*parts, strict=True)):
                    write(scheme, fold, *maps, method)


def held_schemes(path: str) -> list[str]:
    """Return the schemes that a file of scores holds."""
    with xr.open_dataset(path) as data:
        return [str(name).removeprefix("score_") for name in data if str(name).startswith("score_")]


def read_scores(
    path: str, scheme: str, survey: Survey, method: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Read mean and spread of one scheme, (folds, cells) or (folds, classes, cells)."""
    mean, spread = (_read(path, f"{kind}_{scheme}", survey, method) for kind in ("score", "spread"))
    return mean, spread


def read_mean(path: str, scheme: str, survey: Survey, method: str | None = None) -> np.ndarray:
    """Read the mean of one scheme, (folds, cells) or (folds, classes, cells)."""
    return _read(path, f"score_{scheme}", survey, method)


def read_between(path: str, scheme: str, survey: Survey) -> np.ndarray:
    """Read the standard deviation between realisations, from the scores of several of them put together."""
    return _read(path, f"between_{scheme}", survey, None)


def _read(path: str, name: str, survey: Survey, method: str | None) -> np.ndarray:
    with xr.open_dataset(path) as data:
        return read_cells(data.sel({"method": method}) if method else data, name, survey)
