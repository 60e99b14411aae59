"""Maps of what single elements add to the anomaly score."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from geohalo.products.deposit_marks import draw_on_panels, used_deposits
from geohalo.products.map_axes import MapPage, area_patch
from geohalo.products.map_ground import MapGround
from geohalo.products.styles import colour, method_style, plain, style, styled
from geohalo.products.target_shapes import rings

#: Colours end where this share of the cells of all panels lies nearer to zero.
CLIP = 0.99


@styled
def attribution_map(
    ground: MapGround,
    layers: Mapping[str, ArrayLike],
    shares: Mapping[str, float],
    branches: Mapping[str, float],
    deposits: pd.DataFrame,
    targets: ArrayLike | None = None,
    covariates: Collection[str] = (),
) -> Figure:
    """Draw what each of some elements adds to the logit of the cells, all on one scale.

    Parameters
    ----------
    ground : MapGround
    layers : mapping of str to ndarray (rows, columns)
        Attribution in log-odds by element, in the order of the panels.
    shares : mapping of str to float
        Share of each element in the absolute attributions of all elements.
    branches : mapping of str to float
        Share of each branch of the network in the absolute attributions of all branches.
    deposits : pandas.DataFrame
        ``x``, ``y`` in metres and, if some lie outside the survey, ``inside``.
    targets : ndarray (rows, columns), optional
        Rank of the target of each cell, 0 for none; targets are outlined.
    covariates : collection of str, optional
        Which of ``shares`` are covariates and no elements.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        Without any layer.
    """
    if not layers:
        raise ValueError("no element to draw")
    strongest = ", ".join(plain(element) for element in layers)
    page = MapPage(
        ground,
        f"{plain(ground.survey)}: {strongest} move the anomaly score most, {_percent(_sum(layers, shares))} of all "
        "attribution",
        f"What the values of an element{' or a covariate' if covariates else ''} add to a cell's log-odds of halo, "
        "against the survey's mean spectrum: integrated gradients, mean over members."
        f"{_of_kinds(shares, covariates)}{_of_branches(branches)}",
        titles=[_title(element, shares, covariates) for element in layers],
    )
    handles = _draw_panels(page, layers, used_deposits(deposits), targets)
    return page.finish_map(
        [*handles, area_patch(colour("outside"), "outside the survey")],
        "Per cent: share of all attribution. Colours: log-odds, one scale for all panels: +0.7 doubles the odds, −0.7 "
        "halves them. They end where "
        f"{_percent(CLIP)} of the cells lie nearer to zero. What the network uses need not be what made the deposits."
        f"{ground.caption}",
    )


def _draw_panels(
    page: MapPage, layers: Mapping[str, ArrayLike], deposits: pd.DataFrame, targets: ArrayLike | None
) -> list[Artist]:
    """Draw a layer in each panel, with the deposits and the outlines of targets; returns the legend's symbols."""
    norm = TwoSlopeNorm(0.0, *_range(page.ground, layers))
    outlines = targets is not None and bool(np.any(np.asarray(targets)))
    for axes, layer in zip(page.panels, layers.values(), strict=True):
        page.colour_bar(axes, page.raster(axes, layer, norm=norm, cmap=style()["maps"]["signed"]))
        if outlines:
            _outline(page.ground, axes, np.asarray(targets))
    handles: list[Artist] = [*draw_on_panels(page, deposits, face=colour("text"))]
    if outlines:
        handles.append(Line2D([], [], color=colour("boundary"), linewidth=0.8, label="outline of a target"))
    return handles


def _sum(layers: Mapping[str, ArrayLike], shares: Mapping[str, float]) -> float:
    return sum(shares[element] for element in layers)


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _title(name: str, shares: Mapping[str, float], covariates: Collection[str]) -> str:
    return f"{plain(name)}{' (covariate)' if name in covariates else ''}, {_percent(shares[name])}"


def _of_kinds(shares: Mapping[str, float], covariates: Collection[str]) -> str:
    """Say what share of the attribution is that of the covariates, where there are some."""
    if not covariates:
        return ""
    theirs = sum(share for name, share in shares.items() if name in covariates)
    return f" Elements hold {_percent(1 - theirs)} of all attribution, covariates {_percent(theirs)}."


def _of_branches(branches: Mapping[str, float]) -> str:
    """Say what share of the attribution is that of each branch, where there are several."""
    if len(branches) < 2:
        return ""
    message = ", ".join(f"{method_style(name)[0]} {_percent(share)}" for name, share in branches.items())
    return f" Shares of the branches: {message}."


def _range(ground: MapGround, layers: Mapping[str, ArrayLike]) -> tuple[float, float]:
    """Return the ends of the scale, as far from zero on both sides."""
    sizes = np.concatenate([np.abs(ground.masked(layer).compressed()) for layer in layers.values()])
    far = float(np.quantile(sizes, CLIP)) if sizes.size else 0.0
    return -(far or 1.0), far or 1.0


def _outline(ground: MapGround, axes: Axes, targets: NDArray[np.integer]) -> None:
    """Draw the outlines of all targets."""
    around = [ring for lines in rings(targets, ground.extent).values() for ring in lines]
    axes.add_collection(LineCollection(around, colors=colour("boundary"), linewidths=0.8, zorder=2))
