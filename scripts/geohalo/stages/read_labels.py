"""Put labels that come as a raster of classes on the survey's grid."""

from pathlib import Path

import numpy as np
import xarray as xr
from pyproj import CRS

from geohalo.cube.label_rasters import PARTS, read_class_labels
from geohalo.files.cells import Survey, write_geotiff


def read_labels(elements: str, files: dict[str, str], labels: str) -> str:
    """Write class and, with masks, part of every cell; returns a line for the log."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    paths = {name: Path(file) for name, file in files.items()}
    found = read_class_labels(paths, survey.grid, survey.mask, CRS.from_wkt(survey.crs))
    bands = {"class": found.classes} | ({} if found.part is None else {"part": found.part})
    write_geotiff(survey, np.stack(list(bands.values())), labels, nodata=0, names=list(bands))
    counts = np.bincount(found.classes.ravel())[1:]
    message = ", ".join(f"{count} of class {number}" for number, count in enumerate(counts, 1))
    if found.part is not None:
        message += "; " + ", ".join(f"{(found.part == code).sum()} in {name}" for name, code in PARTS.items())
    return f"labelled cells: {message}"
