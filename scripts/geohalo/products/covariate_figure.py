"""Maps of the layers beside geochemistry, as the network gets them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from geohalo.products.class_figures import class_colours
from geohalo.products.deposit_marks import draw_on_panels, used_deposits
from geohalo.products.map_axes import MapPage, area_patch
from geohalo.products.map_ground import MapGround
from geohalo.products.styles import amount, colour, plain, shorten, style, styled

#: Layers that are drawn, and classes of one that have a colour: those that are the main class of most cells.
MOST_LAYERS, MOST_CLASSES = 12, 7
#: Colours of a continuous layer end at these percentiles.
CLIP = (2.0, 98.0)
#: Letters of the name of a class in the legend, at most.
LONGEST = 28


@dataclass(frozen=True)
class CovariateMap:
    """One layer.

    Attributes
    ----------
    values : ndarray (rows, columns), or (classes, rows, columns)
        Of a continuous layer in its unit, or shares of classes.
    unit : str
    classes : list of str
        Empty for a continuous layer.
    """

    values: NDArray[np.float32]
    unit: str = ""
    classes: list[str] = field(default_factory=list)


@styled
def covariate_maps(ground: MapGround, layers: Mapping[str, CovariateMap], deposits: pd.DataFrame) -> Figure:
    """Draw each layer: a continuous one by its values, a categorical one by the main class of each cell.

    Parameters
    ----------
    ground : MapGround
    layers : mapping of str to CovariateMap
        By their names; the first `MOST_LAYERS` are drawn.
    deposits : pandas.DataFrame
        ``x``, ``y`` in metres and, if some lie outside the survey, ``inside``.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        Without any layer.
    """
    if not layers:
        raise ValueError("no layer to draw")
    shown = dict(list(layers.items())[:MOST_LAYERS])
    names = ", ".join(map(plain, shown))
    left = len(layers) - len(shown)
    page = MapPage(
        ground,
        f"{plain(ground.survey)}: {amount(len(layers), 'layer')} beside geochemistry: {names}"
        + (f" and {left} more" if left else ""),
        titles=[_title(name, layer) for name, layer in shown.items()],
    )
    handles = list[Artist]()
    for axes, (name, layer) in zip(page.panels, shown.items(), strict=True):
        if layer.classes:
            handles += _draw_classes(page, axes, name, layer)
        else:
            _draw_values(page, axes, layer)
    symbols = draw_on_panels(page, used_deposits(deposits))
    return page.finish_map(
        [*symbols, *handles, area_patch(colour("outside"), "outside the survey, or not mapped")],
        f"Means over the area of each cell; of classes the one with the largest share, while the network gets the "
        f"shares of all. Colours of numbers end at the {CLIP[0]:.0f}nd and {CLIP[1]:.0f}th percentile of the cells."
        f"{ground.caption}",
    )


def _title(name: str, layer: CovariateMap) -> str:
    if layer.classes:
        number = len(layer.classes)
        return f"{plain(name)}, {number} class{'' if number == 1 else 'es'}"
    return f"{plain(name)} ({layer.unit})" if layer.unit else plain(name)


def _draw_values(page: MapPage, axes: Axes, layer: CovariateMap) -> None:
    values = page.ground.masked(layer.values)
    inside = values.compressed()
    inside = inside[np.isfinite(inside)]
    low, high = np.percentile(inside, CLIP)
    if not high > low:
        low, high = inside.min(), inside.max()
    image = page.raster(axes, layer.values, norm=Normalize(low, high), cmap=style()["maps"]["concentration"])
    page.colour_bar(axes, image)


def _draw_classes(page: MapPage, axes: Axes, name: str, layer: CovariateMap) -> list[Artist]:
    """Draw the main class of each cell; returns the symbols of the classes that are that most often."""
    known = page.ground.mask & np.isfinite(layer.values).all(axis=0)
    main = np.nan_to_num(layer.values, nan=-1.0).argmax(axis=0)
    count = np.bincount(main[known], minlength=len(layer.classes))
    order = np.argsort(-count, kind="stable")
    order = order[count[order] > 0]
    coloured = order[:MOST_CLASSES]
    place = np.full(len(layer.classes), len(coloured))
    place[coloured] = np.arange(len(coloured))
    hues = [*class_colours(max(2, len(coloured)))[: len(coloured)], colour("faint")]
    codes = np.where(known, place[main], np.nan).astype(float)
    page.raster(axes, codes, norm=Normalize(-0.5, len(coloured) + 0.5), cmap=ListedColormap(hues))
    label = shorten(plain(name), LONGEST)
    found: list[Artist] = [
        area_patch(hues[k], f"{label}: {shorten(plain(layer.classes[one]), LONGEST)}")
        for k, one in enumerate(coloured)
    ]
    if len(order) > len(coloured):
        found.append(area_patch(colour("faint"), f"{label}: {len(order) - len(coloured)} more"))
    return found
