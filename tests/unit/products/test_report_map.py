import base64
import io

import numpy as np
import pandas as pd
import pytest
from geohalo.cube.grid import Grid
from geohalo.products.percentiles import rank_colours
from geohalo.products.report_layers import (
    attribution_layer,
    chosen_elements,
    effort_layer,
    element_layer,
    predicted_layers,
    threshold_layers,
    value_layers,
)
from geohalo.products.report_map import (
    borders,
    by_target,
    class_layer,
    continuous_layer,
    lattice,
    map_data,
    on_grid,
    ramp_colours,
    target_shapes,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from pyproj import Transformer

UTM = "EPSG:32648"


def levels(layer) -> np.ndarray:
    """Return the levels that a layer's image holds, as a browser would decode them."""
    image = Image.open(io.BytesIO(base64.b64decode(layer.image.removeprefix("data:image/png;base64,"))))
    assert image.mode == "L"
    return np.asarray(image)


def test_levels_go_evenly_from_low_to_high_and_zero_is_no_value():
    values = np.array([[0.0, 0.5, 1.0], [np.nan, -3.0, np.inf]])
    layer = continuous_layer("a", "g", "A", values, ramp="viridis", limits=(0.0, 1.0))
    assert (layer.low, layer.high, layer.logarithmic) == (0.0, 1.0, False)
    # 1 + 254 / 2 = 128; what lies below takes the first level.
    np.testing.assert_array_equal(levels(layer), [[1, 128, 255], [0, 1, 0]])


def test_a_logarithmic_layer_steps_by_ratios_and_leaves_out_what_is_not_positive():
    values = np.array([[1.0, 10.0, 100.0, 0.0, -1.0]])
    layer = continuous_layer("a", "g", "A", values, ramp="viridis", limits=(1.0, 100.0), logarithmic=True)
    np.testing.assert_array_equal(levels(layer), [[1, 128, 255, 0, 0]])


def test_an_element_without_a_positive_value_is_an_empty_layer():
    layer = continuous_layer("a", "g", "A", np.zeros((2, 2)), ramp="viridis", logarithmic=True)
    np.testing.assert_array_equal(levels(layer), np.zeros((2, 2)))
    assert 0 < layer.low < layer.high


def test_colours_span_the_percentiles_so_that_outliers_do_not_take_them():
    values = np.append(np.arange(1.0, 100.0), 1e6)[None]
    layer = continuous_layer("a", "g", "A", values, ramp="viridis")
    assert layer.low == pytest.approx(1.99)
    assert layer.high < 1e5


@pytest.mark.parametrize("value", [0.0, 3.0, -2.0])
def test_one_value_everywhere_and_none_at_all_still_make_a_layer(value):
    layer = continuous_layer("a", "g", "A", np.full((2, 2), value), ramp="viridis")
    assert layer.high > layer.low
    np.testing.assert_array_equal(levels(layer), 1)
    nothing = continuous_layer("a", "g", "A", np.full((2, 2), np.nan), ramp="viridis")
    np.testing.assert_array_equal(levels(nothing), 0)


@given(
    arrays(
        np.float64,
        (4, 5),
        elements=st.one_of(st.floats(-1e6, 1e6), st.sampled_from([np.nan, np.inf, -np.inf])),
    )
)
def test_levels_keep_the_order_of_values(values):
    layer = continuous_layer("a", "g", "A", values, ramp="viridis")
    known = np.isfinite(values)
    found = levels(layer)
    assert (found[~known] == 0).all()
    assert (found[known] >= 1).all()
    order = np.argsort(values[known], kind="stable")
    assert (np.diff(found[known][order].astype(int)) >= 0).all()
    # The value that the page reads off a level is within half a step of the clipped one.
    read = layer.low + (found[known] - 1.0) / 254 * (layer.high - layer.low)
    half = (layer.high - layer.low) / 508
    clipped = np.clip(values[known], layer.low, layer.high)
    np.testing.assert_allclose(read, clipped, atol=half * 1.001 + 1e-9)


def test_classes_are_codes_and_too_many_are_refused():
    layer = class_layer("a", "g", "A", np.array([[-1, 0, 2]]), [("a", "#000000")] * 3)
    np.testing.assert_array_equal(levels(layer), [[0, 1, 3]])
    with pytest.raises(ValueError, match="4 codes, 3 classes"):
        class_layer("a", "g", "A", np.array([[3]]), [("a", "#000000")] * 3)


def test_a_colour_map_has_one_colour_for_each_level():
    ramp = ramp_colours("viridis")
    assert len(ramp) == 255
    # Both ends of matplotlib's viridis.
    assert (ramp[0], ramp[-1]) == ("440154", "fde725")


def test_borders_of_two_areas_by_hand():
    across, down = borders(np.array([[1, 1], [1, 2]]))
    # Along the top, between 1 and 2 in the second column, along the bottom.
    assert across == [0, 0, 2, 1, 1, 1, 0, 2, 2]
    assert down == [0, 0, 2, 1, 1, 1, 2, 0, 2]


@given(arrays(np.int64, (5, 6), elements=st.integers(0, 3)))
def test_borders_lie_between_all_unequal_neighbours_and_no_others(labels):
    across, down = borders(labels)
    drawn = {("across", c + k, r) for c, r, n in zip(*[iter(across)] * 3, strict=True) for k in range(n)}
    drawn |= {("down", c, r + k) for c, r, n in zip(*[iter(down)] * 3, strict=True) for k in range(n)}
    padded = np.pad(labels, 1)
    expected = {
        ("across", c, r) for r in range(6) for c in range(6) if padded[r, c + 1] != padded[r + 1, c + 1]
    }
    expected |= {
        ("down", c, r) for r in range(5) for c in range(7) if padded[r + 1, c] != padded[r + 1, c + 1]
    }
    assert drawn == expected


def test_degrees_between_points_of_the_lattice_are_good_to_some_metres():
    """The page interpolates bilinearly; over a map 250 km wide this must agree with the projection."""
    grid = Grid(400_500 + 1000.0 * np.arange(250), 4_000_500 - 1000.0 * np.arange(120))
    found = lattice(grid, UTM)
    n = found["size"]
    longitude, latitude = (np.reshape(found[name], (n, n)) for name in ("longitude", "latitude"))
    to_degrees = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)
    rng = np.random.default_rng(0)
    for x, y in rng.uniform([400_000, 3_881_000], [650_000, 4_001_000], (50, 2)):
        u, v = (x - 400_000) / 250_000 * (n - 1), (4_001_000 - y) / 120_000 * (n - 1)
        i, j = min(int(u), n - 2), min(int(v), n - 2)
        a, b = u - i, v - j
        weights = np.array([[(1 - b) * (1 - a), (1 - b) * a], [b * (1 - a), b * a]])
        read = [(weights * one[j : j + 2, i : i + 2]).sum() for one in (longitude, latitude)]
        # 1e-4 degrees is what the page shows: about 10 m.
        np.testing.assert_allclose(read, to_degrees.transform(x, y), atol=1e-4)


