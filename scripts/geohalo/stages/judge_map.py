"""Put a map that was made elsewhere through the survey's evidence, beside the survey's own methods."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from geohalo.control_table import PROBABILITY_CONTROLS
from geohalo.evidence.comparisons import compare_methods
from geohalo.evidence.foreign_evidence import evidence_folds, used_folds
from geohalo.evidence.foreign_verdict import foreign_verdict
from geohalo.evidence.judged import JudgedPlaces, judged_places
from geohalo.files.cells import Survey, read_geotiff
from geohalo.files.folds import read_folds
from geohalo.files.input_warnings import read_warnings
from geohalo.files.scores import held_schemes, read_mean
from geohalo.files.tables import read_csv, write_csv, write_text
from geohalo.stages.shared.evidence import Tables, evidence_places, tables_of_deposits

SPLIT = "held_out"
#: Tables of every method, and what their files are called.
TABLES = {"metrics": "judged", "deposit_ranks": "judged_ranks", "success_rate": "judged_success"}
#: Variant, scales and tables of a method.
MethodTables = tuple[str, str, Tables]


def judge_map(
    judged: Mapping[str, str],
    runs: Sequence[tuple],
    elements: str,
    samples: str | None,
    folder: str,
    files: Mapping[str, str],
    about: Mapping[str, Any],
    names: Mapping[str, str],
) -> str:
    """Write the tables that ``files`` names and the text; returns the text.

    Parameters
    ----------
    judged : mapping
        ``map``, ``deposits`` and ``warnings`` of `geohalo.stages.read_judged`.
    runs : sequence of tuple
        Variant, scales, file of scores and method, for each run and control of the survey's own.
    elements, samples : str
        Files of the gridded elements, and of the samples where evidence is measured at them.
    folder : str
        Folder of the folds.
    files : mapping
        ``judged`` (metrics), ``judged_comparisons``, ``judged_ranks``, ``judged_success`` and ``judged_text``.
    about : mapping
        ``survey``, ``name`` of the map, ``trained_on`` (the list of the config or None), ``labels`` and
        ``bootstrap``.
    names : mapping
        What texts call variants and controls.
    """
    with xr.open_dataset(elements) as data:
        survey = Survey.of(data)
    image = read_geotiff(judged["map"])[0][survey.mask]
    deposits = read_csv(judged["deposits"], keep_default_na=False)
    covered, roles = np.isfinite(image), deposits["role"].to_numpy()
    whole = read_folds(folder, SPLIT, survey.mask)
    folds, used = evidence_folds(whole, covered, roles), used_folds(whole, roles)
    places, sampled = evidence_places(folder, samples)
    labels, bootstrap = about["labels"], about["bootstrap"]
    where = judged_places(folds, survey.cells[covered], places, labels, bootstrap, labels["seed"], sampled)
    # A map made elsewhere is the same in every fold.
    alike = np.broadcast_to(image[covered], folds.held_out_region.shape)
    parts = [(about["name"], "", tables_of_deposits(alike, where, False))]
    parts += _of_own_methods(runs, survey, where, used, covered)
    tables = {name: _joined(name, parts, about["survey"]) for name in TABLES}
    compared = compare_methods(tables["deposit_ranks"], bootstrap, labels["seed"])
    for name, file in TABLES.items():
        write_csv(tables[name], files[file])
    write_csv(
        compared.assign(survey=about["survey"])[["survey", *compared.columns]], files["judged_comparisons"]
    )
    doubts = [str(one) for one in read_warnings([judged["warnings"]])[1]]
    told = {"roles": roles, "groups": deposits["group"].to_numpy(), "covered": float(covered.mean())}
    text = foreign_verdict(tables["metrics"], compared, told, bool(about["trained_on"]), names, doubts)
    write_text(text, files["judged_text"])
    return text


def _of_own_methods(
    runs: Sequence[tuple], survey: Survey, where: JudgedPlaces, used: np.ndarray, covered: np.ndarray
) -> list[MethodTables]:
    """Measure the survey's own methods in the folds that are used, on the cells that the judged map covers."""
    parts = []
    for variant, scales, path, method in runs:
        if SPLIT in held_schemes(path):
            scores = read_mean(path, SPLIT, survey, method)[np.ix_(used, covered)]
            probability = method is None or method in PROBABILITY_CONTROLS
            parts.append((variant, scales, tables_of_deposits(scores, where, probability)))
    return parts


def _joined(name: str, parts: Sequence[MethodTables], survey_name: str) -> pd.DataFrame:
    """Join the table of that name of all methods, and say of each row which method it is of."""
    described = []
    for variant, scales, tables in parts:
        about = {"survey": survey_name, "variant": variant, "scales": scales, "split": SPLIT}
        table = tables[name].assign(**about)
        described.append(table[[*about, *(column for column in table if column not in about)]])
    return pd.concat(described, ignore_index=True)
