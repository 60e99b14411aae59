"""The QGIS project of a survey: its GeoPackage above its maps."""

import numpy as np

from geohalo.atomic_files import atomic_write
from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.tables import read_csv
from geohalo.products.qgis_project import Layer, qgis_project
from geohalo.products.qgis_styles import (
    class_scale,
    continuous_scale,
    percentile_scale,
    raster_parts,
    vector_parts,
)

GEOMETRIES = {"targets": "Polygon", "deposits": "Point", "samples": "Point", "superpixels": "Polygon"}
SHOWN = {"targets", "deposits"}
#: Maps with a continuous scale, the topmost first: title and colour map of the figures.
MAPS = {
    "score": ("anomaly score", "score"),
    "probability": ("probability", "score"),
    "heldout_score": ("rank in maps that did not know the deposits nearby", "score"),
    "spread": ("spread of the score over members", "spread"),
    "applicability": ("dissimilarity to training cells", "dissimilarity"),
    "effort": ("exploration effort", "spread"),
}
#: Those that are coloured by rank of ground, and what their values are called.
RANKED = {"score": "score", "heldout_score": "rank", "effort": "effort"}
#: Maps of classes, by the kind of their thresholds.
CLASSES = {"concentration_area": "classes by concentration-area", "success_rate": "classes by deposits found"}


def write_project(name: str, survey: Survey, layers: list[str], files: dict[str, str], path: str) -> None:
    """Write the project beside the GeoPackage, whose layers are given; files of maps lie in ``maps``."""
    listed = []
    for layer in layers:
        attributes, parts = vector_parts(layer)
        source = f"./targets.gpkg|layername={layer}"
        listed.append(Layer(layer, source, parts, GEOMETRIES[layer], attributes, layer in SHOWN))
    for key, (title, hues) in MAPS.items():
        if key not in files:
            continue
        values = read_geotiff(files[key])[0, survey.mask]
        by_rank = key in RANKED
        scale = (
            percentile_scale(values, RANKED[key])
            if by_rank
            else continuous_scale(hues, *np.nanquantile(values, [0.01, 0.99]))
        )
        source = f"./maps/{key}.tif"
        listed.append(Layer(title, source, raster_parts(scale, False, by_rank), shown=key == "score"))
    thresholds = read_csv(files["thresholds"])
    for kind, title in CLASSES.items():
        rows = thresholds[thresholds["kind"] == kind]
        labels = [f"{row['class']}: from {row['score']:.3g}" for _, row in rows.iterrows()]
        source = f"./maps/{'anomaly' if kind == 'concentration_area' else 'success'}_classes.tif"
        listed.append(Layer(title, source, raster_parts(class_scale(labels), True)))
    half = survey.grid.cell / 2
    x, y = survey.grid.x, survey.grid.y
    extent = (x[0] - half, y[-1] - half, x[-1] + half, y[0] + half)
    with atomic_write(path) as temporary:
        temporary.write_bytes(qgis_project(f"GeoHalo: {name}", listed, survey.crs, extent))
