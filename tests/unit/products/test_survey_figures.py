from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from geohalo.products import survey_figures
from geohalo.products.figures import element_maps, sample_map
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import LogNorm, Normalize, TwoSlopeNorm


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes if axes.images]


@pytest.fixture
def samples(scene):
    rng = np.random.default_rng(1)
    rows, columns = np.nonzero(scene.mask)
    order = rng.permutation(len(rows))[:300]
    share = rng.uniform(0, 0.4, 300)
    return pd.DataFrame({"x": scene.x[columns[order]], "y": scene.y[rows[order]], "censored_share": share})


def test_sample_map_counts_samples_and_deposits_inside_and_outside(scene, samples):
    figure = sample_map(replace(scene.ground, crs="EPSG:2157"), samples, scene.deposits)
    assert figure.get_suptitle() == "survey: 300 samples, 3 known deposits"
    assert legend(figure) == [
        "300 samples",
        "3 deposits",
        "1 outside the survey",
        "interpolated",
        "too far from a sample",
    ]
    assert "EPSG:2157" in figure.axes[0].get_xlabel()


def test_sample_map_shows_every_site_with_its_share(scene, samples):
    figure = sample_map(scene.ground, samples, scene.deposits)
    sites = next(one for one in figure.axes[0].collections if one.get_label() == "samples")
    order = np.lexsort(samples[["x", "y", "censored_share"]].to_numpy().T)
    shown = np.column_stack([sites.get_offsets() * 1e3, sites.get_array() / 100])
    np.testing.assert_allclose(shown[np.lexsort(shown.T)], samples.to_numpy()[order])
    bar = next(
        axes
        for axes in figure.axes
        if axes.get_label() != "scale bar" and "below detection" in axes.get_ylabel()
    )
    assert bar.get_ylim()[0] == 0


def test_sample_map_without_censoring_needs_no_colour_bar(scene, samples):
    figure = sample_map(scene.ground, samples.assign(censored_share=0.0), scene.deposits)
    assert not any("below detection" in axes.get_ylabel() for axes in figure.axes)


@given(st.integers(2, 40), st.floats(0.01, 2))
def test_sites_of_a_regular_survey_do_not_touch(side, inches_per_km):
    points = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2) * 2.0
    spacing = 2.0 * inches_per_km * 72
    size = survey_figures.marker_size(points, inches_per_km)
    assert size == 0.8 or size < spacing


@pytest.mark.parametrize("number", [1, 2, 5, 12])
def test_element_maps_have_a_panel_and_a_bar_for_each_element(scene, number):
    layers = {f"E{n}": np.exp(scene.layer + n / 2) for n in range(number)}
    shares = {f"E{n}": n / 20 for n in range(number)}
    figure = element_maps(scene.ground, layers, shares, scene.deposits)
    # The number stays on the line of its name and its sign.
    assert titles(figure) == [f"E{n} (ppm), R²\u00a0{5 * n}\u00a0%" for n in range(number)]
    assert len(figure.axes) == 2 * number + 1  # a map and a colour bar each, and the scale bar
    for axes, layer in zip((one for one in figure.axes if one.images), layers.values(), strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array().compressed(), layer[scene.mask])
        low, high = np.percentile(layer[scene.mask], [2, 98])
        assert axes.images[0].get_clim() == pytest.approx((low, high))


def test_element_maps_draw_the_first_twelve_and_say_what_is_explained(square):
    layers = {f"E{n}": np.exp(square.layer) for n in range(14)}
    figure = element_maps(square.ground, layers, {"E3": -0.1, "E5": 0.62, "E13": 0.9}, square.deposits)
    assert len(titles(figure)) == 12
    assert (
        figure.get_suptitle().replace("\n", " ")
        == "survey: 12 elements as interpolated, −10 % (E3) to 62 % (E5) explained"
    )
    assert titles(figure)[0] == "E0 (ppm)"


def test_element_maps_need_an_element(square):
    with pytest.raises(ValueError, match="no element"):
        element_maps(square.ground, {}, {}, square.deposits)


