"""The figure and the tables of quality control."""

import numpy as np
import pandas as pd
import pytest
from geohalo.products.quality_figure import MOST_ROWS, Chart, quality_plot
from geohalo.products.report_control import control_words, materials_table, precision_table, verdicts_table
from geohalo.quality.charts import in_order, worst_blanks, worst_materials
from matplotlib.backends.backend_agg import FigureCanvasAgg

KINDS = ("laboratory_duplicate", "field_duplicate")


def elements_table(names: list[str], fails: list[str]) -> pd.DataFrame:
    """Return a table like quality.csv."""
    table = pd.DataFrame({"element": names, "verdict": "passes", "reason": "", "weight": 1.0})
    table.loc[table["element"].isin(fails), ["verdict", "reason"]] = ["fails", "reads 20 % too low"]
    share = np.linspace(0.05, 0.6, len(names))
    noise = {"noise_of": "sampling and analysis", "noise_pairs": 20, "noise_share": share}
    noise |= {"noise_low": share / 2, "noise_high": np.minimum(2 * share, 1), "analysis_share": share / 3}
    change = {"drift_percent": -3.0, "drift_low": -5.0, "drift_high": -1.0, "batch_shift_percent": np.nan}
    blanks = {"blanks": 10, "contaminated": 0, "blank_median_ppm": 0.1, "blank_highest_ppm": 0.2}
    return table.assign(**noise, **change, **blanks, blank_limit_ppm=1.0, blank_by_nature=False)


def duplicates_table(names: list[str]) -> pd.DataFrame:
    """Return a table like quality_duplicates.csv."""
    rows = [(kind, name, 20, 1, 12.0, 10.0, 8.0, 15.0, 5.0, 0.1, 0.04) for kind in KINDS for name in names]
    columns = ["kind", "element", "pairs", "left_out", "median_ppm", "precision_percent", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "average_cv_percent", "line_intercept_ppm", "line_slope"])


def charts() -> list[Chart]:
    """Return a chart of a reference material and one of blanks."""
    values = np.array([9.0, 10, 11, 15])
    none = np.zeros(4, dtype=bool)
    return [
        Chart("Cu in $R_1: bias −18 %", values, 10.0, 1.0, np.nan, none),
        Chart("Cu in blanks", values / 50, np.nan, np.nan, 0.25, np.array([True, False, False, False])),
    ]


def texts(figure) -> list[str]:
    """Return all texts of a figure."""
    return [
        one.get_text() for axes in figure.axes for one in axes.findobj(lambda part: hasattr(part, "get_text"))
    ]


def test_figure_shows_elements_limits_and_charts() -> None:
    elements, duplicates = elements_table(["Cu", "Zn", "Au"], ["Zn"]), duplicates_table(["Cu", "Zn"])
    figure = quality_plot("a $survey", elements, duplicates, charts(), 20, 0.2)
    assert figure.get_suptitle() == r"a \$survey: 1 of 3 judged elements fails: Zn"
    precision, noise, reference, blanks = figure.axes
    # Failing ones first, then by noise.
    assert [one.get_text().strip() for one in precision.get_yticklabels()] == ["Zn ✗", "Au", "Cu"]
    assert precision.lines[0].get_xdata() == [20, 20]
    assert noise.lines[0].get_xdata() == [20, 20]
    widths = [round(bar.get_width(), 6) for bar in noise.patches]
    share = 100 * np.array([0.325, 0.6, 0.05])
    assert widths == pytest.approx([*(share / 3), *(share * 2 / 3), *(100 - share)], abs=1e-4)
    # 15 ppm is 50 % above 10, beyond three standard deviations of 10 %.
    beyond = next(line for line in reference.lines if line.get_marker() == "^")
    assert list(beyond.get_ydata()) == pytest.approx([50])
    assert next(line for line in blanks.lines if line.get_marker() == "^").get_ydata() == pytest.approx([0.3])
    assert "\\$" in reference.get_title(loc="left")


