"""Open the results of a survey in a notebook or in a program of one's own."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import rioxarray  # noqa: F401  (lets xarray open rasters)
import xarray as xr

from geohalo.errors import InputError
from geohalo.evidence.folds import Folds
from geohalo.files.cells import Survey
from geohalo.files.digests import check_digests
from geohalo.files.folds import read_folds
from geohalo.files.paths import FILES, file_path
from geohalo.files.tables import read_csv


class SurveyResults:
    """The results of one survey.

    Files are opened when they are asked for, and checked against the checksums that stand with them.

    Parameters
    ----------
    folder : str or Path
        The folder of the survey, such as ``results/demo``.

    Raises
    ------
    InputError
        If there is no such folder.

    Examples
    --------
    >>> results = SurveyResults("results/demo")  # doctest: +SKIP
    >>> results.map("score").sel(x=500_000, y=4_500_000, method="nearest")  # doctest: +SKIP
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise InputError(
                f"{folder}: there is no such folder; run the workflow, or name the folder of a survey."
            )

    def path(self, name: str, **wildcards: object) -> Path:
        """Return the path of a file.

        Parameters
        ----------
        name : str
            A key of `geohalo.files.paths.FILES`, such as ``cube``.
        **wildcards : object
            What its pattern has in braces, such as ``scheme="held_out"``. What is not given may be anything, if only
            one file fits.

        Raises
        ------
        InputError
            If there is no file of that name, none was made, several fit, or it is damaged.
        """
        if name not in FILES:
            raise InputError(
                f"{name!r}: results have no file of that name; there are {', '.join(sorted(FILES))}."
            )
        pattern = file_path(name, **wildcards)
        found = sorted(self.folder.glob(_wild(pattern)))
        if not found:
            raise InputError(
                f"{self.folder / pattern}: the run has not made this file; see docs/outputs.md for who makes it."
            )
        if len(found) > 1:
            listed = ", ".join(str(file.relative_to(self.folder)) for file in found[:5])
            raise InputError(f"{self.folder / pattern}: {len(found)} files fit ({listed}); say which one.")
        check_digests([str(found[0])])
        return found[0]

    def survey(self) -> Survey:
        """Return the grid: cell centres in metres, the mask of the surveyed area, the CRS."""
        with xr.open_dataset(self.path("elements")) as data:
            return Survey.of(data)

    def elements(self) -> xr.Dataset:
        """Return the interpolated elements: ``concentration`` (element, y, x) in its unit, and the mask."""
        return xr.load_dataset(self.path("elements"), decode_coords="all")

    def cube(self) -> xr.Dataset:
        """Return the standardised cube that the network sees: ``cube`` (element, y, x)."""
        return xr.load_dataset(self.path("cube"), decode_coords="all")

    def samples(self) -> gpd.GeoDataFrame:
        """Return the cleaned samples: one row for each place, elements in ppm, ``*_censored``."""
        return gpd.read_parquet(self.path("samples"))

    def deposits(self) -> gpd.GeoDataFrame:
        """Return the known deposits, with ``inside`` for those in the survey."""
        return gpd.read_parquet(self.path("deposits"))

    def superpixels(self, n_segments: int | str) -> xr.DataArray:
        """Return the number of the superpixel of every cell, 0 outside the survey, at one scale."""
        return _band(self.path("superpixels", n_segments=n_segments))

    def folds(self, scheme: str = "held_out") -> Folds:
        """Return the folds of one scheme: ``held_out``, ``inner``, ``random``, ``final`` or a further split."""
        table = self.path("folds_table", scheme=scheme)
        return read_folds(str(table.parent), scheme, self.survey().mask)

    def scores(self, method: str = "fusion", scheme: str = "held_out") -> xr.DataArray:
        """Return the score of a variant or a control in each fold, (fold, y, x); NaN outside the survey.

        Parameters
        ----------
        method : str
            A variant that was trained, or a control that was scored.
        scheme : str
            Scheme of the folds.

        Raises
        ------
        InputError
            If there are no scores of that method or scheme.
        """
        variants = {file.parts[-3] for file in self.folder.glob(_wild(FILES["heldout"]))} - {"controls"}
        path = self.path("heldout", variant=method) if method in variants else self.path("controls")
        with xr.open_dataset(path, decode_coords="all") as data:
            name, known = f"score_{scheme}", list(map(str, data.get("method", xr.DataArray([])).to_numpy()))
            if method not in variants and method not in known:
                raise InputError(
                    f"{self.folder}: no scores of {method!r}; there are {', '.join([*sorted(variants), *known])}."
                )
            if name not in data:
                raise InputError(f"{path}: no scores of scheme {scheme!r}.")
            chosen = data[name].sel({"method": method}) if method not in variants else data[name]
            return chosen.load()

    def map(self, name: str = "score") -> xr.DataArray:
        """Return a map such as ``score``, ``heldout_score`` or ``probability``, (y, x); NaN where there is none."""
        return _band(self.path("map", map=name))

    def table(self, name: str, **wildcards: object) -> pd.DataFrame:
        """Return a table, such as ``metrics`` or ``fingerprints``, by its key in `geohalo.files.paths.FILES`."""
        return read_csv(self.path(name, **wildcards))

    def targets(self) -> gpd.GeoDataFrame:
        """Return the outlines of the targets, with what the table of targets says of each."""
        return gpd.read_file(self.path("target_package"), layer="targets")


def _wild(pattern: str) -> str:
    """Return a glob for a pattern with names in braces."""
    return "".join("*" if k % 2 else part for k, part in enumerate(pattern.replace("}", "{").split("{")))


def _band(path: Path) -> xr.DataArray:
    """Read the first band of a GeoTIFF."""
    with xr.open_dataarray(path, engine="rasterio", mask_and_scale=True) as data:
        return data.isel(band=0, drop=True).load()