def test_scale_of_an_element_follows_its_values():
    values = np.linspace(1, 101, 1001)
    norm, _ = survey_figures.element_norm(values)
    assert isinstance(norm, LogNorm)
    assert (norm.vmin, norm.vmax) == pytest.approx((3, 99))
    norm, _ = survey_figures.element_norm(values - 1)
    assert type(norm) is Normalize
    norm, colours = survey_figures.element_norm(values - 41)
    assert isinstance(norm, TwoSlopeNorm)
    assert (norm.vmin, norm.vcenter, norm.vmax) == pytest.approx((-58, 0, 58))
    assert colours == "PuOr_r"


@pytest.mark.parametrize("values", [np.full(5, 7.0), np.zeros(5), np.full(5, -2.0), np.array([])])
def test_scale_of_a_constant_element_is_not_empty(values):
    norm, _ = survey_figures.element_norm(values)
    assert norm.vmin < norm.vmax


@given(st.floats(1e-4, 1e5), st.floats(1.01, 1e6))
def test_ticks_are_few_and_on_the_scale(low, ratio):
    ticks = survey_figures.round_ticks(low, low * ratio)
    assert 2 <= len(ticks) <= 4
    assert ticks == sorted(ticks)
    assert ticks[0] > low
    assert ticks[-1] < low * ratio


def test_ticks_are_round():
    assert survey_figures.round_ticks(23, 99) == [30, 50, 70]
    assert survey_figures.round_ticks(150, 420) == [200, 300, 400]
    assert survey_figures.round_ticks(8, 2100) == [10, 100, 1000]
    assert survey_figures.round_ticks(61, 61.0 * 1.01**4) == pytest.approx([61 * 1.01, 61 * 1.01**3])


def test_elements_that_carry_the_map_are_named_with_why(square):
    ppm = {"Ni": square.layer + 1.0, "Bi": square.layer + 2.0}
    notes = {"Ni": "sought", "Bi": "depleted at deposits"}
    figure = element_maps(square.ground, ppm, {"Ni": 0.2}, square.deposits, notes=notes)
    assert figure.get_suptitle() == "survey: the elements that carry the map: Ni, Bi"
    assert titles(figure) == ["Ni (ppm), sought, R²\u00a020\u00a0%", "Bi (ppm), depleted at deposits"]


def test_traces_are_told_in_ppb(square):
    traces = np.where(square.mask, 0.001 + 0.004 * np.nan_to_num(square.layer), np.nan)
    figure = element_maps(square.ground, {"Au": traces, "Ni": 100 * traces}, {}, square.deposits)
    assert titles(figure) == ["Au (ppb)", "Ni (ppm)"]
    images = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    np.testing.assert_allclose(images[0].compressed(), 1000 * traces[square.mask])
    np.testing.assert_allclose(images[1].compressed(), 100 * traces[square.mask])


def test_major_elements_are_told_in_per_cent(square):
    iron = np.where(square.mask, 2000.0 + 30_000 * np.nan_to_num(square.layer), np.nan)
    figure = element_maps(square.ground, {"Fe": iron, "Zn": iron / 10}, {}, square.deposits)
    assert titles(figure) == ["Fe (%)", "Zn (ppm)"]
    images = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    np.testing.assert_allclose(images[0].compressed(), iron[square.mask] / 10_000)
    np.testing.assert_allclose(images[1].compressed(), iron[square.mask] / 10)


def test_ground_that_no_sample_came_from_is_pale(square):
    layer = {"Ni": square.layer + 1.0}
    seen = np.zeros_like(square.mask)
    seen[:, ::2] = True
    figure = element_maps(square.ground, layer, {}, square.deposits, seen=seen)
    (veil,) = [axes.images[1] for axes in figure.axes if axes.images]
    np.testing.assert_array_equal(~np.ma.getmaskarray(veil.get_array()), square.mask & ~seen)
    assert veil.get_alpha() == survey_figures.PALE
    texts = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert "pale: no sample came from there" in texts
    told = " ".join(text.get_text() for text in figure.texts).replace("\n", " ")
    assert "The maps are of the ground that samples came from." in told
    whole = element_maps(square.ground, layer, {}, square.deposits, seen=square.mask)
    assert "pale: no sample came from there" not in [
        text.get_text() for legend in whole.legends for text in legend.get_texts()
    ]
