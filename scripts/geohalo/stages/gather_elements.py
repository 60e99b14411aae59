"""Put the gridded elements of all tiles together, block by block."""

from contextlib import ExitStack

import numpy as np
import xarray as xr

from geohalo.cube.grid import Grid
from geohalo.files.cells import Survey, netcdf_by_rows


def gather_elements(tiles: list[str], elements: str) -> str:
    """Write the file that one job would have written; returns a line for the log.

    Tiles are in order, from the north. What is no map is the same in all of them.
    """
    with ExitStack() as stack:
        opened = [stack.enter_context(xr.open_dataset(tile)) for tile in tiles]
        parts = [Survey.of(data) for data in opened]
        y = np.concatenate([part.grid.y for part in parts])
        mask = np.concatenate([part.mask for part in parts])
        survey = Survey(Grid(parts[0].grid.x, y), mask, parts[0].crs)
        maps = {str(name): data.attrs for name, data in opened[0].items() if data.ndim == 3}
        small = {str(name): data.variable for name, data in opened[0].items() if "y" not in data.dims}
        small.pop("spatial_ref", None)
        names = opened[0]["element"].to_numpy().astype(object)
        rest = survey.dataset(**small).assign_coords(element=names)
        rest.attrs = opened[0].attrs
        with netcdf_by_rows(rest, maps, elements) as write:
            first = 0
            for data, part in zip(opened, parts, strict=True):
                for rows in part.row_blocks():
                    there = slice(first + rows.start, first + rows.stop)
                    for name in maps:
                        write(name, there, data[name][:, rows].to_numpy())
                first += len(part.mask)
    return f"{mask.sum()} cells from {len(tiles)} tiles"
