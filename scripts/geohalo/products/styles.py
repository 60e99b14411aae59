"""The look that all figures share: colours, fonts, text, and how a figure is saved."""

import functools
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font_names
from matplotlib.text import Text
from PIL import Image

from geohalo.atomic_files import atomic_write
from geohalo.control_table import GROUPS, TABLE
from geohalo.package_files import RESOURCES
from geohalo.package_yaml import read_yaml

COLOUR_FILE = RESOURCES / "colour_maps.yaml"

P = ParamSpec("P")
T = TypeVar("T")

#: Dots per inch of every saved figure; layouts are measured in inches.
DPI = 150
TITLE_SIZE = 11.0
TEXT_SIZE = 8.5
SMALL_SIZE = 7.5

#: Tried in this order for names in scripts that the first one lacks.
FONTS = (
    "DejaVu Sans",
    "Noto Sans",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "Arial Unicode MS",
)


@functools.cache
def style() -> dict[str, Any]:
    """Return the table of colour maps and colours, with the controls among the methods and their groups."""
    table = read_yaml(COLOUR_FILE)
    table["methods"] |= {control.name: [control.label, control.colour, control.line] for control in TABLE}
    table["groups"] += [
        [heading, [control.name for control in TABLE if control.group == heading]] for heading in GROUPS
    ]
    return table


def colour(name: str) -> str:
    """Return one of the single colours."""
    return style()["colours"][name]


def method_style(method: str) -> tuple[str, str, str]:
    """Return label, colour and line style of a variant or control; an unknown one keeps its own name."""
    label, hue, line = style()["methods"].get(method, (method.replace("_", " "), colour("note"), "dashed"))
    return label, hue, line


def is_variant(method: str) -> bool:
    """Tell the network's variants from the controls."""
    return method in style()["variants"]


@functools.cache
def _settings() -> Any:
    """Return matplotlib's own defaults with the house's on top; which fonts exist is asked once."""
    installed = set(get_font_names())
    defaults = {key: value for key, value in matplotlib.rcParamsDefault.items() if key != "backend"}
    return defaults | {
        "font.family": [font for font in FONTS if font in installed] or ["sans-serif"],
        "font.size": TEXT_SIZE,
        "text.color": colour("text"),
        "axes.linewidth": 0.6,
        "axes.labelsize": TEXT_SIZE,
        "axes.titlesize": TEXT_SIZE,
        "xtick.labelsize": SMALL_SIZE,
        "ytick.labelsize": SMALL_SIZE,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.major.size": 3.0,
        "ytick.major.size": 3.0,
        "legend.fontsize": SMALL_SIZE,
    }


def styled(draw: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function so that it draws with the house's settings, not the user's matplotlibrc."""

    @functools.wraps(draw)
    def with_settings(*args: P.args, **kwargs: P.kwargs) -> T:
        with matplotlib.rc_context(_settings()):
            return draw(*args, **kwargs)

    return with_settings


def plain(text: object) -> str:
    """Return user text as one line that matplotlib shows as it stands: a dollar sign starts no formula."""
    return " ".join(str(text).split()).replace("$", r"\$")


def shorten(text: object, most: int) -> str:
    """Return `plain` text cut to ``most`` characters."""
    line = " ".join(str(text).split())
    return plain(line if len(line) <= most else line[: most - 1].rstrip() + "…")


def amount(number: float, noun: str) -> str:
    """Return a count with its noun, as in ``1 deposit`` or ``4,278 samples``."""
    return f"{number:,.0f} {noun}" + ("" if number == 1 else "s")


def signed_percent(share: float) -> str:
    """Return a share as a whole percentage with a true minus sign; ``n/a`` for NaN."""
    return f"{share * 100:.0f} %".replace("-", "−") if np.isfinite(share) else "n/a"


def rounded(number: float, digits: int = 2) -> str:
    """Return a number to so many significant digits, written out: ``2,100`` and not ``2.1e+03``."""
    return f"{float(f'{number:.{digits}g}'):,g}"


def with_interval(estimate: float, low: float, high: float) -> str:
    """Return an estimate and, where there is one, its interval: ``0.84 (95 % interval 0.71–0.93)``."""
    if not np.isfinite(estimate):
        return "n/a"
    interval = f" (95 % interval {low:.2f}–{high:.2f})" if np.isfinite(low) and np.isfinite(high) else ""
    return f"{estimate:.2f}{interval}"


def renderer_of(figure: Figure) -> RendererAgg:
    """Return what draws a figure and measures its parts: one for all calls, since it keeps the sizes of texts."""
    canvas = figure.canvas
    return (canvas if isinstance(canvas, FigureCanvasAgg) else FigureCanvasAgg(figure)).get_renderer()


def text_size(figure: Figure, text: str, size: float, weight: str = "normal") -> tuple[float, float]:
    """Return width and height in inches of a text as the figure would draw it."""
    label = Text(0, 0, text, fontsize=size, fontweight=weight, figure=figure)
    extent = label.get_window_extent(renderer_of(figure), dpi=figure.dpi)
    return extent.width / figure.dpi, extent.height / figure.dpi


def wrap(figure: Figure, text: str, size: float, width: float, weight: str = "normal") -> str:
    """Break a text into lines of at most ``width`` inches; a single longer word keeps a line of its own."""
    if "\n" in text:
        return "\n".join(wrap(figure, paragraph, size, width, weight) for paragraph in text.split("\n"))
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_size(figure, longer, size, weight)[0] <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def _read_picture(path: Path) -> None:
    """Read all of a picture."""
    with Image.open(path) as image:
        image.load()


@styled
def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Save a figure at `DPI`, so that the file is either whole or not there.

    A PNG carries the figure's title in its metadata and nothing that depends on time or version: the same
    figure gives the same bytes.

    Parameters
    ----------
    figure : Figure
    path : path
        Its suffix decides the format. The folder must exist.
    """
    path = Path(path)
    kind = path.suffix.lstrip(".").lower()
    with atomic_write(path, _read_picture if kind == "png" else None) as temporary:
        figure.savefig(temporary, dpi=DPI, format=kind, metadata=_metadata(figure, kind))


@styled
def figure_png(figure: Figure) -> bytes:
    """Return a figure as `save_figure` would write it to a PNG file."""
    out = io.BytesIO()
    figure.savefig(out, dpi=DPI, format="png", metadata=_metadata(figure, "png"))
    return out.getvalue()


def _metadata(figure: Figure, kind: str) -> dict[str, str | None]:
    """Return what a file tells of its figure."""
    title = " ".join(figure.get_suptitle().replace(r"\$", "$").split())
    return {"Title": title, "Software": None} if kind == "png" else {"Title": title}
