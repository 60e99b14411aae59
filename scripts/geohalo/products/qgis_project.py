"""A QGIS project that opens the GeoPackage and the maps in order, with their styles.

The file is plain XML. It holds no more than QGIS needs: everything else takes QGIS' own defaults, so that
it opens in any version 3.
"""

from dataclasses import dataclass, field
from xml.etree import ElementTree

from pyproj import CRS

from geohalo.products.qgis_styles import VERSION

Element = ElementTree.Element


@dataclass(frozen=True)
class Layer:
    """A layer of the project.

    Attributes
    ----------
    name : str
        As the user sees it.
    source : str
        Relative to the project, with ``|layername=`` for a GeoPackage.
    parts : list of Element
        Of its style.
    geometry : str
        ``Point`` or ``Polygon``; empty for a raster.
    attributes : dict of str
        Of its style.
    shown : bool
        Switched on when the project opens.
    """

    name: str
    source: str
    parts: list[Element]
    geometry: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    shown: bool = False


def qgis_project(
    title: str, layers: list[Layer], crs: str, extent: tuple[float, float, float, float]
) -> bytes:
    """Return the project.

    Parameters
    ----------
    title : str
    layers : list of Layer
        The topmost first.
    crs : str
        Of all layers and of the map, as WKT.
    extent : (west, south, east, north)
        What the map shows at first, in metres.

    Returns
    -------
    bytes
        XML in UTF-8.
    """
    root = Element("qgis", {"projectname": title, "version": VERSION})
    ElementTree.SubElement(root, "homePath", {"path": ""})
    _text(root, "title", title)
    ElementTree.SubElement(root, "projectCrs").append(_crs(crs))
    tree = ElementTree.SubElement(root, "layer-tree-group")
    known = ElementTree.SubElement(root, "projectlayers")
    for number, layer in enumerate(layers, 1):
        # QGIS replaces shorter names than a time or a random number would make.
        name, provider = f"layer_{number:017d}", "ogr" if layer.geometry else "gdal"
        shown = "Qt::Checked" if layer.shown else "Qt::Unchecked"
        about = {"id": name, "name": layer.name, "source": layer.source, "providerKey": provider}
        ElementTree.SubElement(tree, "layer-tree-layer", {**about, "checked": shown, "expanded": "0"})
        kind = {"type": "vector", "geometry": layer.geometry} if layer.geometry else {"type": "raster"}
        one = ElementTree.SubElement(known, "maplayer", {**kind, **layer.attributes})
        _text(one, "id", name)
        _text(one, "datasource", layer.source)
        _text(one, "layername", layer.name)
        ElementTree.SubElement(one, "srs").append(_crs(crs))
        _text(one, "provider", provider).attrib |= {"encoding": "UTF-8"} if layer.geometry else {}
        one.extend(layer.parts)
    canvas = ElementTree.SubElement(root, "mapcanvas", {"name": "theMapCanvas", "annotationsVisible": "1"})
    _text(canvas, "units", "meters")
    bounds = ElementTree.SubElement(canvas, "extent")
    for side, value in zip(("xmin", "ymin", "xmax", "ymax"), extent, strict=True):
        _text(bounds, side, repr(float(value)))
    ElementTree.SubElement(canvas, "destinationsrs").append(_crs(crs))
    properties = ElementTree.SubElement(root, "properties")
    _text(ElementTree.SubElement(properties, "Paths"), "Absolute", "false").attrib["type"] = "bool"
    system = ElementTree.SubElement(properties, "SpatialRefSys")
    _text(system, "ProjectionsEnabled", "1").attrib["type"] = "int"
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _text(parent: Element, name: str, text: str) -> Element:
    part = ElementTree.SubElement(parent, name)
    part.text = text
    return part


def _crs(wkt: str) -> Element:
    """Return a CRS by its code where it has one, and by its definition."""
    system = Element("spatialrefsys")
    known = CRS.from_wkt(wkt)
    _text(system, "wkt", known.to_wkt())
    authority = known.to_authority()
    if authority:
        _text(system, "authid", ":".join(authority))
    return system
