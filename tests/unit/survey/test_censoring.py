"""Cells to concentrations: limits, codes, sentinels, dates."""

import datetime

import numpy as np
import pandas as pd
import pytest
from geohalo.errors import InputError
from geohalo.survey.cells import is_date, keep_rows, to_numbers
from geohalo.survey.censoring import parse_concentrations
from geohalo.survey.codes import is_code, too_high
from hypothesis import assume, given
from hypothesis import strategies as st

NAN = float("nan")


def text(*cells: str) -> pd.Series:
    return pd.Series(cells, dtype="str")


def mixed(*cells: object) -> pd.Series:
    return pd.Series(cells, dtype=object)


def test_plain_numbers_and_empty_cells() -> None:
    parsed = parse_concentrations(text("1.5", " 2 ", "", "3e-2", "nan", "+4"))
    np.testing.assert_array_equal(parsed.values, [1.5, 2.0, NAN, 0.03, NAN, 4.0])
    assert not parsed.censored.any()
    assert (parsed.n_missing, parsed.n_dates, parsed.n_above) == (2, 0, 0)
    assert np.isnan(parsed.limit)


def test_each_text_is_read_wherever_it_stands() -> None:
    cells = ["1.5", None, "<2", "1.5", "nan", " 7 ", "<2", None]
    for values in (pd.Series(cells, dtype="str"), pd.Series(cells, dtype=object)):
        numbers, leftover = to_numbers(values)
        np.testing.assert_array_equal(numbers, [1.5, NAN, NAN, 1.5, NAN, 7.0, NAN, NAN])
        np.testing.assert_array_equal(np.flatnonzero(leftover), [2, 6])


def test_limits_in_cells() -> None:
    parsed = parse_concentrations(
        text("<0.5", "< 2", "<=1", "≤ .4", ">1000", "> 50", ">=7", "3"), replace=0.5
    )
    np.testing.assert_allclose(parsed.values, [0.25, 1.0, 0.5, 0.2, 1000, 50, 7, 3])
    np.testing.assert_array_equal(parsed.censored, [True] * 4 + [False] * 4)
    assert parsed.n_above == 3
    # The limits met are 0.4, 0.5, 1 and 2.
    assert parsed.limit == pytest.approx(0.75)


def test_share_that_replaces_a_censored_value() -> None:
    parsed = parse_concentrations(text("<0.5", "-2", "4"), below=["negative"], replace=0.7)
    np.testing.assert_allclose(parsed.values, [0.35, 1.4, 4])


@pytest.mark.parametrize("missing", [[-9999], ["-9999"], [-9999.0], ["-9999.000"]])
def test_numeric_sentinels_compare_as_numbers(missing) -> None:
    cells = text("-9999.000000000000000", "-9999", "-0.5", "2")
    parsed = parse_concentrations(cells, missing, below=["negative"])
    np.testing.assert_allclose(parsed.values, [NAN, NAN, 0.25, 2])
    np.testing.assert_array_equal(parsed.censored, [False, False, True, False])
    assert parsed.n_missing == 2
    assert parsed.limit == 0.5


def test_text_sentinels() -> None:
    parsed = parse_concentrations(text("n.a.", " NA ", "1"), ["n.a.", "NA", -1])
    np.testing.assert_array_equal(parsed.values, [NAN, NAN, 1])


def test_zero_takes_the_smallest_positive_value_as_its_limit() -> None:
    parsed = parse_concentrations(text("0", "0.0", "4", "0.2", "-0"), below=["zero"])
    np.testing.assert_allclose(parsed.values, [0.1, 0.1, 4, 0.2, 0.1])
    np.testing.assert_array_equal(parsed.censored, [True, True, False, False, True])
    assert parsed.limit == 0.2


def test_column_of_zeros_has_no_values() -> None:
    parsed = parse_concentrations(text("0", "0"), below=["zero"])
    assert np.isnan(parsed.values).all()
    assert not parsed.censored.any()
    assert parsed.n_missing == 2


@pytest.mark.parametrize(
    ("cells", "censored"),
    [
        # A repeated minimum with nothing up to its double.
        ([5, 5, 10, 11, 30], [1, 1, 0, 0, 0]),
        # A single minimum says nothing.
        ([5, 10, 11, 30], [0, 0, 0, 0]),
        # Values between the minimum and its double: rounding, not half a limit.
        ([5, 5, 6, *range(10, 60)], [0] * 53),
        # ... unless a tenth of the column is at the minimum.
        ([5, 5, 6, 30], [1, 1, 0, 0]),
    ],
)
def test_half_limit(cells, censored) -> None:
    parsed = parse_concentrations(pd.Series(cells, dtype=float), below=["half_limit"])
    np.testing.assert_array_equal(parsed.censored, np.array(censored, dtype=bool))
    np.testing.assert_allclose(parsed.values, cells)
    assert parsed.limit == 10 if any(censored) else np.isnan(parsed.limit)


