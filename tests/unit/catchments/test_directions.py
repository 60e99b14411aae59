"""Codes of four programs, and codes that are not what they are called."""

import numpy as np
import pytest
from geohalo.catchments.directions import CODES, checked_directions, decoded, fitting
from geohalo.catchments.steepest import filled, flow_directions
from geohalo.errors import InputError
from hypothesis import given, settings
from hypothesis import strategies as st
from terrains import arrows, rough

#: The eight neighbours around a cell as each program's manual draws them.
DRAWN = {
    "esri": [[32, 64, 128], [16, 0, 1], [8, 4, 2]],
    "taudem": [[4, 3, 2], [5, 0, 1], [6, 7, 8]],
    "whitebox": [[64, 128, 1], [32, 0, 2], [16, 8, 4]],
    "ldd": [[7, 8, 9], [4, 5, 6], [1, 2, 3]],
}
OWN = arrows("↖↑↗|←.→|↙↓↘")


def coded(codes, name):
    """Write our codes as a program does; voids are NaN."""
    back = {own: code for code, own in CODES[name].items() if own != 247}
    return np.array([[back.get(int(one), np.nan) for one in row] for row in codes], dtype=np.float32)


@pytest.mark.parametrize("name", list(CODES))
def test_codes_are_those_of_the_manuals(name):
    np.testing.assert_array_equal(decoded(np.array(DRAWN[name], dtype=np.float32), name), OWN)
    assert decoded(np.array([[np.nan]], dtype=np.float32), name) == [[247]]


def test_bytes_with_a_sign_have_codes_of_their_own():
    """MERIT Hydro: 0 for a mouth, -1 for an inland sink, -9 for a void."""
    found = checked_directions(np.array([[-9, -1, 16], [1, 0, 16]], dtype=np.float32), "esri", "dir.tif")
    np.testing.assert_array_equal(found, [[247, 0, 16], [1, 0, 16]])


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), name=st.sampled_from(list(CODES)))
def test_what_a_program_writes_is_read_as_it_was(seed, name):
    codes = flow_directions(filled(rough((30, 30), seed, voids=0.01)), 100, 100)
    np.testing.assert_array_equal(checked_directions(coded(codes, name), name, "d8.tif"), codes)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("written", "read"), [("whitebox", "esri"), ("esri", "whitebox"), ("taudem", "ldd")])
def test_codes_under_another_name_are_refused(seed, written, read):
    codes = flow_directions(filled(rough((30, 30), seed)), 100, 100)
    with pytest.raises(InputError, match=rf"^d8.tif: .*terrain.codes: {read}") as error:
        checked_directions(coded(codes, written), read, "d8.tif")
    assert written in str(error.value) or "no flow direction" in str(error.value)


def test_a_value_that_is_no_code_is_named():
    values = np.array([[1, 2, 4], [1, 3, 4]], dtype=np.float32)
    with pytest.raises(InputError, match=r"the value 3 \(row 2, column 2.*taudem or ldd: set terrain.codes"):
        checked_directions(values, "esri", "d8.tif")
    with pytest.raises(InputError, match=r"the value 512.5 .*if these are heights, remove terrain.codes"):
        checked_directions(np.array([[512.5, 1]], dtype=np.float32), "esri", "d8.tif")


def test_loops_under_all_codes_say_that_the_file_is_damaged():
    # East and west face each other in ESRI's codes; in WhiteboxTools' 1 is northeast and 16 southwest.
    values = np.array([[1, 16], [1, 16], [1, 16]], dtype=np.float32)
    with pytest.raises(InputError, match=r"6 cells goes round in loops \(the first at row 1, column 1"):
        checked_directions(values, "esri", "d8.tif")
    values = np.array([[6, 4], [9, 9]], dtype=np.float32)
    with pytest.raises(InputError, match="the file is damaged, or was resampled"):
        checked_directions(values, "ldd", "d8.tif")


def test_sets_that_values_fit():
    assert fitting(np.array([[1, 2, 4, 8]], dtype=np.float32)) == ["esri", "taudem", "whitebox", "ldd"]
    assert fitting(np.array([[1, 2, 128]], dtype=np.float32)) == ["esri", "whitebox"]
    assert fitting(np.array([[1, 9]], dtype=np.float32)) == ["ldd"]
    assert fitting(np.array([[230.5]], dtype=np.float32)) == []
