"""Rows that are no samples of one map: statistics, several materials, copies at another place, rounded places."""

import numpy as np
import pytest
from certificate_files import (
    CU,
    NAMES,
    ROWS,
    ZN,
    X,
    Y,
    assert_values,
    clean,
    records,
    stops,
    text,
    warnings_of,
)


@pytest.mark.parametrize(
    "word", ["Mean", "Average:", "Std. Dev.", "MAX", "95th percentile", "Geom. mean", "Minimum value"]
)
def test_statistics_below_a_table_are_told(tmp_path, word) -> None:
    row = [word, f"{X.mean():.0f}", f"{Y.mean() + 90:.0f}", "26.5", "68.3"]
    samples, _ = clean(tmp_path, text([NAMES, *records(), row]))
    (warning,) = warnings_of(samples)
    assert warning == (
        f"sample {ROWS + 2} 1 row seems to hold statistics of the table ({word!r}), and is taken for samples; "
        "delete such rows"
    )


def test_words_of_statistics_that_mean_something_else(tmp_path) -> None:
    rows = [[*row, "max" if n < 3 else "min" if n < 20 else "base"] for n, row in enumerate(records())]
    assert warnings_of(clean(tmp_path, text([[*NAMES, "flow"], *rows]))[0]) == []


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("SampleType", ("SOIL", "Rock Chip", "STREAM SED")),
        ("sample_medium", ("topsoil", "subsoils", "topsoil")),
        ("horizon", ("B", "C", "A")),
        ("size fraction", ("-80#", "-200#", "-80#")),
        ("Digestion", ("4A", "AR", "4A")),
        ("Lab_Method", ("ICP-MS", "AAS", "XRF")),
    ],
)
def test_rows_that_one_map_would_mix_are_told(tmp_path, name, kinds) -> None:
    rows = [[*row, kinds[0 if n < 25 else 1 + n % 2]] for n, row in enumerate(records())]
    content = text([[*NAMES, name], *rows])
    (warning,) = warnings_of(clean(tmp_path, content)[0])
    assert warning.startswith(f"{name} ")
    assert f"holds {kinds[0]!r} (" in warning
    assert f"keep: {{{name}: [{kinds[0]}]}}" in warning
    assert warnings_of(clean(tmp_path, content, keep={name: list(dict.fromkeys(kinds))})[0]) == []


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("rock_type", ("granite", "schist")),
        ("SampleType", ("SOIL", "")),
        ("SampleType", ("P", "Q")),
        ("colour", ("soil", "rock")),
    ],
)
def test_columns_that_tell_something_else(tmp_path, name, kinds) -> None:
    rows = [[*row, kinds[n % 2]] for n, row in enumerate(records())]
    assert_values(samples := clean(tmp_path, text([[*NAMES, name], *rows]))[0])
    assert warnings_of(samples) == []


def test_rows_given_again_in_another_datum(tmp_path) -> None:
    lead = 10 + np.round(np.random.default_rng(0).random(ROWS), 3)
    rows = records(CU, ZN, lead)
    again = [[row[0], str(float(row[1]) + 133), str(float(row[2]) + 180), *row[3:]] for row in rows]
    content = text([[*NAMES, "Pb"], *rows, *again])
    (warning,) = warnings_of(clean(tmp_path, content, elements="^(?P<element>Cu|Zn|Pb)$")[0])
    assert warning.startswith(
        f" {ROWS + 2} {ROWS} rows repeat all values of another row at another place (rows 2 and "
        f"{ROWS + 2}, 224 m apart; all 133 m to the east and 180 m to the north"
    )


def test_values_that_agree_by_chance(tmp_path) -> None:
    few = [np.arange(ROWS) // 8 % 2 + 20.0, np.arange(ROWS) // 4 % 2 + 60.0, np.arange(ROWS) % 2 + 10.0]
    content = text([[*NAMES, "Pb"], *records(*few)])
    assert warnings_of(clean(tmp_path, content, elements="^(?P<element>Cu|Zn|Pb)$")[0]) == []


def test_rounded_coordinates_merge_rows(tmp_path) -> None:
    rows = [
        [row[0], str(X[n - n % 2] if n >= 20 else X[n]), row[2], *row[3:]] for n, row in enumerate(records())
    ]
    samples, _ = clean(tmp_path, text([NAMES, *rows]))
    places = len({(row[1], row[2]) for row in rows})
    assert len(samples) == places
    (warning,) = warnings_of(samples)
    assert f"{ROWS - places} of {ROWS} rows lie at the place of another row" in warning
    coarse = [[row[0], str(X[n] // 12000 * 12000), row[2], *row[3:]] for n, row in enumerate(records())]
    assert "merged with others of their place" in stops(tmp_path, text([NAMES, *coarse]))


@pytest.mark.parametrize("name", ["batch", "LAB_JOB_NO", "laboratory", "Campaign"])
def test_batches_of_other_levels_that_no_key_names_are_told(tmp_path, name) -> None:
    late = np.arange(ROWS) % 2 == 1
    rows = [
        [*row, "J2" if late[n] else "J1"] for n, row in enumerate(records(np.where(late, 3 * CU, CU), ZN))
    ]
    content = text([[*NAMES, name], *rows])
    (warning,) = warnings_of(clean(tmp_path, content)[0])
    assert warning.startswith(f"{name} 3 between 'J1' and 'J2' of this column Cu differs 3")
    assert f"set samples.batch: {name}" in warning
    assert warnings_of(clean(tmp_path, content, batch=name)[0]) == []


@pytest.mark.parametrize(("name", "factor"), [("batch", 2), ("colour", 3), ("labour", 3)])
def test_columns_that_tell_of_no_batches(tmp_path, name, factor) -> None:
    late = np.arange(ROWS) % 2 == 1
    rows = [
        [*row, "J2" if late[n] else "J1"]
        for n, row in enumerate(records(np.where(late, factor * CU, CU), ZN))
    ]
    assert warnings_of(clean(tmp_path, text([[*NAMES, name], *rows]))[0]) == []


def test_batches_that_lie_side_by_side_are_not_compared(tmp_path) -> None:
    north = np.median(Y) < Y
    rows = [
        [*row, "J2" if north[n] else "J1"] for n, row in enumerate(records(np.where(north, 3 * CU, CU), ZN))
    ]
    assert warnings_of(clean(tmp_path, text([[*NAMES, "batch"], *rows]))[0]) == []


@pytest.mark.parametrize(("count", "told"), [(7, True), (3, False)])
def test_a_default_for_unknown_places_is_told(tmp_path, count, told) -> None:
    rows = [
        [row[0], "505500", "6004500", *row[3:]] if 30 <= n < 30 + count else row
        for n, row in enumerate(records())
    ]
    warnings = warnings_of(clean(tmp_path, text([NAMES, *rows]))[0])
    assert len(warnings) == told
    assert all(f"{count} rows lie at one place (x=505500, y=6004500 on the map)" in one for one in warnings)
