"""Files of covariates: bands of layers beside geochemistry, as they are and as the network sees them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from geohalo.covariates.bands import Bands
from geohalo.cube.logratio import standardise
from geohalo.cube.moments import Moments
from geohalo.errors import InputError
from geohalo.files.cells import Survey, netcdf_by_rows

#: A class that is all of a cell stands so many standard deviations above one that is not there.
WHOLE = 2.0


@dataclass(frozen=True)
class CovariateBands:
    """The bands of a file of covariates, read by blocks of rows.

    Attributes
    ----------
    path : str
        Of a file that `geohalo.stages.prepare_covariates.prepare_covariates` has written.
    survey : Survey
    names, kinds : list of str
        Of each band; ``continuous`` or ``categorical``.
    moments : list of Moments
        Of each band over the cells that have it.
    """

    path: str
    survey: Survey
    names: list[str]
    kinds: list[str]
    moments: list[Moments]

    @classmethod
    def read(cls, path: str, survey: Survey) -> "CovariateBands":
        """Read all but the values."""
        with xr.open_dataset(path) as data:
            if not np.array_equal(data["mask"].to_numpy().astype(bool), survey.mask):
                raise InputError(
                    f"{path}: these covariates are not on the grid of the elements; make them again."
                )
            names = [str(name) for name in data["band"].to_numpy()]
            kinds = [str(kind) for kind in data["kind"].to_numpy()]
            moments = []
            for band in range(len(names)):
                values = data["covariate"][band].to_numpy()[survey.mask].astype(np.float64)
                moments.append(Moments.of(values[np.isfinite(values)][:, None]))
        return cls(path, survey, names, kinds, moments)

    def rows(self, rows: slice, clip: float) -> np.ndarray:
        """Return the bands of some rows (bands, cells) as the network sees them, float32; cells without one are 0.

        Continuous bands have mean 0 and standard deviation 1 over the survey and are cut off beyond ``clip``. Shares
        of classes have mean 0; from none to the whole cell they rise by `WHOLE`, however rare the class.
        """
        mask = self.survey.mask[rows]
        out = np.empty((len(self.names), int(mask.sum())), dtype=np.float32)
        with xr.open_dataset(self.path) as data:
            for band, (kind, moments) in enumerate(zip(self.kinds, self.moments, strict=True)):
                values = data["covariate"][band, rows].to_numpy()[mask].astype(np.float64)
                if kind == "continuous":
                    seen = standardise(values[:, None], clip, moments)[:, 0]
                else:
                    seen = WHOLE * (values - moments.mean[0])
                out[band] = np.nan_to_num(seen)
        return out


def write_covariates(survey: Survey, layers: Sequence[Bands], path: str) -> None:
    """Write the bands of all layers, with the layer, kind, unit and file of each, and where points of layers lie."""
    names = [name for bands in layers for name in bands.names]
    of_band = [bands for bands in layers for _ in bands.names]
    texts = {
        "layer": [bands.layer for bands in of_band],
        "kind": [bands.kind for bands in of_band],
        "unit": [bands.unit for bands in of_band],
        "where": [bands.where for bands in of_band],
    }
    frame = survey.dataset(
        **{name: ("band", np.array(values, dtype=object)) for name, values in texts.items()}
    ).assign_coords(band=names)
    placed = [(bands.names[0], bands.points) for bands in layers if bands.points is not None]
    if placed:
        number = [names.index(name) for name, points in placed for _ in range(len(points))]
        frame["point"] = (("points", "xy"), np.concatenate([points for _, points in placed]))
        frame["point_band"] = ("points", np.array(number, dtype=np.int32))
    about = {
        "long_name": "value of a continuous layer in its unit, or share of a class in the mapped part of the cell"
    }
    with netcdf_by_rows(frame, {"covariate": about}, path, "band") as write:
        for place, values in enumerate(row for bands in layers for row in bands.values):
            write("covariate", slice(0, survey.grid.shape[0]), survey.image(values), place)
