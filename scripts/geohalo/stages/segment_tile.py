"""Run SLIC's iterations on one tile of the cube."""

import json
from pathlib import Path

import numpy as np
import xarray as xr

from geohalo.files.cells import Survey, cube_part, tile_rows, write_geotiff
from geohalo.superpixels.components import Components
from geohalo.superpixels.counts import superpixel_count
from geohalo.superpixels.lattice import lattice_seeds, tile_labels, with_halo


def segment_tile(
    cube: str,
    components: str,
    n_segments: str,
    compactness: float,
    tile: str,
    labels: str,
    covariates: bool = False,
) -> str:
    """Write for each cell of the tile the number of its seed; returns a line for the log."""
    seen = Components.read(json.loads(Path(components).read_text(encoding="utf-8")))
    with xr.open_dataset(cube) as whole:
        survey, data = Survey.of(whole), cube_part(whole, None if covariates else "element")
        rows = tile_rows(survey.grid.shape, tile)
        seeds = lattice_seeds(survey.mask, superpixel_count(n_segments, int(survey.mask.sum())))
        around = with_halo(rows, seeds, len(survey.mask))
        scores = [
            seen.rescaled(data["cube"][:, part].to_numpy()[:, survey.mask[part]].T.astype(np.float64))
            for part in survey.row_blocks(around)
        ]
    image = tile_labels(np.concatenate(scores), survey.mask[around], seeds, rows, around, compactness)
    write_geotiff(survey.band(rows), image[None], labels, nodata=0, names=["seed"])
    return f"rows {rows.start} to {rows.stop}, seen with those from {around.start} to {around.stop}"
