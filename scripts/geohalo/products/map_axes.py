"""Maps on a page: panels in the shape of the survey, colour bars, a scale bar and a north arrow."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from geohalo.products.map_ground import MapGround
from geohalo.products.pages import LINE_SPACING, MARGIN, WIDTH, Page
from geohalo.products.percentiles import LIMITS, limit_labels, percentile_look, percentiles
from geohalo.products.styles import SMALL_SIZE, TEXT_SIZE, colour, plain, wrap

NARROWEST = 5.6
TALLEST_MAP = 7.0
NARROWEST_PANEL = 1.6
GAP = 0.25
LEFT_AXIS = 0.62
BOTTOM_AXIS = 0.45
RIGHT_BAR = 0.85
#: Beside a bar whose labels hold a percentile and a value.
RIGHT_WIDE_BAR = 1.35
#: Above such a bar, for its title.
BAR_TITLE = 0.22
BELOW_BAR = 0.36
PANEL_TITLE = 0.24
SCALE_WIDTH = 1.75
SCALE_HEIGHT = 0.36
#: Legend and scale bar need this many inches.
NARROWEST_FOOTER = 4.5
#: A page of several maps comes as near to this height in inches as its panels allow.
PAGE_HEIGHT = 6.4
TALLEST_PAGE = 9.0
#: All rows of maps together are no higher, in inches, so that a title, legend and caption fit on the sheet with them.
HIGHEST_PANELS = 9.9
SHORTEST_PANEL = 0.3


@dataclass(frozen=True)
class Room:
    """What a map has of its page, in inches.

    Attributes
    ----------
    narrowest, widest : float
        Of the page, without what is left free.
    tallest : float
        Height of a map at most.
    right_margin : float
        To leave free on the right of all maps and bars.
    columns : int
        Of several maps; 0 for as many as fill the page best.
    """

    narrowest: float = NARROWEST
    widest: float = WIDTH
    tallest: float = TALLEST_MAP
    right_margin: float = 0.0
    columns: int = 0


def area_patch(hue: str, label: str) -> Patch:
    """Return the symbol of an area for a legend."""
    return Patch(facecolor=hue, edgecolor=colour("note"), linewidth=0.5, label=label)


def panel_columns(panels: int, aspect: float, overhead: float) -> tuple[int, float]:
    """Arrange panels on a page of full width.

    Parameters
    ----------
    panels : int
    aspect : float
        Height of a map over its width.
    overhead : float
        Inches that a panel needs above and below its map.

    Returns
    -------
    columns : int
    width : float
        Width of a panel's map in inches.
    """
    best = (math.inf, 1, WIDTH)
    for columns in range(1, panels + 1):
        width = (WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns
        if columns > 1 and width < NARROWEST_PANEL:
            break
        width = min(width, TALLEST_MAP / aspect)
        rows = math.ceil(panels / columns)
        empty = rows * columns - panels
        height = rows * (width * aspect + overhead)
        too_tall = max(0.0, math.log(height / TALLEST_PAGE))
        cost = abs(math.log(height / PAGE_HEIGHT)) + 3 * too_tall + 1.25 * empty / panels
        best = min(best, (cost, columns, width))
    _, columns, width = best
    rows = math.ceil(panels / columns)
    return columns, min(width, max(SHORTEST_PANEL, HIGHEST_PANELS / rows - overhead) / aspect)


def scale_length(longest: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not longer than ``longest``."""
    power = 10.0 ** math.floor(math.log10(longest))
    return next(step * power for step in (5, 2, 1) if step * power <= longest * (1 + 1e-9))