def test_half_limit_with_another_share() -> None:
    parsed = parse_concentrations(text("5", "5", "10"), below=["half_limit"], replace=0.7)
    np.testing.assert_allclose(parsed.values, [7, 7, 10])


def test_all_codes_in_one_column() -> None:
    cells = text("-9999", "-4", "0", "<3", "8", "9", ">70")
    parsed = parse_concentrations(cells, [-9999], ["negative", "zero"])
    # Zero: the smallest positive value or limit is 3.
    np.testing.assert_allclose(parsed.values, [NAN, 2, 1.5, 1.5, 8, 9, 70])
    np.testing.assert_array_equal(parsed.censored, [False, True, True, True, False, False, False])
    assert parsed.limit == 3


def test_flag_column() -> None:
    parsed = parse_concentrations(text("0.5", "0.5", "9", ""), flags=text("<", "", ">", "<"))
    np.testing.assert_array_equal(parsed.values, [0.25, 0.5, 9, NAN])
    np.testing.assert_array_equal(parsed.censored, [True, False, False, False])
    assert parsed.n_above == 1


def test_dates_in_a_workbook_and_in_text() -> None:
    cells = mixed(
        1.5,
        datetime.datetime(2021, 3, 5),
        "2",
        datetime.date(2020, 1, 1),
        None,
        datetime.time(1, 20),
        NAN,
    )
    parsed = parse_concentrations(cells)
    np.testing.assert_array_equal(parsed.values, [1.5, NAN, 2, NAN, NAN, NAN, NAN])
    assert (parsed.n_dates, parsed.n_missing) == (3, 2)
    cells = text(
        "2021-03-05",
        "05/03/2021",
        "5-Mar",
        "Mar-05",
        "3.2",
        "5-Mar-21",
        "2021-03-05 00:00:00",
        "5.3.2021",
    )
    parsed = parse_concentrations(cells)
    assert (parsed.n_dates, parsed.n_missing) == (7, 0)
    assert parsed.values[4] == 3.2


def test_a_column_of_dates_alone() -> None:
    parsed = parse_concentrations(pd.Series(pd.to_datetime(["2021-03-05", None, "2021-03-06"])))
    assert (parsed.n_dates, parsed.n_missing) == (2, 1)


def test_thousands_of_dates_are_counted() -> None:
    cells = mixed(*[datetime.datetime(2021, 1 + i % 12, 5) for i in range(5000)], *range(1, 1001))
    parsed = parse_concentrations(cells)
    assert parsed.n_dates == 5000
    np.testing.assert_array_equal(parsed.values[5000:], np.arange(1, 1001))


@pytest.mark.parametrize("cell", ["2.5", "1e-3", "12-34", "Au-05", "5-6", "march", "1.2.3"])
def test_what_is_no_date(cell) -> None:
    assert not is_date(cell)


@pytest.mark.parametrize("cell", ["abc", "inf", "-inf", "<", "<0", "<-3", "5-6", "n.a.", "0.5<"])
def test_other_text_names_row_column_text_and_fix(cell) -> None:
    cells = text("1", "", cell, "x", "2")
    with pytest.raises(InputError) as caught:
        parse_concentrations(cells, column="Cu_ppm", source="s.csv", rows=np.array([2, 3, 5, 6, 7]))
    message = str(caught.value)
    for part in ("s.csv", "'Cu_ppm'", "row 5", repr(cell), "1 more", "samples.missing"):
        assert part in message
    assert "\n" not in message


def test_decimal_comma_is_recognised() -> None:
    with pytest.raises(InputError, match=r"'1,5' has a decimal comma: set samples\.decimal: ','"):
        parse_concentrations(text("1,5"))


def test_blank_between_thousands_is_recognised() -> None:
    with pytest.raises(InputError, match=r"row 2: '1 000' is not a number.*samples\.thousands: ' '"):
        parse_concentrations(text("1 000"))


def test_true_is_not_one() -> None:
    with pytest.raises(InputError, match="'True'"):
        parse_concentrations(mixed(1.0, True))


@pytest.mark.parametrize(("cell", "code"), [("-0.5", "negative"), ("0", "zero")])
def test_undeclared_codes_are_an_error(cell, code) -> None:
    with pytest.raises(InputError, match=rf"'Cu', row 3: {cell} .*'{code}'.*samples.censoring.below"):
        parse_concentrations(text("1", cell, "2"), column="Cu")


