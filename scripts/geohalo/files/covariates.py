"""Files of covariates: bands of layers beside geochemistry, as they are and as the network sees them."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from geohalo.cube.logratio import standardise
from geohalo.cube.moments import Moments
from geohalo.errors import InputError
from geohalo.files.cells import Survey

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
