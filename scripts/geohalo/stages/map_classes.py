"""Write the map of classes that was trained on all labelled cells as GeoTIFF."""

import numpy as np
import xarray as xr

from geohalo.evidence.class_metrics import predicted_class
from geohalo.files.cells import Survey
from geohalo.files.maps import Band, write_map
from geohalo.files.scores import read_between, read_scores

MEANINGS = {
    "score": "probability",
    "spread": "standard deviation over members of the probability",
    "interpolation_spread": "standard deviation between realisations of the probability",
}


def map_classes(elements: str, scores: str, maps: dict[str, str]) -> None:
    """Write the class of each cell, and probability and spread: of each class, or of the second of two."""
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    mean, spread = (np.squeeze(part, axis=0) for part in read_scores(scores, "final", survey))
    # Numbers from 1; 0 is outside the survey.
    classes = (predicted_class(mean) + 1).astype(np.uint8)
    write_map(survey, survey.image(classes[None], fill=0), maps["classes"], 0, ["class"])
    numbers = [2] if mean.ndim == 1 else range(1, len(mean) + 1)
    maps_of = {"score": mean, "spread": spread}
    if "interpolation_spread" in maps:
        maps_of["interpolation_spread"] = np.squeeze(read_between(scores, "final", survey), axis=0)
    for name, values in maps_of.items():
        image = survey.image(np.atleast_2d(values).astype(np.float32))
        bands = [Band(f"class {k}", f"{MEANINGS[name]} of class {k}") for k in numbers]
        write_map(survey, image, maps[name], np.nan, bands)
