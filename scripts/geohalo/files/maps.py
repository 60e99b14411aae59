"""Maps that the user takes away: Cloud-Optimised GeoTIFFs with CRS, no-data, names, units, statistics and overviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import rasterio
from rasterio.shutil import copy
from rasterio.transform import Affine, from_origin

from geohalo.atomic_files import atomic_write, same_raster
from geohalo.files.cells import Survey

#: Side of a tile. A map that is longer or wider has overviews.
BLOCK = 256
#: How the final file is packed.
COG = {
    "BLOCKSIZE": BLOCK,
    "COMPRESS": "DEFLATE",
    "PREDICTOR": "YES",
    "STATISTICS": "YES",
    "BIGTIFF": "IF_SAFER",
}


@dataclass(frozen=True)
class Band:
    """What a band of a map is called, what it means, and in which unit it is (1: a number without one)."""

    name: str
    meaning: str
    unit: str = "1"


#: Bands by their names.
BANDS = {
    band.name: band
    for band in (
        Band("score", "anomaly score, mean over the members trained on all deposits"),
        Band("spread", "standard deviation of the anomaly score over members"),
        Band("heldout_score", "percentile rank in maps that did not know the deposits nearby, folds blended"),
        Band("interpolation_spread", "standard deviation of the anomaly score between realisations"),
        Band("fold", "held-out fold of the nearest deposit, from 0"),
        Band(
            "probability",
            "probability of halo where halo and background are equally common, by held-out cells",
        ),
        Band("dissimilarity", "dissimilarity index to the training cells (Meyer and Pebesma 2021)"),
        Band("applicable", "inside the area of applicability (1), or outside it (0)"),
        Band("anomaly_class", "class of the anomaly score by concentration-area thresholds, 0 background"),
        Band("success_class", "class of the anomaly score by shares of held-out deposits found, 0 the rest"),
        Band("target", "rank of the target, 0 for none"),
        Band("class", "most probable class, from 1"),
        Band("agreement", "share of the workflows that call the cell anomalous"),
        Band("mean_rank", "mean percentile rank over workflows"),
        Band("judged", "score of the map that was made elsewhere, brought to the survey's grid"),
        Band("effort_percentile", "share of the ground with less exploration effort", "%"),
        Band("sd_rank", "standard deviation of the percentile rank over workflows"),
    )
}


def corner_transform(survey: Survey) -> Affine:
    """Return what leads from (column, row) to the x and y of cell corners."""
    cell = survey.grid.cell
    return from_origin(survey.grid.x[0] - cell / 2, survey.grid.y[0] + cell / 2, cell, cell)


def write_map(
    survey: Survey, image: np.ndarray, path: str, nodata: float, bands: Sequence[str | Band]
) -> None:
    """Write bands (bands, rows, columns) as a Cloud-Optimised GeoTIFF, by way of a tiled one beside it.

    A cell of an overview has the mean of the cells below it, and in maps of whole numbers the value of one of them.
    Bands that are given by their names are those of `BANDS`.
    """
    whole_numbers = np.issubdtype(image.dtype, np.integer)
    resampling = {"OVERVIEW_RESAMPLING": "NEAREST" if whole_numbers else "AVERAGE"}
    described = [BANDS[band] if isinstance(band, str) else band for band in bands]
    height, width = survey.grid.shape
    place = {"height": height, "width": width, "crs": survey.crs, "transform": corner_transform(survey)}
    values = {"count": len(image), "dtype": image.dtype, "nodata": nodata}
    layout = {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK, "interleave": "band"}
    with atomic_write(path, partial(same_raster, image=image)) as temporary:
        plain = temporary.with_name(f"{temporary.name}.plain")
        try:
            with rasterio.open(
                plain, "w", driver="GTiff", BIGTIFF="IF_SAFER", **place, **values, **layout
            ) as file:
                file.write(image)
                for number, band in enumerate(described, 1):
                    file.set_band_description(number, band.name)
                    file.set_band_unit(number, band.unit)
                    file.update_tags(number, long_name=band.meaning)
            copy(str(plain), str(temporary), driver="COG", **COG, **resampling)
        finally:
            plain.unlink(missing_ok=True)