def test_places_are_in_cells_from_the_north_western_corner():
    grid = Grid(np.array([500.0, 1500.0, 2500.0]), np.array([9500.0, 8500.0]))
    np.testing.assert_allclose(
        on_grid(grid, np.array([0.0, 1500.0]), np.array([10_000.0, 8500.0])), [[0, 0], [1.5, 1.5]]
    )


def test_target_shapes_by_hand():
    ranks = np.array([[0, 1, 1], [0, 1, 0], [2, 0, 0]])
    targets = pd.DataFrame({"rank": [1, 2, 3], "mean_score": [0.9, np.nan, 0.1]})
    first, second = target_shapes(ranks, targets)
    assert first["rank"] == 1
    assert first["box"] == [1, 0, 3, 2]
    assert first["cells"] == [0, 1, 2, 1, 1, 1]
    assert first["about"] == {"rank": 1.0, "mean_score": 0.9}
    # A missing value is left out, and a target without cells (the third) too.
    assert second["about"] == {"rank": 2.0}
    assert second["cells"] == [2, 0, 1]
    # The outline of one cell: its four sides.
    assert second["across"] == [0, 2, 1, 0, 3, 1]
    assert second["down"] == [0, 2, 1, 1, 2, 1]


def test_rows_of_other_tables_go_to_their_target():
    frame = pd.DataFrame(
        {"rank": [1, 2, 1], "element": ["Zn", "Pb", "Cu"], "contrast": [1.23456, np.nan, -2.0]}
    )
    assert by_target(frame, ["element", "contrast", "z"]) == {
        "1": [["Zn", 1.235, None], ["Cu", -2.0, None]],
        "2": [["Pb", None, None]],
    }
    assert by_target(frame, ["element"], 1) == {"1": [["Zn"]], "2": [["Pb"]]}
    assert by_target(None, ["element"]) == {}


