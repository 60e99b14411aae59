"""Styles as QGIS reads them: QML of vector layers and of maps, in the colours of the figures.

Symbols carry their properties twice, as ``Option`` (QGIS 3.26 and later) and as ``prop`` (before).
"""

from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
from matplotlib.colors import to_rgba_array
from numpy.typing import NDArray

from geohalo.products.percentiles import class_labels, class_scores, rank_colours
from geohalo.products.styles import colour, style
from geohalo.products.targets import KNOWN, NEW

Element = ElementTree.Element

#: Of QGIS; later versions read styles of earlier ones.
VERSION = "3.22.0"
#: Colours of a continuous scale.
STOPS = 11
GEOMETRIES = {"Point": "0", "Polygon": "2"}


def rgba(hue: str, alpha: float = 1.0) -> str:
    """Return a colour as QGIS writes it, such as ``213,94,0,255``."""
    red, green, blue, opacity = (to_rgba_array(hue, alpha)[0] * 255).round().astype(int)
    return f"{red},{green},{blue},{opacity}"


def _symbol(kind: str, layer: str, properties: dict[str, str]) -> Element:
    """Return a symbol of one layer."""
    symbol = Element("symbol", {"type": kind, "name": "0", "alpha": "1", "clip_to_extent": "1"})
    part = ElementTree.SubElement(symbol, "layer", {"class": layer, "enabled": "1", "pass": "0"})
    options = ElementTree.SubElement(part, "Option", {"type": "Map"})
    for key, value in properties.items():
        ElementTree.SubElement(options, "Option", {"name": key, "value": value, "type": "QString"})
    for key, value in properties.items():
        ElementTree.SubElement(part, "prop", {"k": key, "v": value})
    return symbol


def _outline(hue: str, width: float) -> Element:
    """Return the symbol of an area without a filling, so that the map beneath shows; width in millimetres."""
    return _symbol(
        "fill",
        "SimpleFill",
        {
            "color": rgba(hue, 0.0),
            "style": "no",
            "outline_color": rgba(hue),
            "outline_style": "solid",
            "outline_width": str(width),
            "outline_width_unit": "MM",
        },
    )


def _marker(shape: str, fill: str, edge: str, size: float) -> Element:
    """Return the symbol of a point in millimetres."""
    return _symbol(
        "marker",
        "SimpleMarker",
        {
            "name": shape,
            "color": rgba(fill),
            "outline_color": rgba(edge),
            "outline_width": "0.2",
            "outline_width_unit": "MM",
            "size": str(size),
            "size_unit": "MM",
        },
    )


def _labels(field: str, size: float, always: bool) -> Element:
    """Return labels from a field, with a white buffer; bold, and shown even where they meet others, or not."""
    labeling = Element("labeling", {"type": "simple"})
    settings = ElementTree.SubElement(labeling, "settings")
    text = {"fieldName": field, "isExpression": "0", "fontSize": str(size), "fontSizeUnit": "Point"}
    text |= {"textColor": rgba(colour("text")), "fontWeight": "75" if always else "50"}
    words = ElementTree.SubElement(settings, "text-style", text)
    buffer = {"bufferDraw": "1", "bufferSize": "0.8", "bufferSizeUnits": "MM", "bufferColor": rgba("#ffffff")}
    ElementTree.SubElement(words, "text-buffer", buffer)
    ElementTree.SubElement(settings, "placement", {"priority": "10" if always else "3"})
    ElementTree.SubElement(settings, "rendering", {"displayAll": "1" if always else "0"})
    return labeling


def _single(symbol: Element) -> Element:
    """Return the renderer of a layer with one symbol."""
    renderer = Element("renderer-v2", {"type": "singleSymbol", "symbollevels": "0", "forceraster": "0"})
    ElementTree.SubElement(renderer, "symbols").append(symbol)
    return renderer


def _by_ground() -> Element:
    """Return the renderer of targets: those on new ground dark, those on known halos light and thin."""
    about = {"type": "categorizedSymbol", "attr": "ground", "symbollevels": "0", "forceraster": "0"}
    renderer = Element("renderer-v2", about)
    categories = ElementTree.SubElement(renderer, "categories")
    symbols = ElementTree.SubElement(renderer, "symbols")
    looks = ((NEW, "target", 0.6, "new ground"), (KNOWN, "target_edge", 0.35, "known halo"))
    for number, (value, hue, width, label) in enumerate(looks):
        one = {"value": value, "symbol": str(number), "label": label, "render": "true"}
        ElementTree.SubElement(categories, "category", one)
        symbol = _outline(colour(hue), width)
        symbol.set("name", str(number))
        symbols.append(symbol)
    return renderer


