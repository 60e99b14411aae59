"""Log-ratio transform and standardise the elements: the cube that the network sees."""

import numpy as np
import xarray as xr
from _cells import Survey, write_netcdf
from _job import job
from geohalo.cube.logratio import cube_values


def stack(elements: str, transform: str, clip: float, cube: str) -> None:
    """Write the cube."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
        names = [str(name) for name in data["element"].to_numpy()]
        concentrations = data["concentration"].to_numpy()[:, survey.mask].T.astype(np.float64)
    values = cube_values(concentrations, names, transform, clip).T.astype(np.float32)
    kind = "" if transform == "none" else f"{transform} "
    attributes = {"long_name": f"standardised {kind}value", "units": "1", "transform": transform}
    data = survey.dataset(cube=(("element", "y", "x"), survey.image(values), attributes))
    write_netcdf(data.assign_coords(element=names), cube)


if __name__ == "__main__":
    with job(snakemake):
        stack(
            snakemake.input.elements, snakemake.params.transform, snakemake.params.clip, snakemake.output.cube
        )