def test_cells_and_index_of_the_caller_are_untouched() -> None:
    cells = pd.Series([1.0, -2.0, 0.0, -9999.0], index=[7, 8, 9, 10])
    copy = cells.copy()
    parse_concentrations(cells, [-9999], ["negative", "zero"])
    pd.testing.assert_series_equal(cells, copy)


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=30), st.floats(0.1, 1), st.data())
def test_codes_agree_with_each_other(values, share, data) -> None:
    """A limit written `<L`, `-L` or flagged gives one result."""
    is_limit = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    # A negative limit far above all that was measured, and a number such as 999, are codes.
    limits, measured = np.array(values)[is_limit], np.array(values)[~is_limit]
    assume(not too_high(limits, measured).any() and not any(map(is_code, limits)))
    number = [repr(value) for value in values]
    in_cell = text(*[f"<{n}" if limit else n for n, limit in zip(number, is_limit, strict=True)])
    negative = text(*[f"-{n}" if limit else n for n, limit in zip(number, is_limit, strict=True)])
    flags = text(*["<" if limit else "" for limit in is_limit])
    results = [
        parse_concentrations(in_cell, replace=share),
        parse_concentrations(negative, below=["negative"], replace=share),
        parse_concentrations(text(*number), flags=flags, replace=share),
    ]
    expected = np.where(is_limit, share * np.array(values), values)
    for parsed in results:
        np.testing.assert_allclose(parsed.values, expected)
        np.testing.assert_array_equal(parsed.censored, is_limit)
        np.testing.assert_allclose(
            parsed.limit, np.median(np.array(values)[is_limit]) if is_limit.any() else NAN
        )


@pytest.mark.parametrize("dtype", ["Int64", "float32", "category", "object", "str", "double[pyarrow]"])
def test_column_types_of_other_formats(dtype) -> None:
    parsed = parse_concentrations(pd.Series([2, None, 3], dtype=dtype))
    np.testing.assert_array_equal(parsed.values, [2, NAN, 3])
    assert parsed.n_missing == 1


@given(st.lists(st.one_of(st.floats(1e-9, 1e9), st.none()), min_size=1, max_size=20))
def test_text_and_numbers_read_alike(values) -> None:
    as_text = text(*["" if value is None else repr(value) for value in values])
    numbers = np.array([NAN if value is None else value for value in values])
    for cells in (as_text, pd.Series(numbers), mixed(*values)):
        result, leftover = to_numbers(cells)
        np.testing.assert_allclose(result, numbers)
        assert not leftover.any()


def test_keep_rows_by_text_and_number() -> None:
    table = pd.DataFrame({"report": ["93974", "93974.0", "1", " 94616 "], "kind": ["a", "b", "a", "a"]})
    assert list(keep_rows(table, {"report": [93974]}, "s.csv", "samples.keep").index) == [0, 1]
    assert list(keep_rows(table, {"report": [93974, "94616"], "kind": ["a"]}, "s", "k").index) == [
        0,
        3,
    ]
    assert len(keep_rows(table, {}, "s", "k")) == 4
    numbers = pd.DataFrame({"report": [93974.0, 1.0, NAN]})
    assert list(keep_rows(numbers, {"report": ["93974"]}, "s", "k").index) == [0]


@pytest.mark.real_data
def test_half_limit_flags_agree_with_the_laboratory(survey_data) -> None:
    """On a real survey the inferred limits are the stated ones, where the laboratory says there are any."""
    folder = survey_data / "ireland-midlands-soil"
    limits = pd.read_csv(folder / "detection_limits.csv")
    half = pd.to_numeric(limits.set_index("Analyte")["HDL"], errors="coerce").to_dict()
    table = pd.read_csv(folder / "samples.csv")
    agreed = 0
    for element in (
        "B",
        "Li",
        "Hf",
        "Hg",
        "In",
        "Ta",
        "Te",
        "Th",
        "Tl",
        "W",
        "Au",
        "Pd",
        "Pt",
        "Re",
        "Cs",
        "Ge",
    ):
        header = f"{element}_mgkg_ICPar"
        parsed = parse_concentrations(table[header], below=["half_limit"])
        at_half = np.isclose(table[header], half[header], rtol=1e-6)
        if at_half.sum() > 1:
            np.testing.assert_array_equal(parsed.censored, at_half)
            assert parsed.limit == pytest.approx(2 * half[header])
            agreed += 1
        else:
            assert not parsed.censored.any()
    assert agreed == 15