def vector_parts(layer: str) -> tuple[dict[str, str], list[Element]]:
    """Return the attributes and the parts of the style of a layer of the GeoPackage.

    Parameters
    ----------
    layer : {"targets", "deposits", "samples", "superpixels"}

    Returns
    -------
    attributes : dict of str
        Of the element that holds the parts.
    parts : list of Element
        The renderer, labels where the layer has any, and the type of its geometry.
    """
    renderers = {
        "targets": ("Polygon", _by_ground),
        "deposits": (
            "Point",
            lambda: _single(_marker("star", colour("deposit"), colour("deposit_edge"), 4.0)),
        ),
        "samples": ("Point", lambda: _single(_marker("circle", colour("sample"), colour("sample"), 0.8))),
        "superpixels": ("Polygon", lambda: _single(_outline(colour("note"), 0.15))),
    }
    labels = {"targets": ("rank", 10.0, True), "deposits": ("name", 8.0, False)}
    geometry, renderer = renderers[layer]
    parts = [renderer()]
    if layer in labels:
        parts.append(_labels(*labels[layer]))
    kind = Element("layerGeometryType")
    kind.text = GEOMETRIES[geometry]
    return {"labelsEnabled": "1" if layer in labels else "0"}, [*parts, kind]


def layer_style(layer: str) -> str:
    """Return the QML of a layer of the GeoPackage; see `vector_parts`."""
    attributes, parts = vector_parts(layer)
    root = Element("qgis", {"version": VERSION, "styleCategories": "Symbology|Labeling", **attributes})
    root.extend(parts)
    return ElementTree.tostring(root, encoding="unicode")


def continuous_scale(layer: str, low: float, high: float) -> list[tuple[float, str, str]]:
    """Return value, colour and label of the stops of a colour map of the figures."""
    shades = matplotlib.colormaps[style()["maps"][layer]](np.linspace(0, 1, STOPS))
    values = np.linspace(low, high, STOPS)
    return [(float(v), matplotlib.colors.to_hex(c), f"{v:.2g}") for v, c in zip(values, shades, strict=True)]


def percentile_scale(values: NDArray[np.floating[Any]], what: str = "score") -> list[tuple[float, str, str]]:
    """Return the classes by rank of ground: the highest value of each, its colour and what it is called."""
    return list(
        zip(class_scores(values)[1:].tolist(), rank_colours(), class_labels(values, what), strict=True)
    )


def class_scale(labels: list[str]) -> list[tuple[float, str, str]]:
    """Return value, colour and label of classes from 0, in the colours of the score."""
    shades = matplotlib.colormaps[style()["maps"]["score"]](np.linspace(0, 1, len(labels)))
    return [
        (float(k), matplotlib.colors.to_hex(c), t)
        for k, (c, t) in enumerate(zip(shades, labels, strict=True))
    ]


def raster_parts(scale: list[tuple[float, str, str]], classes: bool, discrete: bool = False) -> list[Element]:
    """Return the parts of the style of the first band of a map.

    Parameters
    ----------
    scale : list of (value, colour, label)
        Ascending.
    classes : bool
        The values are classes, and not points on a continuous scale.
    discrete : bool
        The values are the upper ends of classes of a continuous scale; the last one has no upper end.
    """
    pipe = Element("pipe")
    renderer = ElementTree.SubElement(pipe, "rasterrenderer")
    limits = {"classificationMin": str(scale[0][0]), "classificationMax": str(scale[-1][0])}
    if classes:
        renderer.attrib |= {"type": "paletted", "band": "1", "opacity": "1"}
        entries = ElementTree.SubElement(renderer, "colorPalette")
        for value, hue, label in scale:
            about = {"value": f"{value:g}", "color": hue, "label": label, "alpha": "255"}
            ElementTree.SubElement(entries, "paletteEntry", about)
        return [pipe]
    renderer.attrib |= {"type": "singlebandpseudocolor", "band": "1", "opacity": "1", **limits}
    shader = ElementTree.SubElement(renderer, "rastershader")
    kind = "DISCRETE" if discrete else "INTERPOLATED"
    about = {"colorRampType": kind, "classificationMode": "1", "clip": "0"}
    about |= {"minimumValue": limits["classificationMin"], "maximumValue": limits["classificationMax"]}
    ramp = ElementTree.SubElement(shader, "colorrampshader", about)
    ends = [str(value) for value, _, _ in scale]
    if discrete:
        ends[-1] = "inf"
    for end, (_, hue, label) in zip(ends, scale, strict=True):
        ElementTree.SubElement(ramp, "item", {"value": end, "color": hue, "label": label, "alpha": "255"})
    return [pipe]
