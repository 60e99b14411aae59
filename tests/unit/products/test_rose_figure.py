"""The rose diagram: bars where the neighbours lie, the ring of no preference, and a title that tells the strongest."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.figures import attention_rose, save_figure
from geohalo.products.rose_figure import FEW, strongest, wind
from matplotlib.colors import to_hex

BEARINGS = np.arange(24) * 15.0


def scale_table(scale, attention, spread=0.05, edges=50, scheme="final", members=3):
    about = {"edges": edges, "scheme": scheme, "members": members}
    return pd.DataFrame(
        {"scale": scale, "bearing": BEARINGS, "attention": attention, "spread": spread, **about}
    )


def eastward(strength=0.4):
    return 1 + strength * np.cos(np.radians(BEARINGS - 90))


def title(figure):
    return figure.get_suptitle().replace("\n", " ")


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize(
    ("bearing", "name"), [(0, "N"), (15, "NNE"), (90, "E"), (225, "SW"), (337.5, "NNW"), (352, "N")]
)
def test_wind_is_the_nearest_of_sixteen(bearing, name):
    assert wind(bearing) == name


def test_bars_stand_where_the_neighbours_lie():
    figure = attention_rose("survey", "fusion", scale_table(300, eastward()))
    (axes,) = figure.axes
    assert axes.get_theta_direction() == -1
    assert axes.get_theta_offset() == pytest.approx(np.pi / 2)
    middles = [np.degrees(bar.get_x() + bar.get_width() / 2) for bar in axes.patches]
    np.testing.assert_allclose(middles, BEARINGS, atol=1e-9)
    np.testing.assert_allclose([bar.get_height() for bar in axes.patches], eastward())
    ring = next(line for line in axes.lines if line.get_linestyle() == "--")
    np.testing.assert_allclose(ring.get_ydata(), 1)
    whiskers = axes.collections[0].get_segments()
    assert [segment[:, 1].tolist() for segment in whiskers] == [
        pytest.approx([a - 0.05, a + 0.05]) for a in eastward()
    ]


def test_east_is_on_the_right_and_north_on_top():
    """The longest bar of an eastward preference ends at the right edge of the plot."""
    figure = attention_rose("survey", "fusion", scale_table(300, eastward()))
    (axes,) = figure.axes
    centre = axes.transData.transform((0, 0))
    for bearing, towards in ((0, (0, 1)), (90, (1, 0)), (180, (0, -1)), (270, (-1, 0))):
        step = axes.transData.transform((np.radians(bearing), 1)) - centre
        np.testing.assert_allclose(step / np.linalg.norm(step), towards, atol=1e-6)


def test_title_names_direction_strength_and_scale():
    tables = [scale_table(100, eastward(0.2)), scale_table(900, eastward(0.4))]
    figure = attention_rose("survey", "fusion", pd.concat(tables, ignore_index=True))
    assert title(figure) == (
        "survey: attention learned by fusion is strongest towards E, 1.40 times an even share (900 superpixels)"
    )
    assert [axes.get_title() for axes in figure.axes] == [
        "100 superpixels: most to E,\n1.20 ± 0.05",
        "900 superpixels: most to E,\n1.40 ± 0.05",
    ]
    limits = {axes.get_ylim() for axes in figure.axes}
    assert len(limits) == 1, "panels share their scale"


def test_preference_within_its_spread_is_not_told():
    figure = attention_rose("survey", "spatial", scale_table(100, eastward(0.1), spread=0.06))
    assert title(figure) == (
        "survey: attention learned by spatial branch prefers no direction by more than twice its spread over members"
    )


def test_few_pairs_are_faint_and_name_no_direction():
    attention = eastward()
    attention[0] = 3.0
    edges = np.full(24, FEW)
    edges[0] = FEW - 1
    table = scale_table(100, attention, edges=edges)
    assert strongest(table)["bearing"] == 90
    figure = attention_rose("survey", "fusion", table)
    hues = [to_hex(bar.get_facecolor()) for bar in figure.axes[0].patches]
    assert hues[0] != hues[1]
    assert set(hues[1:]) == {hues[1]}
    assert f"fewer than {FEW} pairs of superpixels" in legend(figure)
    assert f"fewer than {FEW} pairs of superpixels" not in legend(
        attention_rose("survey", "fusion", scale_table(100, eastward()))
    )
    # Where no direction has many, the strongest of all is named.
    assert strongest(scale_table(100, attention, edges=3))["bearing"] == 0


def test_directions_without_neighbours_have_no_bar():
    attention, edges = eastward(), np.full(24, 50)
    attention[1::2], edges[1::2] = np.nan, 0
    figure = attention_rose("survey", "fusion", scale_table(100, attention, edges=edges))
    assert len(figure.axes[0].patches) == 12
    assert all(np.isfinite(bar.get_height()) for bar in figure.axes[0].patches)


def test_one_member_has_no_spread(tmp_path):
    table = scale_table(100, eastward(), spread=0.0, members=1, scheme="held_out")
    figure = attention_rose("survey", "fusion", table)
    assert legend(figure) == ["relative attention, one member", "1: an even share"]
    assert not figure.axes[0].collections
    assert "±" not in figure.axes[0].get_title()
    told = " ".join(text.get_text() for text in figure.texts).replace("\n", " ")
    assert "1 member of the split 'held-out deposits'" in told
    save_figure(figure, tmp_path / "attention.png")
    assert (tmp_path / "attention.png").stat().st_size > 10_000


@pytest.mark.parametrize("scales", [1, 2, 3, 5])
def test_panels_lie_within_the_page_and_apart(scales):
    table = pd.concat([scale_table(100 * (k + 1), eastward()) for k in range(scales)], ignore_index=True)
    figure = attention_rose("a survey with a long name " * 3, "fusion", table)
    assert len(figure.axes) == scales
    boxes = [axes.get_tightbbox() for axes in figure.axes]
    width, height = figure.get_size_inches() * figure.dpi
    for k, box in enumerate(boxes):
        assert 0 <= box.x0 <= box.x1 <= width
        assert 0 <= box.y0 <= box.y1 <= height
        assert not any(box.overlaps(other) for other in boxes[:k])
        assert not any(box.overlaps(text.get_window_extent()) for text in figure.texts)
        assert not box.overlaps(figure.legends[0].get_window_extent())
