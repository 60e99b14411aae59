"""Elements of a survey: their levels, some of them as a file of their own, and those that deposits are known for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from geohalo.files.cells import Survey, netcdf_by_rows


@dataclass(frozen=True)
class Elements:
    """A file of gridded elements: where it lies, their names, and the median of each over the cells in ppm."""

    path: str
    survey: Survey
    names: list[str]
    medians: np.ndarray

    @classmethod
    def read(cls, path: str) -> "Elements":
        """Read all but the maps, which are looked at one after the other."""
        with xr.open_dataset(path) as data:
            names = [str(name) for name in data["element"].to_numpy()]
            maps = (data["concentration"].sel(element=name) for name in names)
            return cls(path, Survey.of(data), names, np.array([np.nanmedian(one) for one in maps]))

    @property
    def ground(self) -> tuple[int, float]:
        """Number of cells and their side in metres."""
        return int(self.survey.mask.sum()), self.survey.grid.cell

    def write(self, elements: list[str], path: str) -> None:
        """Write the concentrations of some elements, in this order."""
        about = {"concentration": {"long_name": "concentration", "units": "ppm"}}
        rest = self.survey.dataset().assign_coords(element=elements)
        with xr.open_dataset(self.path) as data, netcdf_by_rows(rest, about, path) as write:
            chosen = data["concentration"].sel(element=elements)
            for rows in self.survey.row_blocks():
                write("concentration", rows, chosen[:, rows].to_numpy())


def sought_elements(
    commodities: Sequence[str], names: Sequence[str], report: Callable[[str], None]
) -> tuple[int, ...]:
    """Return the columns of the elements that the deposits are known for; reports those that the cube has not."""
    absent = [name for name in commodities if name not in names]
    if absent:
        report(
            f"Warning: the cube has no {', '.join(absent)}, named in deposits.commodities: not analysed, or dropped by "
            "samples.min_coverage or samples.max_censored (see samples_report.csv)."
        )
    return tuple(names.index(name) for name in commodities if name in names)
