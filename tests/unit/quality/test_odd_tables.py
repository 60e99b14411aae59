"""Quality control of tables with rounded, constant, missing, zero and censored values: no fault and no warning."""

import warnings

import numpy as np
import pandas as pd
import pytest
from geohalo.products.quality_figure import quality_plot, worst_charts
from geohalo.products.report_control import control_words, materials_table, precision_table, verdicts_table
from geohalo.quality.assess import assess
from geohalo.survey.analyses import analyses_table, read_analyses
from matplotlib.backends.backend_agg import FigureCanvasAgg
from survey_tables import section

KINDS = {"reference": "STD", "blank": "BLK", "field_duplicate": "FD", "laboratory_duplicate": "LD"}
CERTIFIED = pd.DataFrame(
    {
        "material": ["M1", "STD", "M2"],
        "element": ["Cu", "Zn", "Pb"],
        "value": [7.0, 3.0, 2.0],
        "sd": [0.5, np.nan, 0.1],
        "interval": [np.nan, 0.1, 0.1],
    }
)


def odd_table(rng: np.random.Generator) -> pd.DataFrame:
    """Return a small table whose columns are of kinds that estimates do not like."""
    n = int(rng.integers(20, 90))
    kinds = rng.choice(["S", *KINDS.values()], n, p=[0.5, 0.15, 0.1, 0.15, 0.1])
    kinds[0] = "S"
    table = {"sample": [f"A{one}" for one in range(n)], "type": kinds, "order": rng.integers(0, 5, n)}
    table |= {"x": 500_000 + 1000 * rng.integers(0, 6, n), "y": 6_000_000 + 1000 * rng.integers(0, 6, n)}
    table |= {"of": [f"A{one}" for one in rng.integers(0, n, n)], "mat": rng.choice(["M1", "M2", ""], n)}
    table |= {"job": rng.choice(["J1", "J2", ""], n)}
    for element in ("Cu", "Zn", "Pb", "Ni"):
        choices = (
            np.round(rng.lognormal(2, 1, n)),
            np.full(n, 7.0),
            rng.lognormal(2, 2, n),
            np.where(rng.random(n) < 0.8, np.nan, 3.0),
            np.where(rng.random(n) < 0.5, 0, rng.lognormal(0, 1, n)),
            np.where(rng.random(n) < 0.6, -0.5, rng.lognormal(1, 0.3, n)),
        )
        table[f"{element}_ppm"] = choices[rng.integers(len(choices))]
    return pd.DataFrame(table)


@pytest.mark.parametrize("seed", range(20))
def test_odd_tables_are_judged_drawn_and_shown(seed, tmp_path) -> None:
    rng = np.random.default_rng(seed)
    table = odd_table(rng)
    quality = {kind: [mark] for kind, mark in KINDS.items() if (table["type"] == mark).any()}
    if rng.random() < 0.5:
        quality |= {"sample": "sample", "original": "of", "material": "mat", "order": "order"}
    failing = str(rng.choice(["report", "exclude", "weigh"]))
    wanted = section(column="type", survey=["S"], failing=failing, batch="job", **quality)
    wanted["censoring"]["below"], wanted["empty"] = ["negative", "zero"], "report"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        analyses = read_analyses(table, wanted)
        found = assess(analyses, wanted["quality"], CERTIFIED if rng.random() < 0.7 else None, "c.csv")
        read = []
        for name in ("elements", "reference", "duplicates"):
            getattr(found, name).to_csv(tmp_path / name, index=False)
            read.append(pd.read_csv(tmp_path / name, keep_default_na=False, na_values=[""]))
        elements, reference, duplicates = read
        charts = worst_charts(pd.DataFrame(analyses_table(analyses)), elements, reference, 10)
        FigureCanvasAgg(quality_plot("s", elements, duplicates, charts, 20, 0.2)).draw()
        assert len(verdicts_table(elements).rows) == 4
        assert control_words(elements, 5).endswith(" of 4 elements.")
        assert len(materials_table(reference).rows) == len(reference)
        assert len(precision_table(duplicates).rows) == len(duplicates)
    assert found.elements["weight"].between(0.1, 1).all()
    assert set(found.excluded) == (
        set(elements.loc[elements["verdict"] == "fails", "element"]) if failing == "exclude" else set()
    )