def test_figure_without_some_or_all_of_it() -> None:
    names = ["Cu", "Zn"]
    nothing = elements_table(names, []).assign(noise_share=np.nan, noise_of="", verdict="not judged")
    empty = duplicates_table(names)[:0]
    assert "0 of 0 judged elements fail" in quality_plot("s", nothing, empty, [], 20, 0.2).get_suptitle()
    assert len(quality_plot("s", nothing, empty, charts()[1:], 20, 0.2).axes) == 1
    alone = elements_table(names, []).assign(noise_of="analysis", analysis_share=np.nan)
    figure = quality_plot("s", alone, duplicates_table(names), [], 20, 0.2)
    labels = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert "noise: analysis" in labels


def test_many_elements_stay_on_a_page() -> None:
    names = [f"E{one}" for one in range(70)]
    figure = quality_plot(
        "s", elements_table(names, names[:3]), duplicates_table(names), charts() * 3, 20, 0.2
    )
    FigureCanvasAgg(figure).draw()
    assert len(figure.axes[0].get_yticks()) == MOST_ROWS
    assert figure.get_size_inches()[1] < 11.7


def test_worst_charts() -> None:
    reference = pd.DataFrame(
        {
            "material": ["A", "A", "B", "B"],
            "element": ["Cu", "Zn", "Cu", "Zn"],
            "results": 10,
            "limits_sd_ppm": [1, 1, 1, np.nan],
            "bias_percent": [5, -20, np.nan, 90],
            "beyond_3sd": pd.array([0, 1, 10, None], dtype="Int64"),
        }
    )
    # 0.5 + 0, 2 + 0.1, 0 + 1; the last one has no chart.
    assert worst_materials(reference, 10, 2) == [("A", "Zn"), ("B", "Cu")]
    assert worst_materials(reference[:0], 10, 2) == []
    blanks = pd.DataFrame(
        {
            "element": ["Si", "Hg", "Cu", "Zn"],
            "blanks": [5, 5, 5, 0],
            "contaminated": [5, 2, 0, 0],
            "blank_highest_ppm": [9e5, 3, 1, np.nan],
            "blank_limit_ppm": [1.0, 1, 1, 1],
            "blank_by_nature": [True, False, False, False],
        }
    )
    assert worst_blanks(blanks, 4) == ["Hg", "Cu", "Si"]


def test_charts_are_in_the_order_of_analysis() -> None:
    rows = pd.DataFrame(
        {"role": ["blank", "survey", "blank", "blank"], "order": [3, 2, 1, 4], "Cu": [1.0, 9, 2, np.nan]}
    )
    rows["Cu_censored"] = [True, False, False, False]
    values, censored = in_order(rows, {"role": "blank"}, "Cu")
    assert values.tolist() == [2, 1]
    assert censored.tolist() == [False, True]


def test_words_and_tables_of_the_report() -> None:
    elements = elements_table(["Cu", "Zn", "Au"], ["Zn"])
    told = control_words(elements, 25)
    assert told == (
        "By 25 rows of quality control, which are not part of the survey, 1 fail and 2 pass of 3 elements."
    )
    assert control_words(elements.assign(verdict="not judged"), None) == "3 are not judged of 3 elements."
    # Read from a file, an empty reason is missing.
    verdicts = verdicts_table(elements.replace({"reason": {"": np.nan}}))
    assert verdicts.looks[2] in ("", "short")
    assert [row[0].text for row in verdicts.rows] == ["Zn", "Cu", "Au"]
    assert verdicts.strong == [True, False, False]
    assert "Weight" not in verdicts.labels
    assert "−5 % to −1 %" in [cell.text for cell in verdicts.rows[0]]
    assert "0 of 10" in [cell.text for cell in verdicts.rows[0]]
    assert "Weight" in verdicts_table(elements.assign(weight=[1, 0.5, 1])).labels
    precision = precision_table(duplicates_table(["Cu"]))
    assert [cell.text for cell in precision.rows[0]][:2] == ["laboratory", "Cu"]
    assert "8 % to 15 %" in [cell.text for cell in precision.rows[0]]
    reference = pd.DataFrame({"material": ["A"], "element": ["Cu"], "results": [9], "bias_percent": [-18.2]})
    table = materials_table(reference.assign(bias_low=-20.0, bias_high=-16.0))
    assert [cell.text for cell in table.rows[0]] == ["A", "Cu", "9", "−18 %", "−20 % to −16 %"]
