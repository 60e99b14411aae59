"""Which layers the report's map has, in what order, and what they are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from numpy.typing import NDArray

from geohalo.products.percentiles import class_labels, percentile_class, percentiles, rank_colours
from geohalo.products.report_map import Layer, class_layer, continuous_layer, ordered_colours
from geohalo.products.report_text import significant
from geohalo.products.score_and_effort import two_way_classes, two_way_labels
from geohalo.products.styles import style

Image = NDArray[np.floating[Any]]

#: Values of all elements' layers together at most: some 5 MB of the page.
MOST_VALUES = 12_000_000
#: Elements that get a layer of attribution: those with the largest ones.
MOST_ATTRIBUTED = 12


@dataclass(frozen=True)
class Kind:
    """How a map of the survey is shown: heading, label, colour map's entry in the table of colours, note, band.

    A map that is coloured ``by_rank`` of ground has classes that tell its values, which are called ``what``.
    """

    group: str
    label: str
    ramp: str = "score"
    note: str = ""
    band: int = 0
    limits: tuple[float, float] | None = None
    unit: str = ""
    by_rank: bool = False
    what: str = "score"


#: Maps of values by name, in the order of the list; a name with a number is that of a further band.
MAPS = {
    "score": Kind(
        "Anomaly",
        "Anomaly score",
        note="Coloured by rank of ground, in per cent of it. It is not the probability of a deposit.",
        by_rank=True,
    ),
    "probability": Kind(
        "Anomaly", "Probability", note="Calibrated on held-out cells, halo and background alike."
    ),
    "heldout_score": Kind(
        "Anomaly",
        "Held-out rank",
        note="Each cell by the folds that did not know the deposits near it.",
        by_rank=True,
        what="rank",
    ),
    "spread": Kind(
        "How sure", "Spread over members", "spread", "Standard deviation of the score over members."
    ),
    "interpolation_spread": Kind(
        "How sure", "Spread by interpolation", "spread", "Standard deviation between realisations."
    ),
    "applicability": Kind(
        "How sure",
        "Dissimilarity to training ground",
        "spread",
        "How far a cell's spectrum lies from those that the model learned from.",
    ),
    "agreement": Kind(
        "How sure",
        "Agreement of workflows",
        note="Share of the workflows that call a cell anomalous.",
        limits=(0.0, 1.0),
    ),
    "effort": Kind(
        "How sure",
        "Exploration effort",
        note="Coloured by rank of ground, in per cent of it.",
        by_rank=True,
        what="effort",
    ),
}


def ramp_of(name: str) -> str:
    """Return the colour map of an entry in the table of colours; that of the score for an unknown entry."""
    return style()["maps"].get(name, style()["maps"]["score"])


def value_layers(images: Mapping[str, Image], units: Mapping[str, str] | None = None) -> list[Layer]:
    """Return the layers of the maps of values, in the order of `MAPS`, unknown ones last.

    Parameters
    ----------
    images : mapping
        Bands (bands, rows, columns) by the name of the map, NaN where there is no value; those whose kind says
        so by rank of ground.
    units : mapping, optional
        Unit of the first band of maps whose kind has none.
    """
    layers = []
    for name in [*MAPS, *(name for name in images if name not in MAPS)]:
        if name not in images:
            continue
        kind = MAPS.get(name) or Kind("Further maps", name.replace("_", " "))
        if unit := (units or {}).get(name):
            kind = replace(kind, label=f"{kind.label} ({unit})")
        for band, image in enumerate(images[name][: 2 if name == "applicability" else 1]):
            if name == "applicability" and band:
                layers.append(_inside(image))
                continue
            if kind.by_rank:
                layers.append(_by_rank(name, kind, image))
                continue
            layers.append(
                continuous_layer(
                    name,
                    kind.group,
                    kind.label,
                    image,
                    ramp=ramp_of(kind.ramp),
                    unit=kind.unit,
                    note=kind.note,
                    limits=kind.limits,
                )
            )
    return layers


def _by_rank(name: str, kind: Kind, image: Image) -> Layer:
    classes = list(zip(class_labels(image, kind.what), rank_colours(), strict=True))
    return class_layer(name, kind.group, kind.label, percentile_class(image), classes, note=kind.note)


def _inside(image: Image) -> Layer:
    codes = np.where(np.isfinite(image), np.nan_to_num(image) > 0, -1).astype(int)
    return class_layer(
        "applicability_inside",
        "How sure",
        "Area of applicability",
        codes,
        [("outside: unlike the ground it learned from", "#e69f00"), ("inside", "#56b4e9")],
        note="Outside, the score is a guess.",
    )


def effort_layer(score: Image, effort: Image) -> Layer:
    """Return the layer of two percentiles.

    Parameters
    ----------
    score : ndarray (rows, columns)
        Anomaly score; NaN where there is none.
    effort : ndarray (rows, columns)
        Percentile of exploration effort.
    """
    codes = two_way_classes(percentiles(score), effort)
    note = (
        "High ground on which little was done is brown. Where samples are few, the map is less certain, too."
    )
    return class_layer("score_and_effort", "Anomaly", "Score and effort", codes, two_way_labels(), note=note)


def threshold_layers(images: Mapping[str, Image], thresholds: pd.DataFrame | None = None) -> list[Layer]:
    """Return the layers of classes of the score.

    Parameters
    ----------
    images : mapping
        Classes (rows, columns) from 0, the background, NaN outside: ``anomaly_classes``, ``success_classes``.
    thresholds : DataFrame, optional
        Columns kind, class, score and area_share of `thresholds.csv`.
    """
    found = []
    for name, label, first in (
        ("anomaly_classes", "Classes by concentration and area", "c"),
        ("success_classes", "Classes by success rate", "s"),
    ):
        if name not in images:
            continue
        image = images[name]
        codes = np.where(np.isfinite(image), np.nan_to_num(image), -1).astype(int)
        number = int(codes.max(initial=0)) + 1
        known = pd.DataFrame() if thresholds is None else thresholds
        rows = known[known["kind"].astype(str).str.lower().str.startswith(first)] if len(known) else known
        labels = ["background", *(_class_label(rows, code) for code in range(1, number))]
        found.append(
            class_layer(
                name, "Classes", label, codes, list(zip(labels, ordered_colours(number), strict=True))
            )
        )
    return found


def _class_label(rows: pd.DataFrame, code: int) -> str:
    row = rows[rows["class"] == code] if len(rows) else rows
    if not len(row):
        return f"class {code}"
    one, text = row.iloc[0], f"class {code}"
    if "score" in row and one["score"] == one["score"]:
        text += f": score from {significant(one['score'], 2)}"
    if "area_share" in row and one["area_share"] == one["area_share"]:
        text += f", {significant(100 * one['area_share'], 2)} % of the area"
    return text


def predicted_layers(classes: Image, scores: Image) -> list[Layer]:
    """Return the layers where labels are a raster of classes: those predicted, from 1, and the probability of each."""
    number = int(np.nanmax(classes, initial=0))
    named = [(f"class {k}", hue) for k, hue in enumerate(class_colours(number), start=1)]
    codes = np.where(np.nan_to_num(classes) > 0, np.nan_to_num(classes) - 1, -1).astype(int)
    layers = [class_layer("classes", "Classes", "Predicted class", codes, named)]
    for band, image in enumerate(scores):
        of = band + 1 if len(scores) > 1 else number
        layers.append(
            continuous_layer(
                f"score-{of}",
                "Probability",
                f"Probability of class {of}",
                image,
                ramp=ramp_of("score"),
                limits=(0.0, 1.0),
            )
        )
    return layers


def class_colours(number: int) -> list[str]:
    """Return the colours of classes without an order, as the figures have them."""
    listed = style()["classes"]
    if number <= len(listed):
        return list(listed[:number])
    ramp = matplotlib.colormaps[style()["many_classes"]]
    return [to_hex(ramp(k)) for k in np.linspace(0, 1, number)]


def attribution_layer(name: str, values: Image, widest: float) -> Layer:
    """Return the layer of what an element adds to the log-odds of halo (rows, columns), on a scale around zero.

    ``widest`` is the end of the scale, the same for all elements so that they compare.
    """
    return continuous_layer(
        f"attribution-{name}",
        "Why here: attribution",
        f"Attribution to {name}",
        values,
        ramp=ramp_of("signed"),
        unit="log-odds",
        note="What the element adds to the score of a cell, all branches together.",
        limits=(-widest, widest),
    )


def chosen_elements(
    names: list[str], explained: Mapping[str, float], cells: int, carrying: Sequence[str] = ()
) -> list[str]:
    """Return the elements that get a layer: those that carry the map first, in their order, the others by name.

    There are as many as `MOST_VALUES` allow; of the others those best interpolated stay.

    Parameters
    ----------
    names : list of str
        Elements of the survey.
    explained : mapping
        Cross-validated share of variance explained; may be empty.
    cells : int
        Cells of the grid's rectangle.
    carrying : sequence of str
        See `geohalo.products.map_elements.carrying_elements`.
    """
    most = max(1, MOST_VALUES // max(cells, 1))
    first = [name for name in carrying if name in names][:most]
    # Where nothing is known of how well an element is interpolated, it comes last.
    known = {name: value if value == value else -np.inf for name, value in explained.items()}
    others = sorted((name for name in names if name not in first), key=lambda name: -known.get(name, -np.inf))
    return [*first, *sorted(others[: most - len(first)])]


def element_layer(name: str, values: Image, unit: str = "ppm") -> Layer:
    """Return the layer of an element's concentrations (rows, columns), or without a unit of a band as it was given.

    Bands without a unit may be anything, also below zero, so that their scale is linear.
    """
    return continuous_layer(
        f"element-{name}",
        "Elements, as interpolated" if unit else "Bands, as given",
        name,
        values,
        ramp=ramp_of("concentration"),
        unit=unit,
        logarithmic=bool(unit),
    )