def test_map_data_of_a_small_survey(square):
    grid = Grid(square.x, square.y)
    data = map_data(
        grid,
        (UTM, UTM),
        [continuous_layer("score", "g", "Score", square.layer, ramp="viridis")],
        samples=pd.DataFrame({"x": [square.x[0]], "y": [square.y[0]]}),
        deposits=square.deposits,
        superpixels={"4": np.where(square.mask, 1, 0)},
    )
    assert (data["rows"], data["columns"], data["cell"]) == (40, 40, 2000.0)
    assert (data["west"], data["north"]) == (499_000.0, 6_001_000.0)
    assert data["samples"] == [0.5, 0.5]
    assert [one["name"] for one in data["deposits"]] == ["Alpha", "Beta", "Gamma", "Delta"]
    assert [one["inside"] for one in data["deposits"]] == [True, True, True, False]
    assert set(data["ramps"]) == {"viridis"}
    assert data["targets"] == []
    assert len(data["superpixels"]) == 1


def test_too_many_samples_are_not_drawn():
    grid = Grid(np.array([500.0, 1500.0]), np.array([9500.0, 8500.0]))
    many = pd.DataFrame({"x": np.zeros(20_001), "y": np.zeros(20_001)})
    assert map_data(grid, (UTM, UTM), [], samples=many)["samples"] == []
    assert len(map_data(grid, (UTM, UTM), [], samples=many[:20_000])["samples"]) == 40_000


def test_maps_come_in_a_stated_order_and_unknown_ones_last():
    image = np.random.default_rng(1).random((1, 3, 4))
    two = np.concatenate([image, image > 0.5])
    images = {"spread": image, "transfer_x": image, "score": image, "applicability": two}
    layers = value_layers(images)
    assert [layer.name for layer in layers] == [
        *("score", "spread", "applicability", "applicability_inside"),
        "transfer_x",
    ]
    inside = next(layer for layer in layers if layer.name == "applicability_inside")
    np.testing.assert_array_equal(levels(inside), 1 + (two[1] > 0))


def test_classes_of_the_score_are_named_by_their_thresholds():
    image = np.array([[0.0, 1.0, 2.0, np.nan]])
    table = pd.DataFrame(
        {
            "kind": ["concentration_area"] * 2 + ["success_rate"],
            "class": [1, 2, 1],
            "score": [0.4, 0.61, 0.9],
            "area_share": [0.2, 0.05, 0.01],
        }
    )
    (layer,) = threshold_layers({"anomaly_classes": image}, table)
    assert [label for label, _ in layer.classes] == [
        "background",
        "class 1: score from 0.4, 20 % of the area",
        "class 2: score from 0.61, 5 % of the area",
    ]
    np.testing.assert_array_equal(levels(layer), [[1, 2, 3, 0]])
    (plain,) = threshold_layers({"success_classes": image})
    assert [label for label, _ in plain.classes] == ["background", "class 1", "class 2"]


@pytest.mark.parametrize(("number", "names"), [(2, ["score-2"]), (3, ["score-1", "score-2", "score-3"])])
def test_predicted_classes_have_a_probability_each_and_two_have_one(number, names):
    classes = np.array([[0.0, 1.0, number]])
    layers = predicted_layers(classes, np.full((len(names), 1, 3), 0.5))
    assert [layer.name for layer in layers] == ["classes", *names]
    np.testing.assert_array_equal(levels(layers[0]), [[0, 1, number]])
    np.testing.assert_array_equal(levels(layers[1]), 128)


