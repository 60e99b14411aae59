"""Grids that GMT wrote up to version 3: one row of values, and their places in ranges and a spacing."""

import numpy as np
import xarray as xr

_PARTS = {"x_range", "y_range", "spacing", "dimension", "z"}


def unrolled(data: xr.Dataset) -> xr.Dataset:
    """Return such a grid over y and x, as later versions write it; any other dataset as it is.

    Parameters
    ----------
    data : xarray.Dataset
        Values run along rows from the northwest. `node_offset` tells whether ranges are edges of cells (1) or the
        places of the first and last node (0).

    Returns
    -------
    xarray.Dataset
        `z` over `y` (descending) and `x`, the centres of cells.
    """
    if not set(data.variables) >= _PARTS or data["z"].ndim != 1 or data["dimension"].size != 2:
        return data
    columns, rows = (int(count) for count in data["dimension"].to_numpy())
    if rows * columns != data["z"].size or rows < 1 or columns < 1:
        return data
    inset = 0.5 * float(data["z"].attrs.get("node_offset", 0))
    places = {}
    for axis, count in (("x", columns), ("y", rows)):
        first, last = (float(end) for end in data[f"{axis}_range"].to_numpy())
        step = (last - first) / max(count - 1 + 2 * inset, 1)
        places[axis] = first + step * (np.arange(count) + inset)
    values = data["z"].to_numpy().reshape(rows, columns)
    grid = xr.DataArray(values, {"y": places["y"][::-1], "x": places["x"]}, ("y", "x"), attrs=data["z"].attrs)
    return xr.Dataset({"z": grid}, attrs=data.attrs)
