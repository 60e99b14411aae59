"""Pathfinders as an answer: their table, what is said of them, and their figure."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.pathfinder_figure import pathfinder_plot
from geohalo.products.pathfinder_table import (
    MOST_SHOWN,
    missing_pathfinders,
    pathfinder_summary,
    shown_pathfinders,
)
from geohalo.products.pathfinder_text import listed, pathfinder_words, types_words
from geohalo.products.report_pathfinders import pathfinders_table

#: Three groups of deposits: Ni alike, As one way in two groups, Rb the other way in all.
DIFFERENCES = pd.DataFrame(
    {"Ni": [1.0, 2.0, 3.0], "As": [-1.0, 0.5, 0.2], "Rb": [-0.4, -0.2, -0.3], "Co": [0.1, 0.1, 0.1]}
)


def members(kept=None):
    """Two held-out folds of two members each and two members of the map: Ni always kept, the others now and then."""
    kept = kept or {
        ("held_out", 0): (["Ni", "Rb"], ["Ni"]),
        ("held_out", 1): (["Ni"], ["Ni", "As"]),
        ("final", 0): (["Ni", "Rb"], ["Ni"]),
    }
    rows = []
    for (scheme, fold), parts in kept.items():
        for draw, names in enumerate(parts):
            for element, t in zip(DIFFERENCES, (4.0, -0.1, -2.0, 0.5), strict=True):
                rows.append((scheme, fold, draw, element, t + draw, element in names, t / 10))
    columns = ["scheme", "fold", "draw", "element", "consistency", "kept", "weight"]
    return pd.DataFrame(rows, columns=columns).assign(kept=lambda frame: frame["kept"].astype(int))


def summary(**more):
    return pathfinder_summary(members(**more), DIFFERENCES, ["Ni", "Cu"]).set_index("element", drop=False)


def test_summary_of_a_worked_example():
    table = summary()
    # Ni of all members first, then Rb of half, then As of half the members of one fold.
    assert list(table.index) == ["Ni", "Rb", "As", "Co"]
    assert table["map"].to_dict() == {"Ni": 1.0, "Rb": 0.5, "As": 0.0, "Co": 0.0}
    assert table["folds_kept"].to_dict() == {"Ni": 2, "Rb": 1, "As": 1, "Co": 0}
    assert set(table["folds"]) == {2}
    assert set(table["groups"]) == {3}
    assert table["direction"].to_dict() == {
        "Ni": "enriched",
        "Rb": "depleted",
        "As": "depleted",
        "Co": "enriched",
    }
    assert table["difference"].to_dict() == pytest.approx({"Ni": 2.0, "Rb": -0.3, "As": -0.1, "Co": 0.1})
    # The mean of As is negative, two of its groups are not.
    assert table["groups_alike"].to_dict() == {"Ni": 3, "Rb": 3, "As": 1, "Co": 3}
    # Of the two members of the map alone.
    assert table.loc["Ni", "consistency"] == pytest.approx(4.5)
    assert table["commodity"].to_dict() == {"Ni": True, "Rb": False, "As": False, "Co": False}
    assert table["known_types"].to_dict() == {"Ni": 1, "Rb": 0, "As": 0, "Co": 1}
    assert table.loc["Co", "known"] == "magmatic Ni-Cu (synorogenic-synvolcanic)"


def test_a_type_that_was_not_checked_is_marked():
    table = pathfinder_summary(members(), DIFFERENCES, ["W"]).set_index("element")
    assert table.loc["As", "known"] == "tungsten skarn (unchecked); tungsten veins"
    assert "tungsten skarn (unchecked); tungsten veins." in pathfinder_words(summary(), ["W"])[1]


def test_what_is_known_and_not_kept_is_shown():
    assert list(shown_pathfinders(summary())["element"]) == ["Ni", "Rb", "As", "Co"]
    unknown = pathfinder_summary(members(), DIFFERENCES, [])
    assert list(shown_pathfinders(unknown)["element"]) == ["Ni", "Rb", "As"]
    assert not unknown["types"].any()
    assert not unknown["known_types"].any()


def test_a_network_that_keeps_all_shows_the_most_consistent():
    everything = {(scheme, 0): ([*DIFFERENCES],) for scheme in ("held_out", "final")}
    table = summary(kept=everything)
    assert len(shown_pathfinders(table)) == min(MOST_SHOWN, 4)
    assert "keeps all 4 elements" in pathfinder_words(table, [])[0]
    assert "Kept by the map" not in pathfinders_table(table).labels


def test_words():
    rests, compared = pathfinder_words(summary(), ["Ni", "Cu"])
    assert rests == (
        "The map rests on Ni (enriched in 3 of 3 groups, kept in 2 of 2 folds) and Rb (depleted in 3 of 3 groups, "
        "kept by 50 % of the map's members, kept in 1 of 2 folds)."
    )
    assert compared == (
        "Types of deposits with Ni and Cu: magmatic Ni-Cu (synorogenic-synvolcanic). Ni is known of such deposits, "
        "Rb is not in the table for them. The survey has no Cu, Pt and Pd."
    )
    assert pathfinder_words(summary(), ["Li"])[1] == (
        "The table of deposit types has none with Li, so that nothing known is compared with the map."
    )
    assert "names no commodity" in pathfinder_words(summary(), [])[1]
    assert missing_pathfinders(summary(), ["Ni", "Cu"]) == ["Cu", "Pt", "Pd"]


def named(table, **columns):
    """Return a summary in which some columns of single elements are others."""
    table = table.copy()
    for column, values in columns.items():
        for element, value in values.items():
            table.loc[element, column] = value
    return table


def test_a_commodity_that_is_no_richer_at_deposits_counts_as_enriched():
    # What is known beforehand outweighs groups that have a little less of it: the map rises with Ni.
    table = named(summary(), direction={"Ni": "depleted"}, difference={"Ni": -0.1}, groups_alike={"Ni": 2})
    rests, _ = pathfinder_words(table, ["Ni", "Cu"])
    assert (
        "Ni (depleted in 2 of 3 groups, kept in 2 of 2 folds, counted as enriched all the same, since "
        "deposits.commodities names it)"
    ) in rests
    figure = pathfinder_plot("north", table, DIFFERENCES, ["Ni", "Cu"])
    assert figure.get_suptitle() == "north: the map rests on Ni enriched, Rb depleted"


def test_types_are_told_by_what_they_share():
    # No type has all three; two of them have Cu and Zn, one Ni and Cu.
    assert types_words(["Cu", "Zn", "Ni"]) == "2 of Cu, Zn and Ni"
    assert types_words(["Ni", "Cu"]) == "Ni and Cu"
    assert pathfinder_words(summary(), ["Cu", "Zn", "Ni"])[1].startswith(
        "Types of deposits with 2 of Cu, Zn and Ni: "
    )
    assert "The table of deposit types has none with Li" in pathfinder_words(summary(), ["Li"])[1]
    figure = pathfinder_plot("north", summary(), DIFFERENCES, ["Li"])
    assert "Known:" not in " ".join(text.get_text() for text in figure.texts)


def test_a_signature_that_says_the_opposite_is_no_agreement():
    # Lateritic nickel is poor in Mg.
    table = summary().rename(index={"Rb": "Mg"}).assign(element=lambda frame: frame.index)
    table = named(table, known_types={"Mg": 1})
    assert "Ni and Mg are known of such deposits" in pathfinder_words(table, ["Ni"])[1]
    rich = named(table, consistency={"Mg": 2.0}, direction={"Mg": "enriched"})
    told = pathfinder_words(rich, ["Ni"])[1]
    assert "Ni is known of such deposits. Of Mg the table says the opposite." in told


def test_nothing_of_the_signature_is_said_in_full():
    table = named(summary(), map={"Ni": 0.0})
    assert "Rb is not in the table for them." in pathfinder_words(table, ["Ni", "Cu"])[1]


def test_one_group_and_no_fold_are_told_as_such():
    table = summary().assign(groups=1, groups_alike=1, folds=0, folds_kept=0)
    rests, _ = pathfinder_words(table, [])
    assert rests.startswith("The map rests on Ni (enriched in 1 of 1 group) and Rb ")


@pytest.mark.parametrize(
    ("parts", "told"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists_are_read_out(parts, told):
    assert listed(parts) == told


def test_table_of_the_report():
    table = pathfinders_table(summary())
    assert table.strong == [True, True, False, False]
    assert [cell.text for cell in table.rows[0]] == [
        "Ni", "enriched", "+2.00", "3 of 3", "100 %", "2 of 2", "+0.40", "magmatic Ni-Cu (synorogenic-synvolcanic)",
    ]  # fmt: skip


def test_figure_draws_every_group_and_says_what_the_map_rests_on():
    figure = pathfinder_plot("north$", summary(), DIFFERENCES, ["Ni", "Cu"])
    assert figure.get_suptitle() == r"north\$: the map rests on Ni enriched, Rb depleted"
    (axes,) = figure.axes
    dots = [line.get_xdata() for line in axes.lines if len(np.atleast_1d(line.get_xdata())) == 3]
    assert [sorted(one) for one in dots] == [sorted(DIFFERENCES[name]) for name in ("Ni", "Rb", "As", "Co")]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Ni *", "Rb", "As", "Co"]
    told = [text.get_text() for text in axes.texts]
    assert told[:3] == ["groups\nagreeing", "3 of 3", "3 of 3"]
    # Text beside the axes stays on the page.
    figure.draw_without_rendering()
    right = max(text.get_window_extent().x1 for text in axes.texts)
    assert right <= figure.bbox.x1
