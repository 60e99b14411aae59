"""Styles and project for QGIS as XML: what they hold, and that nothing of a user's becomes markup."""

from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from geohalo.products.percentiles import rank_colours
from geohalo.products.qgis_project import Layer, qgis_project
from geohalo.products.qgis_styles import (
    class_scale,
    continuous_scale,
    layer_style,
    percentile_scale,
    raster_parts,
    rgba,
    vector_parts,
)
from geohalo.products.styles import colour
from geohalo.products.targets import KNOWN, NEW
from pyproj import CRS

WKT = CRS(2157).to_wkt()
LAYERS = ["targets", "deposits", "samples", "superpixels"]


def test_colours_are_written_as_qgis_does():
    assert rgba("#d55e00") == "213,94,0,255"
    assert rgba("#ffffff", 0) == "255,255,255,0"


@pytest.mark.parametrize("layer", LAYERS)
def test_styles_of_layers_hold_symbol_labels_and_geometry(layer):
    root = ElementTree.fromstring(layer_style(layer))
    assert root.tag == "qgis"
    symbol = root.find("renderer-v2/symbols/symbol")
    area = layer in ("targets", "superpixels")
    assert symbol.get("type") == ("fill" if area else "marker")
    assert root.findtext("layerGeometryType") == ("2" if area else "0")
    # Both notations say the same.
    part = symbol.find("layer")
    options = {one.get("name"): one.get("value") for one in part.findall("Option/Option")}
    assert options == {one.get("k"): one.get("v") for one in part.findall("prop")}
    labelled = {"targets": "rank", "deposits": "name"}.get(layer)
    assert root.get("labelsEnabled") == ("1" if labelled else "0")
    field = root.find("labeling/settings/text-style")
    assert (field is None) == (labelled is None)
    if labelled:
        assert field.get("fieldName") == labelled
        # A name is a column, and nothing that QGIS would evaluate.
        assert field.get("isExpression") == "0"
        # Every rank is to be seen; names of deposits only where there is room.
        shown = root.find("labeling/settings/rendering").get("displayAll")
        assert shown == ("1" if layer == "targets" else "0")


def test_targets_on_new_ground_are_told_from_known_halos():
    renderer = ElementTree.fromstring(layer_style("targets")).find("renderer-v2")
    assert (renderer.get("type"), renderer.get("attr")) == ("categorizedSymbol", "ground")
    categories = [(one.get("value"), one.get("symbol")) for one in renderer.findall("categories/category")]
    assert categories == [(NEW, "0"), (KNOWN, "1")]
    symbols = renderer.findall("symbols/symbol")
    assert [one.get("name") for one in symbols] == ["0", "1"]
    hues = [
        {prop.get("k"): prop.get("v") for prop in one.findall("layer/prop")}["outline_color"]
        for one in symbols
    ]
    assert hues == [rgba(colour("target")), rgba(colour("target_edge"))]


def test_symbols_have_the_colours_of_the_figures():
    (star,) = vector_parts("deposits")[1][0].iter("layer")
    properties = {one.get("k"): one.get("v") for one in star.findall("prop")}
    assert properties["name"] == "star"
    assert properties["color"] == rgba(colour("deposit"))


def test_a_continuous_map_has_the_colour_map_of_the_figures():
    scale = continuous_scale("score", 0.2, 0.7)
    assert [scale[0][0], scale[-1][0]] == [0.2, 0.7]
    hexadecimal = matplotlib.colors.to_hex
    assert scale[0][1] == hexadecimal(matplotlib.colormaps["viridis"](0.0))
    (pipe,) = raster_parts(scale, False)
    renderer = pipe.find("rasterrenderer")
    assert renderer.get("type") == "singlebandpseudocolor"
    items = renderer.findall("rastershader/colorrampshader/item")
    assert [float(one.get("value")) for one in items] == [value for value, _, _ in scale]


def test_a_map_by_rank_of_ground_has_classes_that_end_at_its_percentiles():
    scale = percentile_scale(np.linspace(0.3, 0.5, 1001))
    (pipe,) = raster_parts(scale, False, discrete=True)
    shader = pipe.find("rasterrenderer/rastershader/colorrampshader")
    assert shader.get("colorRampType") == "DISCRETE"
    items = shader.findall("item")
    # Each class ends at its item's value; the last one takes all that is above.
    assert [float(one.get("value")) for one in items[:-1]] == pytest.approx([0.4, 0.45, 0.48, 0.49, 0.496])
    assert items[-1].get("value") == "inf"
    assert items[-1].get("label") == "98–100 %, score 0.496–0.500"
    assert [one.get("color") for one in items] == rank_colours()
    assert percentile_scale(np.linspace(0.3, 0.5, 1001), "rank")[-1][2] == "98–100 %, rank 0.496–0.500"


def test_a_map_of_classes_names_each():
    (pipe,) = raster_parts(class_scale(["0: rest", "1: <best>"]), True)
    entries = pipe.findall("rasterrenderer/colorPalette/paletteEntry")
    assert [(one.get("value"), one.get("label")) for one in entries] == [("0", "0: rest"), ("1", "1: <best>")]


def test_project_lists_its_layers_in_order():
    attributes, parts = vector_parts("targets")
    layers = [
        Layer("targets", "./targets.gpkg|layername=targets", parts, "Polygon", attributes, True),
        Layer("score", "./maps/score.tif", raster_parts(continuous_scale("score", 0, 1), False)),
    ]
    text = qgis_project('<script>alert("x")</script> & co', layers, WKT, (0.0, 10.0, 2000.0, 3010.0))
    root = ElementTree.fromstring(text)
    assert root.findtext("title") == '<script>alert("x")</script> & co'
    assert b"<script>" not in text
    tree, known = root.findall("layer-tree-group/layer-tree-layer"), root.findall("projectlayers/maplayer")
    assert [one.get("name") for one in tree] == ["targets", "score"]
    assert [one.get("checked") for one in tree] == ["Qt::Checked", "Qt::Unchecked"]
    assert [one.get("id") for one in tree] == [one.findtext("id") for one in known]
    assert [one.get("type") for one in known] == ["vector", "raster"]
    assert [one.findtext("provider") for one in known] == ["ogr", "gdal"]
    assert [one.findtext("datasource") for one in known] == [one.get("source") for one in tree]
    assert known[0].get("labelsEnabled") == "1"
    assert {one.findtext("spatialrefsys/authid") for one in root.iter("srs")} == {"EPSG:2157"}
    extent = root.find("mapcanvas/extent")
    assert [float(one.text) for one in extent] == [0, 10, 2000, 3010]
    assert root.findtext("properties/Paths/Absolute") == "false"
    # QGIS gives names of its own to layers whose names are short, and then finds none of the tree, and goes
    # by the project's CRS only where this is set.
    assert all(len(one.get("id")) > 10 for one in tree)
    assert root.findtext("properties/SpatialRefSys/ProjectionsEnabled") == "1"


def test_a_crs_without_a_code_is_told_by_its_definition():
    own = CRS("+proj=tmerc +lat_0=12 +lon_0=34 +ellps=GRS80 +units=m").to_wkt()
    root = ElementTree.fromstring(qgis_project("a", [], own, (0, 0, 1, 1)))
    assert root.find("projectCrs/spatialrefsys/authid") is None
    assert CRS.from_wkt(root.findtext("projectCrs/spatialrefsys/wkt")) == CRS.from_wkt(own)
