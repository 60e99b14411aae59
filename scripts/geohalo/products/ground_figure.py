"""Figure of the ground of a survey that comes as rasters: its cells, labelled classes if any, and the deposits."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from geohalo.products.class_figures import class_colours
from geohalo.products.deposit_marks import draw_all_deposits, used_deposits
from geohalo.products.map_axes import MapPage, area_patch
from geohalo.products.map_ground import MapGround
from geohalo.products.styles import amount, colour, plain, styled


@styled
def ground_map(
    ground: MapGround,
    deposits: pd.DataFrame,
    classes: NDArray[np.integer] | None = None,
) -> Figure:
    """Draw the cells of a survey, the classes that they are labelled with, and the deposits.

    Parameters
    ----------
    ground : MapGround
    deposits : pandas.DataFrame
        ``x``, ``y`` in metres and, if some lie outside the survey, ``inside``.
    classes : ndarray (rows, columns) of int, optional
        Class from 1; 0 unlabelled.

    Returns
    -------
    Figure
    """
    used = used_deposits(deposits)
    counted = [amount(int(ground.mask.sum()), "cell")]
    counted += [] if deposits.empty else [amount(len(used), "known deposit")]
    counted += [] if classes is None else [amount(int((classes > 0).sum()), "labelled cell")]
    page = MapPage(
        ground, f"{plain(ground.survey)}: {', '.join(counted)}", f"{ground.area:,.0f} km²", bars=False
    )
    axes, hues = page.panels[0], [colour("inside")]
    handles: list[Artist] = []
    if classes is not None and classes.max() > 0:
        hues += class_colours(int(classes.max()))
        counts = np.bincount(classes[ground.mask], minlength=len(hues))
        handles += [
            area_patch(hues[k], f"class {k} ({amount(counts[k], 'cell')})") for k in range(1, len(hues))
        ]
    layer = np.zeros(ground.mask.shape, dtype=np.int64) if classes is None else classes
    page.raster(
        axes, layer, cmap=ListedColormap(hues), vmin=-0.5, vmax=len(hues) - 0.5, interpolation="nearest"
    )
    handles += draw_all_deposits(axes, deposits)
    areas = {"inside": "unlabelled" if len(hues) > 1 else "inside the survey", "outside": "no data"}
    return page.finish_map([*handles, *(area_patch(colour(name), label) for name, label in areas.items())])