class MapPage(Page):
    """A page with one or more maps of the same ground.

    One map has axes in km and room for a colour bar on its right; several have none, and room for a bar
    below each.

    Parameters
    ----------
    ground : MapGround
    title, subtitle, warning : str
        See `Page`.
    titles : sequence of str
        One for each map; none for a single map without a title of its own.
    bars : bool
        Leave room for colour bars.
    wide_bar : bool
        Leave room for the longer labels of `percentile_raster`.
    room : Room
        What a single map has of the page; several fill it as `panel_columns` arranges them, or in so many columns.

    Attributes
    ----------
    panels : list of Axes
        In reading order.
    panel_width : float
        Width of each map in inches.
    right_edge : float
        Where the last map of a row ends, in inches from the left.
    """

    def __init__(
        self,
        ground: MapGround,
        title: str,
        subtitle: str = "",
        titles: Sequence[str] = (),
        bars: bool = True,
        room: Room | None = None,
        wide_bar: bool = False,
        warning: str = "",
    ) -> None:
        self.ground = ground
        room = room or Room()
        self._bars_below = len(titles) > 1
        self._above = BAR_TITLE if wide_bar else 0.0
        width_km, height_km = ground.size
        aspect = height_km / width_km
        if not self._bars_below:
            around = LEFT_AXIS + (RIGHT_WIDE_BAR if wide_bar else RIGHT_BAR if bars else 0) + 2 * MARGIN
            columns, self.panel_width = 1, min(room.widest - around, room.tallest / aspect)
            below, page_width = BOTTOM_AXIS, self.panel_width + around
        else:
            below = BELOW_BAR if bars else 0.08
            columns, self.panel_width = panel_columns(len(titles), aspect, PANEL_TITLE + below)
            if room.columns:
                columns = room.columns
                width = (WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns
                self.panel_width = min(width, room.tallest / aspect)
            page_width = columns * self.panel_width + (columns - 1) * GAP + 2 * MARGIN
        width = min(room.widest, max(room.narrowest, page_width)) + room.right_margin
        super().__init__(width, title, subtitle, warning)
        self._footer_end = width - room.right_margin - MARGIN
        self._add_panels(titles, columns, self.panel_width * aspect, below)

    def _add_panels(self, titles: Sequence[str], columns: int, height: float, below: float) -> None:
        wrapped = [wrap(self.figure, title, TEXT_SIZE, self.panel_width) for title in titles] or [""]
        lines = max((title.count("\n") + 1 for title in wrapped if title), default=0)
        above = PANEL_TITLE + (lines - 1) * TEXT_SIZE * LINE_SPACING / 72 if lines else self._above
        left = MARGIN + (0.0 if self._bars_below else LEFT_AXIS)
        top = self.bottom
        self.right_edge = left + columns * self.panel_width + (columns - 1) * GAP
        self.panels = []
        for number, title in enumerate(wrapped):
            row, column = divmod(number, columns)
            place = (
                left + column * (self.panel_width + GAP),
                top + row * (above + height + below + 0.08) + above,
            )
            axes = self.add_axes(*place, self.panel_width, height)
            self._prepare(axes)
            axes.set_title(title, loc="left", fontsize=TEXT_SIZE, pad=4, linespacing=LINE_SPACING)
            self.panels.append(axes)
        self.bottom += below

    def _prepare(self, axes: Axes) -> None:
        """Give a panel its limits and, if it is the only one, axes in km."""
        west, east, south, north = self.ground.frame
        axes.set(xlim=(west, east), ylim=(south, north), facecolor=colour("outside"), autoscale_on=False)
        axes.set_aspect("equal")
        axes.spines[:].set_color(colour("note"))
        if self._bars_below:
            axes.set(xticks=[], yticks=[])
            return
        crs = f", {plain(self.ground.crs)}" if self.ground.crs else ""
        axes.set_xlabel(f"Easting (km{crs})")
        axes.set_ylabel("Northing (km)")
        _, _, *sides = self.place(axes)
        for axis, side in zip((axes.xaxis, axes.yaxis), sides, strict=True):
            axis.set_major_locator(MaxNLocator(int(np.clip(side / 0.42, 2, 7)), steps=[1, 2, 5, 10]))
        axes.ticklabel_format(style="plain", useOffset=False)

    def raster(self, axes: Axes, values: ArrayLike, **look: Any) -> AxesImage:
        """Draw a layer (rows, columns); cells outside the mask or without a value stay light grey."""
        return axes.imshow(
            self.ground.masked(values), extent=self.ground.extent, origin="upper", aspect="equal", **look
        )

    def colour_bar(self, axes: Axes, image: Any, label: str = "") -> Colorbar:
        """Add the colour bar of a panel: on the right of a single map, below one of several."""
        left, top, width, height = self.place(axes)
        bottom = self.bottom
        if self._bars_below:
            bar = self.add_axes(left, top + height + 0.06, width, 0.09)
        else:
            bar = self.add_axes(left + width + 0.12, top, 0.14, height)
        self.bottom = bottom
        drawn = self.figure.colorbar(
            image, cax=bar, orientation="horizontal" if self._bars_below else "vertical"
        )
        if self._bars_below:
            # Without a tick at the ends, whose label would meet that of the neighbouring bar.
            drawn.locator = MaxNLocator(5, prune="both")
        drawn.outline.set_linewidth(0.4)
        bar.tick_params(labelsize=SMALL_SIZE, length=2, pad=1.5)
        if label:
            length = width if self._bars_below else height
            drawn.set_label(wrap(self.figure, label, TEXT_SIZE, length), fontsize=TEXT_SIZE)
        return drawn

    def percentile_raster(
        self, axes: Axes, values: ArrayLike, label: str = "Percentile (score)"
    ) -> AxesImage:
        """Draw a layer (rows, columns) by rank of ground, with a colour bar that tells percentiles and values.

        A single map needs a page with a ``wide_bar``.
        """
        inside = self.ground.masked(values).filled(np.nan)
        image = self.raster(axes, percentiles(inside), **percentile_look())
        # Beside a single map the label stands above the bar, where longer ticks do not reach.
        bar = self.colour_bar(axes, image)
        if not self._bars_below:
            bar.ax.set_title(label, fontsize=TEXT_SIZE, pad=10, loc="left")
        bar.set_ticks(LIMITS, labels=limit_labels(inside, brief=self._bars_below))
        return image

    def finish_map(self, handles: Sequence[Artist], caption: str = "") -> Figure:
        """Add legend, scale bar, north arrow and caption, and give the page its final shape."""
        self.add_footer(handles)
        return self.finish(caption)

    def add_footer(self, handles: Sequence[Artist]) -> None:
        """Add legend, scale bar and north arrow: where a last row of maps has room for them, else below everything."""
        if self._fill_row(handles):
            return
        left, top = self.place(self.panels[0])[0], self.bottom + 0.08
        self.bottom = top
        right = self.right_edge if self.right_edge - left >= NARROWEST_FOOTER else self._footer_end
        self._add_scale_bar(right - SCALE_WIDTH, top)
        self.bottom = top
        height = self.add_legend(handles, left, right - SCALE_WIDTH - left - 0.1) if handles else 0.0
        self.bottom = top + max(SCALE_HEIGHT, height)

    def _fill_row(self, handles: Sequence[Artist]) -> bool:
        """Add legend, scale bar and north arrow beside the last map of an unfinished row; tell whether they fit."""
        last, top, width, height = self.place(self.panels[-1])
        left, bottom = last + width + GAP, self.bottom
        free = self.right_edge - left
        if free < SCALE_WIDTH or height < SCALE_HEIGHT:
            return False
        if handles:
            legend, *needed = self.fitted_legend(handles, free)
            if needed[0] > free or needed[1] + SCALE_HEIGHT > height:
                legend.remove()
                return False
            self.place_legend(legend, left, top)
        self._add_scale_bar(self.right_edge - SCALE_WIDTH, top + height - SCALE_HEIGHT)
        self.bottom = bottom
        return True

    def _add_scale_bar(self, left: float, top: float) -> None:
        """Draw scale bar and north arrow in axes of their own, whose units are inches."""
        per_inch = self.ground.size[0] / self.panel_width
        length = scale_length((SCALE_WIDTH - 0.55) * per_inch)
        axes = self.add_axes(left, top, SCALE_WIDTH, SCALE_HEIGHT)
        axes.set(xlim=(0, SCALE_WIDTH), ylim=(0, SCALE_HEIGHT), label="scale bar")
        axes.axis("off")
        end = SCALE_WIDTH - 0.35
        start, low, high = end - length / per_inch, 0.06, 0.12
        axes.plot([start, start, end, end], [high, low, low, high], color=colour("text"), linewidth=1.2)
        axes.text(
            (start + end) / 2, high + 0.04, f"{length:g} km", ha="center", va="bottom", fontsize=SMALL_SIZE
        )
        arrow = {"arrowstyle": "-|>", "color": colour("text"), "linewidth": 1.0, "shrinkA": 0, "shrinkB": 0}
        north = SCALE_WIDTH - 0.1
        axes.annotate("", (north, SCALE_HEIGHT - 0.1), (north, 0.0), arrowprops=arrow)
        axes.text(
            north, SCALE_HEIGHT - 0.1, "N", ha="center", va="bottom", fontsize=SMALL_SIZE, fontweight="bold"
        )
