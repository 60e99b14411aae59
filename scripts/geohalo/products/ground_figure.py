"""Figure of the ground of a survey that comes as rasters: its cells, labelled classes if any, and the deposits."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from geohalo.products.class_figures import class_colours
from geohalo.products.deposit_marks import draw_deposits, used_deposits
from geohalo.products.map_axes import Ground, MapPage, area_patch
from geohalo.products.styles import colour, plain, styled, whole


@styled
def ground_map(
    survey: str,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    mask: NDArray[np.bool_],
    deposits: pd.DataFrame,
    crs: str = "",
    classes: NDArray[np.integer] | None = None,
) -> Figure:
    """Draw the cells of a survey, the classes that they are labelled with, and the deposits.

    Parameters
    ----------
    survey, x, y, mask, deposits, crs
        See `geohalo.products.survey_figures.sample_map`.
    classes : ndarray (rows, columns) of int, optional
        Class from 1; 0 unlabelled.

    Returns
    -------
    Figure
    """
    ground, used = Ground(x, y, mask, crs), used_deposits(deposits)
    counted = [whole(int(mask.sum()), "cell")]
    counted += [] if deposits.empty else [whole(len(used), "known deposit")]
    counted += [] if classes is None else [whole(int((classes > 0).sum()), "labelled cell")]
    page = MapPage(ground, f"{plain(survey)}: {', '.join(counted)}", f"{ground.area:,.0f} km²", bars=False)
    axes, hues = page.panels[0], [colour("inside")]
    handles: list[Artist] = []
    if classes is not None and classes.max() > 0:
        hues += class_colours(int(classes.max()))
        counts = np.bincount(classes[mask], minlength=len(hues))
        handles += [
            area_patch(hues[k], f"class {k} ({whole(counts[k], 'cell')})") for k in range(1, len(hues))
        ]
    layer = np.zeros(mask.shape, dtype=np.int64) if classes is None else classes
    page.raster(
        axes, layer, cmap=ListedColormap(hues), vmin=-0.5, vmax=len(hues) - 0.5, interpolation="nearest"
    )
    if not used.empty:
        handles.append(draw_deposits(axes, used))
    outside = deposits.drop(used.index)
    if not outside.empty:
        mark = draw_deposits(axes, outside, face="none", edge=colour("deposit"))
        mark.set_label(f"{len(outside):,} outside the survey")
        handles.append(mark)
    areas = {"inside": "unlabelled" if len(hues) > 1 else "inside the survey", "outside": "no data"}
    return page.finish_map([*handles, *(area_patch(colour(name), label) for name, label in areas.items())])
