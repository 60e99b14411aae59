"""Which elements carry the map, worked out by hand."""

import pandas as pd
from geohalo.products.map_elements import MOST_CARRYING, carrying_elements, element_notes
from geohalo.products.pathfinder_table import MOST_SHOWN


def summary(**columns):
    return pd.DataFrame({"commodity": False, "direction": "enriched"} | columns)


def test_sought_elements_lead_and_kept_ones_follow_by_members_and_consistency():
    table = summary(
        element=["Cr", "U", "Au", "Ag", "Zn"],
        map=[1.0, 1.0, 1.0, 0.0, 0.0],
        consistency=[0.5, -0.7, 2.2, 0.4, 3.0],
        commodity=[False, False, True, True, False],
        direction=["enriched", "depleted", "enriched", "enriched", "enriched"],
    )
    # Silver is sought, though no member keeps it; zinc is neither.
    assert carrying_elements(table) == ["Au", "Ag", "U", "Cr"]
    notes = element_notes(table)
    assert (notes["Au"], notes["U"]) == ("sought", "depleted at deposits")


def test_where_all_elements_are_kept_the_most_consistent_ones_carry():
    names = [f"E{k}" for k in range(MOST_SHOWN + 5)]
    table = summary(element=names, map=1.0, consistency=[(-1) ** k * k for k in range(len(names))])
    assert carrying_elements(table) == names[:4:-1]


def test_a_page_full_of_elements_at_most():
    names = [f"E{k}" for k in range(20)]
    table = summary(element=names, map=[0.5] * 19 + [0.0], consistency=range(20))
    assert carrying_elements(table) == names[18 : 18 - MOST_CARRYING : -1]
