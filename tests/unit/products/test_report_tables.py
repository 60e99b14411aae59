import io

import numpy as np
import pandas as pd
import pytest
from geohalo.cube.grid import Grid
from geohalo.products.report_evidence import (
    calibration_table,
    choices_table,
    claims_table,
    comparisons_table,
    confusion_table,
    deposits_table,
    methods_table,
    sweep_table,
    transfer_table,
)
from geohalo.products.report_quality import (
    coverage_table,
    elements_table,
    sources_table,
    summary,
    superpixels_table,
    times_table,
    warnings_shown,
)
from geohalo.products.report_targets import thresholds_table

COLUMNS = ["variant", "scales", "split", "metric", "estimate", "low", "high", "n"]


def metrics(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame([(*row, 0.1, 0.9, 10) for row in rows], columns=COLUMNS)


def texts(table) -> list[dict[str, str]]:
    """Return each row as label -> text."""
    return [dict(zip(table.labels, [cell.text for cell in row], strict=True)) for row in table.rows]


def test_methods_stand_in_the_order_of_the_figures_with_the_map_s_own_strong():
    table = methods_table(
        metrics(
            ("fusion", "9", "held_out", "capture", 0.7),
            ("fusion", "9", "held_out", "above_decoys", 0.6),
            ("fusion", "9", "random", "capture", 0.95),
            ("logistic", "", "held_out", "above_decoys", 0.4),
            ("random_forest", "", "held_out", "above_decoys", 0.5),
            ("spectrum", "9", "held_out", "above_decoys", 0.8),
        ),
        "name",
        "caption",
    )
    rows = texts(table)
    assert [row["Method"] for row in rows] == [
        "spectrum branch",
        "fusion",
        "random forest",
        "logistic regression",
    ]
    assert table.strong == [False, True, False, False]
    assert rows[1]["Capture"] == "0.70"
    assert rows[1]["95 % interval"] == "0.10 to 0.90"
    assert rows[1]["Capture, random split"] == "0.95"
    assert rows[0]["Capture"] == ""
    # What nothing was measured of has no column.
    assert "Brier score" not in table.labels


def test_a_map_made_elsewhere_stands_above_the_survey_s_own_methods():
    rows = metrics(
        ("vendor", "", "held_out", "above_decoys", 0.3),
        ("fusion", "9", "held_out", "above_decoys", 0.6),
        ("logistic", "", "held_out", "above_decoys", 0.4),
    )
    table = methods_table(rows, "name", "caption", foreign=True)
    assert [row["Method"] for row in texts(table)] == ["vendor", "fusion", "logistic regression"]
    assert texts(table)[0]["Kind"] == "map made elsewhere"
    assert table.strong == [True, False, False]


def test_methods_of_classes_are_shown_by_their_accuracy():
    table = methods_table(metrics(("fusion", "9", "held_out", "average_accuracy", 0.7)), "a", "b")
    assert table.labels == ["Method", "Average accuracy", "95 % interval", "Kind"]


def test_comparisons_show_the_held_out_split_alone():
    frame = pd.DataFrame(
        {
            "variant": "fusion",
            "against": ["logistic", "random_forest", "logistic"],
            "split": ["held_out", "held_out", "inner"],
            "metric": "above_decoys",
            "difference": [-0.1, 0.2, 0.3],
            "low": [-0.3, 0.1, 0.0],
            "high": [0.1, 0.3, 0.5],
            "p": [0.4, 0.001, 0.1],
            "p_holm": [0.8, 0.002, 0.2],
            "detectable": [0.3, np.nan, 0.1],
            "groups": 8,
        }
    )
    table = comparisons_table(frame)
    rows = texts(table)
    assert [row["fusion against"] for row in rows] == ["random forest", "logistic regression"]
    assert [row["Difference"] for row in rows] == ["0.20", "−0.10"]
    assert [row["Detectable"] for row in rows] == ["", "0.30"]
    # What the test tells apart stands out, whatever the order of the file.
    assert table.strong == [True, False]


def test_calibration_of_one_variant_held_out():
    frame = pd.DataFrame(
        {
            "variant": ["fusion", "fusion", "spectrum"],
            "split": ["held_out", "random", "held_out"],
            "bin_low": 0.1,
            "bin_high": 0.2,
            "predicted": [0.15, 0.16, 0.17],
            "observed": [0.3, 0.4, 0.5],
            "low": 0.1,
            "high": 0.6,
            "n": 1234,
        }
    )
    (row,) = texts(calibration_table(frame, "fusion"))
    assert row == {
        "Score": "0.1 to 0.2",
        "Mean score": "0.15",
        "Share of halo": "0.30",
        "95 % interval": "0.10 to 0.60",
        "Cells": "1,234",
    }


def test_deposits_keep_the_number_of_their_mark_on_the_map():
    deposits = pd.DataFrame({"deposit": [0, 1, 2], "name": ["A", "B", "C"], "inside": [True, True, False]})
    ranks = pd.DataFrame({"deposit": [1, 0], "capture": [0.9, 0.2], "above_decoys": [0.8, np.nan]})
    table = deposits_table(ranks, deposits)
    assert [row["Deposit"] for row in texts(table)] == ["B", "A", "C"]
    assert table.keys == ["deposit 1", "deposit 0", "deposit 2"]
    assert texts(table)[2]["Capture"] == ""
    assert texts(deposits_table(None, deposits))[0] == {"Deposit": "A", "Inside the survey": "yes"}


def test_sweep_has_one_row_for_each_setting():
    frame = metrics(
        ("fusion", "100-300", "inner", "above_decoys", 0.5),
        ("fusion", "100-300", "held_out", "capture", 0.6),
        ("fusion", "900", "inner", "above_decoys", 0.7),
        ("fusion", "900", "held_out", "capture", 0.8),
        ("fusion", "900", "random", "capture", 0.99),
    )
    assert texts(sweep_table(frame)) == [
        {
            "Superpixels": "100, 300",
            "Outranks decoys, inner split": "0.50",
            "Capture, held-out deposits": "0.60",
        },
        {"Superpixels": "900", "Outranks decoys, inner split": "0.70", "Capture, held-out deposits": "0.80"},
    ]


def test_confusion_of_one_variant_by_hand():
    frame = pd.DataFrame(
        [
            ("fusion", "held_out", 1, 1, 8),
            ("fusion", "held_out", 1, 2, 2),
            ("fusion", "held_out", 2, 2, 1000),
        ],
        columns=["variant", "split", "true", "predicted", "cells"],
    )
    assert texts(confusion_table(frame, "fusion")) == [
        {"True class": "1", "Predicted 1": "8", "Predicted 2": "2"},
        {"True class": "2", "Predicted 1": "0", "Predicted 2": "1,000"},
    ]


def test_other_commands_tables():
    transfer = metrics(("fusion", "", "transfer", "capture", 0.6)).assign(source="elsewhere")
    (row,) = texts(transfer_table(transfer))
    assert (row["Trained on"], row["Method"], row["Metric"]) == ("elsewhere", "fusion", "capture")
    choices = pd.DataFrame(
        {
            "result": ["map", "map", "capture"],
            "choice": ["grid.cell", "grid.cell", "grid.cell"],
            "level": [1, 2, 1],
            "share": 0.5,
            "p_holm": [0.01, 0.01, np.nan],
        }
    )
    # One row for each result and choice, not for each level.
    assert [row["Result"] for row in texts(choices_table(choices))] == ["the map", "held-out capture"]
    verdicts = pd.DataFrame(
        {
            "claim": ["maps"],
            "method": ["fusion"],
            "against": [np.nan],
            "metric": ["above_decoys"],
            "difference": [0.31],
            "low": [0.2],
            "high": [0.4],
            "verdict": ["holds"],
        }
    )
    (row,) = texts(claims_table(verdicts))
    assert (row["Against"], row["Metric"], row["Difference"], row["Verdict"]) == (
        "",
        "above decoys",
        "0.310",
        "holds",
    )


def test_elements_tell_censoring_and_what_interpolation_explains():
    report = pd.DataFrame(
        {
            "element": ["Zn", "B", "Zn"],
            "column": ["Zn_ppm", "B_ppm", "Zn_pct"],
            "n": [80, 100, 10],
            "missing": [20, 0, 90],
            "censored": [8, 54, 0],
            "detection_limit_ppm": [1.0, 10.0, np.nan],
            "median_ppm": [56.8, 5.0, 60.0],
            "kept": [True, False, False],
            "reason": [np.nan, "censored in 54 %", "another column of Zn"],
        }
    )
    interpolation = pd.DataFrame(
        {
            "element": ["Zn", "Zn"],
            "method": ["idw", "kriging"],
            "chosen": [False, True],
            "cv_error": [0.3, 0.25],
            "cv_explained": [0.2, -0.33],
        }
    )
    zinc, boron, other = texts(elements_table(report, interpolation))
    assert (zinc["Missing"], zinc["Below detection"]) == ("20 %", "10 %")
    assert (zinc["Interpolated by"], zinc["Error (log10 ppm)"], zinc["Explained"]) == (
        "kriging",
        "0.25",
        "−33 %",
    )
    assert (boron["Kept"], boron["Why left out"], boron["Interpolated by"]) == ("no", "censored in 54 %", "")
    # A column that was dropped has no interpolation, even if another one of its element has.
    assert (other["Interpolated by"], other["Explained"], other["Detection limit (ppm)"]) == ("", "", "")
    assert "Explained" not in elements_table(report).labels


def test_coverage_by_hand():
    grid = Grid(np.array([500.0, 1500.0, 2500.0]), np.array([1500.0, 500.0]))
    mask = np.array([[True, True, False], [True, True, False]])
    samples = np.array([[500.0, 500.0], [500.0, 1500.0], [2500.0, 500.0]])
    table = coverage_table(grid, mask, samples, {"rows_read": 1392, "crs_in": "EPSG:4283", "rows_merged": 0})
    told = {row["Quantity"]: row["Value"] for row in texts(table)}
    assert told == {
        "Cells of the map": "4 of 1,000 m",
        "Area of the map": "4 km²",
        "Share of the rectangle around it": "67 %",
        "Samples per 100 km²": "75",
        # Distances to the nearest other sample are 1, 1 and 2 km.
        "Distance between neighbouring samples, median": "1 km",
        # Cells (0.5, 1.5), (1.5, 1.5), (0.5, 0.5), (1.5, 0.5) km: 0, 1, 0 and 1 km from a sample.
        "Distance from a cell to its nearest sample, median and largest": "0.5 km, 1 km",
        "Rows read": "1,392",
        "Duplicates: rows merged at one place": "0",
        "CRS of the table": "EPSG:4283",
    }


def test_superpixels_by_hand():
    labels = np.array([[0, 1, 1], [2, 2, 2], [2, 5, 5]])
    (row,) = texts(superpixels_table({"1in400": labels}, 2000.0))
    assert row == {
        "Asked for": "1 per 400",
        "Superpixels": "3",
        "Cells, median": "2",
        "Cells, smallest": "2",
        "Cells, largest": "4",
        "Area (km²), median": "8",
    }


def test_thresholds_say_how_much_ground_and_how_many_deposits():
    frame = pd.DataFrame(
        {
            "kind": ["concentration_area"],
            "class": [2],
            "score": [0.61234],
            "area_share": [0.048],
            "deposits": [3],
            "slope": [-2.7],
        }
    )
    assert texts(thresholds_table(frame)) == [
        {
            "Kind": "concentration area",
            "Class": "2",
            "Score from": "0.612",
            "Share of the area": "5 %",
            "Held-out deposits": "3",
        }
    ]


def test_times_are_summed_by_rule():
    jobs = pd.DataFrame(
        {
            "rule": ["train", "evaluate", "train"],
            "seconds": [60.0, 3.0, 70.0],
            "cpu_seconds": [100.0, 3.0, 120.0],
            "megabytes": [900.0, 300.0, 1200.0],
        }
    )
    table = times_table(jobs)
    assert texts(table)[0] == {
        "Rule": "train",
        "Jobs": "2",
        "Time": "2 min 10 s",
        "CPU time": "3 min 40 s",
        "Peak memory": "1.2 GB",
    }
    assert "3 jobs, 2 min 13 s in all" in table.caption
    (untold,) = texts(times_table(jobs.iloc[:1].assign(cpu_seconds=np.nan, megabytes=np.nan)))
    assert (untold["CPU time"], untold["Peak memory"]) == ("", "")


def test_files_that_went_in():
    (row,) = texts(sources_table([("a.csv", 1_234_567, "abc")]))
    assert row == {"File": "a.csv", "Size": "1.23 MB", "SHA-256": "abc"}


@pytest.mark.parametrize(
    ("samples", "deposits", "expected"),
    [
        (4278, 10, "4,278 samples, 49 elements, 10 known deposits, 3 cells of 1,000 m, 3 km²"),
        (0, 1, "49 elements, 1 known deposit, 3 cells of 1,000 m, 3 km²"),
        (0, 0, "49 elements, 3 cells of 1,000 m, 3 km²"),
    ],
)
def test_summary_says_what_there_is(samples, deposits, expected):
    assert summary(np.array([True, True, True, False]), 1000.0, 49, samples, deposits) == expected


def test_rows_of_doubts_are_whole_numbers_beside_doubts_that_have_none():
    text = "file,column,row,what,fix\na.csv,Cu,3,x,y\nb.tif,,,x,y\n"
    read = pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])
    several = pd.read_csv(io.StringIO(text.replace(",3,", ",3; 5,")), keep_default_na=False)
    for frame, first in ((read, "3"), (several, "3; 5")):
        shown = warnings_shown(frame)
        assert shown.name == "table-warnings"
        assert [row[2].text for row in shown.rows] == [first, ""]