def test_the_score_is_a_layer_of_classes_by_rank_of_ground():
    score = np.linspace(0.35, 0.55, 1000).reshape(1, 20, 50)
    (layer,) = value_layers({"score": score})
    assert [text for text, _ in layer.classes][-1] == "98–100 %, score 0.546–0.550"
    assert [hue for _, hue in layer.classes] == rank_colours()
    np.testing.assert_array_equal(np.bincount(levels(layer).ravel()), [0, 500, 250, 150, 50, 30, 20])
    # What is a rank already is called so.
    (held_out,) = value_layers({"heldout_score": score})
    assert [text for text, _ in held_out.classes][-1] == "98–100 %, rank 0.546–0.550"
    # The probability means what it says, and is not ranked.
    assert value_layers({"probability": score})[0].classes == []


def test_effort_is_by_rank_with_its_unit_and_beside_the_score():
    effort = np.linspace(0, 5, 1000).reshape(1, 20, 50)
    (layer,) = value_layers({"effort": np.concatenate([effort, effort])}, {"effort": "samples per km²"})
    assert layer.label == "Exploration effort (samples per km²)"
    assert [text for text, _ in layer.classes][-1] == "98–100 %, effort 4.90–5.00"
    score, percentile = np.arange(100.0).reshape(1, 100), np.full((1, 100), 5.0)
    percentile[0, 0] = np.nan
    both = effort_layer(score, percentile)
    # Little effort everywhere: three classes of the score, of 74, 15 and 10 cells, and one cell without effort.
    np.testing.assert_array_equal(
        np.bincount(levels(both).ravel(), minlength=10), [1, 74, 0, 0, 15, 0, 0, 10, 0, 0]
    )
    assert both.classes[6][0] == "score 90–100 %, little effort"


def test_elements_that_get_a_layer_are_those_best_interpolated():
    assert chosen_elements(["Zn", "Au"], {}, 1000) == ["Au", "Zn"]
    explained = {"Zn": 0.5, "Au": 0.1, "Pb": 0.4}
    assert chosen_elements(["Zn", "Au", "Pb"], explained, 6_000_000) == ["Pb", "Zn"]
    assert chosen_elements(["Zn", "Au", "Pb"], {}, 10**9) == ["Zn"]
    # An element of which it is not known comes last, wherever it stands.
    unknown = {"Zn": float("nan"), "Au": -0.1, "Pb": 0.4}
    for names in (["Zn", "Au", "Pb"], ["Pb", "Zn", "Au"], ["Au", "Pb", "Zn"]):
        assert chosen_elements(names, unknown, 6_000_000) == ["Au", "Pb"]
    # Those that carry the map lead, in their order.
    assert chosen_elements(["Zn", "Au", "Pb"], explained, 6_000_000, ["Au", "Ni"]) == ["Au", "Zn"]
    assert chosen_elements(["Zn", "Au", "Pb"], explained, 1000, ["Pb"]) == ["Pb", "Au", "Zn"]


def test_attributions_share_one_scale_around_zero():
    layer = attribution_layer("Zn", np.array([[-2.0, 0.0, 1.0, np.nan]]), 2.0)
    np.testing.assert_array_equal(levels(layer), [[1, 128, 191, 0]])
    assert layer.ramp == "PuOr_r"


def test_concentrations_are_logarithmic_in_ppm():
    layer = element_layer("Zn", np.geomspace(1, 1000, 12).reshape(3, 4))
    assert (layer.unit, layer.logarithmic, layer.name) == ("ppm", True, "element-Zn")


def test_bands_without_a_unit_keep_their_negative_values():
    layer = element_layer("gravity", np.linspace(-10, 10, 12).reshape(3, 4), "")
    assert (layer.unit, layer.logarithmic, layer.group) == ("", False, "Bands, as given")
    assert levels(layer).min() == 1
