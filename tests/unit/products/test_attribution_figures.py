"""Maps of attribution and fingerprints of targets: what is drawn, in which order, colour and words."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.attribution_figure import CLIP
from geohalo.products.figures import attribution_map, fingerprint_plot, save_figure
from geohalo.products.fingerprint_figure import MOST_ELEMENTS, MOST_TARGETS
from matplotlib.colors import to_hex
from PIL import Image

ELEMENTS = ["Au", "Zn", "K"]


def title(figure):
    return figure.get_suptitle().replace("\n", " ")


def words(figure):
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


def layers_of(scene):
    signed = np.where(scene.mask, scene.layer - 0.5, np.nan)
    return {"Au": signed, "Zn": -0.5 * signed, "K$x$": 0.1 * signed}


def drawn(scene, **given):
    layers = layers_of(scene)
    shares = dict(zip(layers, (0.4, 0.2, 0.04), strict=True))
    about = {"layers": layers, "shares": shares, "branches": {"internal": 0.25, "spectrum": 0.75}}
    return attribution_map(scene.ground, **about | given, deposits=scene.deposits)


def rasters(figure):
    return [axes.images[0] for axes in figure.axes if axes.images]


def test_panels_share_a_scale_centred_on_zero(scene):
    figure = drawn(scene)
    limits = {image.get_clim() for image in rasters(figure)}
    ((low, high),) = limits
    sizes = np.concatenate([np.abs(layer[scene.mask]) for layer in layers_of(scene).values()])
    assert -low == high == pytest.approx(np.quantile(sizes, CLIP))
    colours = {image.get_cmap().name for image in rasters(figure)}
    assert colours == {"PuOr_r"}
    # Zero is the pale middle of the colours, whatever the values are.
    assert {image.norm(0.0) for image in rasters(figure)} == {0.5}


def test_titles_name_elements_shares_and_branches(square):
    figure = drawn(square)
    assert title(figure) == r"survey: Au, Zn, K\$x\$ move the anomaly score most, 64 % of all attribution"
    assert [axes.get_title("left") for axes in figure.axes[:3]] == ["Au, 40 %", "Zn, 20 %", r"K\$x\$, 4 %"]
    assert "Shares of the branches: internal graph 25 %, spectrum branch 75 %." in words(figure)
    alone = drawn(square, branches={"spectrum": 1.0})
    assert "Shares" not in words(alone)


def test_targets_are_outlined_around_their_cells(square):
    targets = np.zeros(square.mask.shape, np.uint16)
    targets[18:22, 15:20] = 1
    targets[22:24, 15:20] = 2
    figure = drawn(square, targets=targets)
    axes = figure.axes[0]
    corners = [path.vertices for line in axes.collections for path in line.get_paths()]
    # Cells of 2 km, centres on even kilometres; the lines run along their edges, and between two targets as well.
    west, east = 500 + 15 * 2 - 1, 500 + 19 * 2 + 1
    spans = [(*one.min(axis=0), *one.max(axis=0)) for one in corners]
    north = 6000 - 18 * 2 + 1
    assert spans == [(west, north - 8, east, north), (west, north - 12, east, north - 8)]
    assert "outline of a target" in [text.get_text() for text in figure.legends[0].get_texts()]
    nothing = drawn(square, targets=np.zeros_like(targets))
    assert "outline of a target" not in [text.get_text() for text in nothing.legends[0].get_texts()]


def test_nothing_to_draw_is_an_error(square):
    with pytest.raises(ValueError, match="no element"):
        drawn(square, layers={})


def test_a_map_without_any_attribution_is_drawn(square):
    still = np.where(square.mask, 0.0, np.nan)
    figure = drawn(square, layers={"Au": still}, shares={"Au": 0.0})
    assert rasters(figure)[0].get_clim() == (-1, 1)


def tables(ranks=2, elements=ELEMENTS):
    targets = pd.DataFrame(
        {
            "rank": range(1, ranks + 1),
            "area_km2": 12.0,
            "mean_score": 0.9,
            "nearest_deposit": "Old $mine$ <b>",
            "distance_km": [0.0] + [7.4] * (ranks - 1),
        }
    )
    rows = [(rank, element) for rank in targets["rank"] for element in elements]
    table = pd.DataFrame(rows, columns=["rank", "element"])
    z = np.resize([2.0, -1.0, 0.5, 1.0, -2.0, 0.1], len(rows))
    fingerprints = table.assign(contrast=z / 2, z=z)
    each = [table.assign(branch=branch, attribution=z / 10) for branch in ("internal", "spectrum")]
    return targets, fingerprints, pd.concat(each)


def bars(axes):
    names = [label.get_text() for label in axes.get_xticklabels()]
    return dict(zip(names, axes.patches, strict=True))


def test_bars_are_contrasts_in_the_order_of_their_mean():
    figure = fingerprint_plot("survey", *tables())
    first, second = figure.axes[:2]
    # Means over both targets: Au 1.5, K 0.3, Zn -1.5.
    assert list(bars(first)) == list(bars(second)) == ["Au", "K", "Zn"]
    assert [bar.get_height() for bar in bars(first).values()] == [2.0, 0.5, -1.0]
    assert [bar.get_height() for bar in bars(second).values()] == [1.0, pytest.approx(0.1), -2.0]
    assert first.get_ylim() == second.get_ylim()
    assert first.get_ylim()[1] == -first.get_ylim()[0] > 2.0


def test_colours_are_the_attribution_of_all_branches():
    figure = fingerprint_plot("survey", *tables())
    hues = {name: bar.get_facecolor() for name, bar in bars(figure.axes[0]).items()}
    # Twice z / 10: the largest is Au with 0.4, at the end of the scale; Zn is half as far on the other side.
    scale = figure.axes[-1].collections[-1] if figure.axes[-1].collections else figure.axes[-1].images[0]
    assert scale.norm.vmin == -scale.norm.vmax == pytest.approx(-0.4)
    for name, value in (("Au", 0.4), ("Zn", -0.2), ("K", 0.1)):
        assert to_hex(hues[name]) == to_hex(scale.get_cmap()(scale.norm(value)))
    targets, fingerprints, _ = tables()
    plain = fingerprint_plot("survey", targets, fingerprints)
    assert len({bar.get_facecolor() for bar in bars(plain.axes[0]).values()}) == 1
    assert len(plain.axes) == len(figure.axes) - 1


def test_titles_tell_size_score_and_the_nearest_deposit():
    figure = fingerprint_plot("survey", *tables())
    assert title(figure) == "survey: target 1 is enriched in Au, K and depleted in Zn"
    assert [axes.get_title("left") for axes in figure.axes[:2]] == [
        r"Target 1: 12 km², Old \$mine\$ <b> inside",
        r"Target 2: 12 km², 7 km to Old \$mine\$ <b>",
    ]
    # Of many elements there is one target in a row, and room for more.
    many = fingerprint_plot("survey", *tables(elements=[f"E{k}" for k in range(20)]))
    assert many.axes[0].get_title("left") == r"Target 1: 12 km², mean score 0.90, Old \$mine\$ <b> inside"


def test_the_elements_that_carry_the_map_are_drawn_in_their_order():
    figure = fingerprint_plot("survey", *tables(), carrying=["K", "Ni", "Zn"])
    assert list(bars(figure.axes[0])) == ["K", "Zn"]
    assert title(figure) == "survey: target 1 is enriched in K and depleted in Zn"
    assert "the 2 elements of 3 that carry the map" in words(figure)


def test_the_first_targets_and_the_elements_that_say_most_are_drawn():
    names = [f"E{k}" for k in range(MOST_ELEMENTS + 10)]
    targets, fingerprints, attribution = tables(MOST_TARGETS + 3, names)
    fingerprints["z"] = fingerprints["element"].str[1:].astype(float) / 10
    attribution["attribution"] = 0.0
    figure = fingerprint_plot("survey", targets, fingerprints, attribution)
    panels = [axes for axes in figure.axes if axes.get_title("left")]
    assert len(panels) == MOST_TARGETS
    assert list(bars(panels[0])) == names[:9:-1]
    assert (
        f"{MOST_TARGETS} targets of {MOST_TARGETS + 3}, those on new ground first; "
        f"the {MOST_ELEMENTS} elements of" in words(figure)
    )


def test_without_targets_the_figure_says_so():
    targets, fingerprints, attribution = (table.iloc[:0] for table in tables())
    figure = fingerprint_plot("survey", targets, fingerprints, attribution)
    assert title(figure) == "survey: no target"
    assert "No ground is both anomalous and large enough." in words(figure)


def test_pictures_are_written(square, tmp_path):
    for name, figure in (("a", drawn(square)), ("b", fingerprint_plot("survey", *tables(8)))):
        save_figure(figure, tmp_path / f"{name}.png")
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert min(picture.size) > 300
            assert picture.text["Title"].startswith("survey: ")
