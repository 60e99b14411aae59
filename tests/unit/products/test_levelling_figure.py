"""Figure and words on the levels of batches."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.figures import levelling_plot
from geohalo.products.levelling_figure import headline, most_shifted
from geohalo.products.map_ground import MapGround
from geohalo.products.pages import largest_page
from geohalo.products.report_levelling import errors_table, levelling_words, shifts_table


def _table(applied=True):
    rows = [
        ("Cu", "a", 1.0, 0.9, 1.1, 0.9, 1.0, False),
        ("Cu", "b", 1.1, 0.9, 1.3, 0.3, 1.0, False),
        ("Zn", "a", 0.9, 0.8, 1.1, 0.2, 1.0, False),
        ("Zn", "b", 2.0, 1.8, 2.2, 1e-9, 1e-7, applied),
        ("Pb", "a", 1.0, 0.9, 1.1, 0.8, 1.0, False),
        ("Pb", "b", np.nan, np.nan, np.nan, np.nan, np.nan, False),
    ]
    columns = ["element", "batch", "factor", "low", "high", "p", "p_adjusted", "applied"]
    return pd.DataFrame(rows, columns=columns).assign(n=50, pairs=20, network=1)


def test_the_surest_elements_are_drawn():
    assert most_shifted(_table()) == ["Zn", "Cu"]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (_table(), "1 of 2 batches levelled, in 1 element"),
        (
            _table(applied=False),
            "1 of 2 batches differs from the others, in 1 element; nothing was corrected",
        ),
        (_table()[:3], "none of 2 batches differs from the others by more than chance"),
    ],
)
def test_headline(table, told):
    assert headline(table) == told


@pytest.mark.parametrize("batches", [2, 60])
def test_figure_shows_both_states_in_the_same_colours_and_fits_a_sheet(batches):
    rng = np.random.default_rng(0)
    points, batch = (
        rng.uniform(0, 5e4, (300, 2)),
        np.array([f"b{k % batches}" for k in range(300)], dtype=object),
    )
    before = pd.DataFrame(np.exp(rng.normal(3, 0.5, (300, 2))), columns=["Cu", "Zn"])
    before.loc[3, "Zn"] = np.nan
    names = [f"b{k}" for k in range(batches)]
    table = pd.DataFrame(
        [
            (
                element,
                name,
                2.0 if k == 1 else 1.0,
                0.8 + (k == 1),
                2.5,
                0.5 - 0.49 * (k == 1),
                1.0 - (k == 1),
                k == 1,
            )
            for element in ("Cu", "Zn")
            for k, name in enumerate(names)
        ],
        columns=["element", "batch", "factor", "low", "high", "p", "p_adjusted", "applied"],
    )
    ground = MapGround.around("$5 survey", points, "EPSG:32633")
    figure = levelling_plot(ground, points, batch, before, before * 0.9, table, "Told.")
    assert "batches levelled" in figure.get_suptitle()
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[:3] == ["Cu (ppm), as analysed", "Cu (ppm), levelled", "Zn (ppm), as analysed"]
    maps = [axes for axes in figure.axes if "ppm" in axes.get_title(loc="left")]
    limits = [axes.collections[0].get_clim() for axes in maps]
    assert limits[0] == limits[1]
    assert limits[2] == limits[3]
    levels = [axes for axes in figure.axes if "level of each batch" in axes.get_title(loc="left")]
    assert len(levels) == 2
    assert len(levels[0].get_yticks()) == min(batches, 40)
    width, height = figure.get_size_inches()
    assert width <= largest_page()[0]
    assert height <= largest_page()[1]


def test_report_words_and_tables():
    errors = pd.DataFrame(
        [
            ("Zn", "all", 100, 0.3, 0.27, 0.9, 0.85, 0.95),
            ("all", "all", 100, np.nan, np.nan, 0.9, 0.85, 0.95),
            ("all", "borders", 40, np.nan, np.nan, 0.8, 0.75, 0.85),
        ],
        columns=["element", "where", "n", "before", "after", "ratio", "low", "high"],
    )
    words = levelling_words(_table(), errors)
    assert words[0] == "1 of 2 batches levelled, in 1 element."
    assert (
        "a factor of 0.900 at all samples (95 % interval 0.850 to 0.950) and 0.800 near borders" in words[1]
    )
    assert levelling_words(_table()[:3], None) == [
        "None of 2 batches differs from the others by more than chance."
    ]
    shown = str(shifts_table(_table()))
    assert "2.00" in shown
    assert "1.80 to 2.20" in shown
    assert "levelled" in shown
    assert "none is beyond chance" in str(shifts_table(_table()[:3]))
    assert "0.850 to 0.950" in str(errors_table(errors))
