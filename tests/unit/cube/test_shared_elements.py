"""The elements that two surveys share, and their levels."""

import numpy as np
import pytest
from geohalo.cube.shared_elements import level_table, shared_elements
from geohalo.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.lists(st.sampled_from(["Au", "Cu", "Zn", "Pb", "As", "Sb"]), unique=True)


@given(NAMES, NAMES)
def test_shared_elements_keep_the_order_of_the_source(source, target):
    shared = shared_elements(source, target, 0)
    assert set(shared) == set(source) & set(target)
    assert shared == [name for name in source if name in shared]


def test_too_few_shared_elements_are_listed_with_the_others():
    with pytest.raises(InputError) as error:
        shared_elements(["Au", "Cu", "Zn"], ["Zn", "Pb", "Cu"], 3, ("north", "south"))
    message = str(error.value)
    assert message.startswith("north and south share 2 element(s) (Cu, Zn), and a transfer needs 3")
    assert "transfer.min_elements" in message
    assert "north alone has Au; south alone has Pb." in message
    assert shared_elements(["Au", "Cu", "Zn"], ["Zn", "Pb", "Cu"], 2) == ["Cu", "Zn"]


def test_no_shared_element_is_said():
    with pytest.raises(
        InputError, match=r"share 0 element\(s\) \(none\), and a transfer needs 2 .*alone has none"
    ):
        shared_elements(["Au"], [], 2)


def test_level_table_by_hand():
    table = level_table((["Cu", "Au"], np.array([20.0, 2.0])), (["Zn", "Cu"], np.array([9.0, 5.0])))
    table = table.set_index("element")
    assert table["shared"].to_dict() == {"Cu": True, "Au": False, "Zn": False}
    assert table.loc["Cu", ["source_median", "target_median", "target_to_source"]].tolist() == [
        20.0,
        5.0,
        0.25,
    ]
    assert table.loc["Zn", "target_median"] == 9.0
    assert table.loc[["Au", "Zn"], "target_to_source"].isna().all()
