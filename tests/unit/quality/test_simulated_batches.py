"""The sheet that the simulated laboratory has shifted is found and mended, against its truth."""

import numpy as np
import pandas as pd
from geohalo.quality.level_survey import level_survey
from geohalo.quality.levelling import levelled
from geohalo.settings import check_settings, simulated_tables
from geohalo.survey.samples import clean_samples
from geohalo.survey.simulate import simulate_survey
from level_tables import no_rows, rows


def _survey(laboratory):
    """A small survey whose laboratory errs twice as much as the demo's; samples, elements and the sheet of each."""
    faults = {"anthropogenic": 1, "overburden": 1, "laboratory": laboratory}
    section = check_settings(
        {"survey": "s", "simulate": {"seed": 7, "samples": 1200, "deposits": 10, "faults": faults}}
    )
    survey = simulate_survey(section["simulate"])
    frame, _ = clean_samples(survey.samples, simulated_tables(section["simulate"])["samples"])
    elements = [name.removesuffix("_censored") for name in frame if name.endswith("_censored")]
    sheet = survey.samples["batch"].to_numpy(dtype=object)[frame["sample"].astype(int).to_numpy() - 2]
    return frame, elements, sheet


def test_the_shifted_sheet_is_found_and_mended():
    frame, elements, sheet = _survey(2)
    perfect, _, _ = _survey(0)
    values, truth = frame[elements].to_numpy(), perfect[elements].to_numpy()
    points = frame.get_coordinates().to_numpy()
    samples = rows(points, np.log(values), sheet, frame[[f"{name}_censored" for name in elements]].to_numpy())
    section = check_settings(
        {
            "survey": "s",
            "samples": {"file": "f", "elements": "e", "batch": "b", "levelling": {}},
            "deposits": {"file": "f"},
        }
    )["samples"]["levelling"]
    none = no_rows(len(elements))
    found = level_survey(samples, none, elements, "batch", section, {}, 5000.0, measure=False)
    known = ~samples.censored & ~np.isnan(values)
    off = (
        pd.DataFrame(np.where(known, np.log(values / truth), np.nan), columns=elements)
        .groupby(sheet)
        .median()
    )
    true = (off.abs() > 0.1).T.stack()
    applied = found.table.set_index(["element", "batch"])["applied"]
    right = applied & true.reindex(applied.index, fill_value=False)
    # Eight elements of one sheet are shifted by 0.7 to 1.2 in ln.
    assert true.sum() == 8
    assert applied.sum() - right.sum() <= 1
    assert right.sum() >= 4
    codes = pd.Index(found.batches).get_indexer(sheet)
    after = np.log(levelled(values, codes, found.shifts.correction) / truth)
    for element, batch in right.index[right]:
        own, k = sheet == batch, elements.index(element)
        assert abs(np.nanmedian(after[own, k])) < abs(off.loc[batch, element])
