"""The parts of the report from the files of a survey, in the order of the page."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import xarray as xr
import yaml
from markupsafe import Markup, escape

from geohalo.addresses import masked
from geohalo.evidence.effort import Effort
from geohalo.files.cells import Survey
from geohalo.files.provenance import provenance
from geohalo.network.presets import VARIANTS
from geohalo.package_files import RESOURCES
from geohalo.product_table import Figure, figures_of
from geohalo.products import report_control as control
from geohalo.products import report_evidence as evidence
from geohalo.products import report_levelling as levels
from geohalo.products import report_quality as quality
from geohalo.products.pathfinder_text import pathfinder_words
from geohalo.products.report import Section
from geohalo.products.report_covariates import covariates_table
from geohalo.products.report_pathfinders import pathfinders_table
from geohalo.products.report_pictures import Picture, picture
from geohalo.products.report_tables import Table
from geohalo.products.report_targets import search_message, targets_message, thresholds_table
from geohalo.products.report_text import from_markdown
from geohalo.products.score_and_effort import effort_message
from geohalo.products.targets import on_new_ground
from geohalo.stages.shared.report import Results, run_times, sources, versions
from geohalo.stages.shared.report_map import known_deposits, labels_of

CAPTIONS = RESOURCES / "report" / "captions"
TERMS = RESOURCES / "report" / "terms.md"


def pictures(results: Results, part: str) -> list[Picture]:
    """Return those figures of a part that there are, each with its caption."""

    def packed(figure: Figure) -> Picture:
        caption = CAPTIONS / f"{figure.name}.rst"
        text = caption.read_text(encoding="utf-8") if caption.exists() else ""
        png = Path(results[f"figures/{figure.name}.png"]).read_bytes()
        return picture(figure.name, png, text, figure.numbers, f"{results.survey}: ")

    there = [figure for figure in figures_of(part) if f"figures/{figure.name}.png" in results]
    with ThreadPoolExecutor(results.threads) as pool:
        return list(pool.map(packed, there))


def sections(
    results: Results,
    survey: Survey,
    variant: str,
    settings: Mapping[str, Any],
    inputs: Sequence[str],
    logs: str,
) -> list[Section]:
    """Return the parts of the page.

    Parameters
    ----------
    results : Results
    survey : Survey
    variant : str
        The one that the map is made by.
    settings : mapping
        The resolved config.
    inputs : sequence of str
        Files that the survey was read from.
    logs : str
        Folder of the logs of the survey's jobs.
    """
    return [
        _maps(results),
        _why(results, variant),
        _evidence(results, variant),
        _data(results, survey),
        _control(results),
        _levelling(results),
        _superpixels(results, survey),
        *_comparisons(results),
        _terms(),
        _provenance(settings, inputs, logs),
    ]


def doubtful(results: Results) -> Section:
    """Return the part on doubtful input, which stands first; empty where there is nothing."""
    warnings = results.table("warnings.csv")
    tables = [] if warnings is None else [quality.warnings_shown(warnings)]
    return Section("warnings", "Doubtful input", tables=tables)


def pathfinders(results: Results, commodities: Sequence[str]) -> Section:
    """Return the part on the elements that the map rests on, which stands before the map."""
    summary = results.table("pathfinders.csv")
    if summary is None:
        return Section("pathfinders", "Pathfinders")
    return Section(
        "pathfinders",
        "Pathfinders",
        lead=pathfinder_words(summary, commodities),
        tables=[pathfinders_table(summary)],
        pictures=pictures(results, "pathfinders"),
    )


def targets_words(
    results: Results,
    targets: pd.DataFrame | None,
    variant: str,
    survey: Survey,
    effort: Effort | None = None,
) -> list[str]:
    """Say which targets may be finds, what a search of as much ground would find, and which are little explored."""
    if targets is None:
        return []
    messages = [targets_message(targets, results.table("target_ground.csv"))]
    new, ranks = targets[on_new_ground(targets)], results.table("deposit_ranks.csv")
    if ranks is not None and len(new):
        chosen = (ranks["variant"] == variant) & (ranks["split"] == "held_out")
        area = survey.mask.sum() * (survey.grid.cell / 1000) ** 2
        messages.append(search_message(new["area_km2"].sum() / area, ranks.loc[chosen, "rank"].to_numpy()))
    if effort is not None:
        messages.append(effort_message(targets, effort.unit, effort.of_samples))
    return [one for one in messages if one]


def _maps(results: Results) -> Section:
    thresholds = results.table("thresholds.csv")
    return Section(
        "maps",
        "Maps as figures",
        tables=[] if thresholds is None else [thresholds_table(thresholds)],
        pictures=pictures(results, "maps"),
    )


def _why(results: Results, variant: str) -> Section:
    found, rose = pictures(results, "why"), pictures(results, "attention")
    lead = []
    if found and not rose and "external" in VARIANTS[variant]:
        lead.append(
            "This network's graph convolution treats neighbouring superpixels on all sides alike. With network: "
            "{options: {attention: true}} it learns in which directions to look, and their rose is drawn here."
        )
    return Section("why", "Why here", lead=lead, pictures=[*found, *rose])


def _evidence(results: Results, variant: str) -> Section:
    tables: list[Table] = []
    metrics = results.table("metrics.csv")
    if metrics is not None:
        message = "The map's variant and every other method on the same held-out folds (metrics.csv)."
        tables.append(evidence.methods_table(metrics, "table-methods", message))
    for name, make in (
        ("comparisons.csv", evidence.comparisons_table),
        ("type_evidence.csv", lambda frame: evidence.types_table(frame, variant)),
        ("calibration.csv", lambda frame: evidence.calibration_table(frame, variant)),
        ("confusion.csv", lambda frame: evidence.confusion_table(frame, variant)),
    ):
        frame = results.table(name)
        if frame is not None:
            tables.append(make(frame))
    deposits = known_deposits(results)
    if deposits is not None:
        ranks = results.table("deposit_ranks.csv")
        if ranks is not None:
            ranks = ranks[(ranks["variant"] == variant) & (ranks["split"] == "held_out")]
        tables.append(evidence.deposits_table(ranks, deposits))
    return Section("evidence", "Evidence", tables=tables, pictures=pictures(results, "evidence"))


def _data(results: Results, survey: Survey) -> Section:
    tables, places, counted = [], None, {}
    if "samples.parquet" in results:
        file = results["samples.parquet"]
        places = gpd.read_parquet(file, columns=["geometry"]).get_coordinates().to_numpy()
        counted = provenance(file)
    tables.append(quality.coverage_table(survey.grid, survey.mask, places, counted))
    report = results.table("samples_report.csv")
    if report is not None:
        interpolation = results.table("interpolation.csv")
        if interpolation is None:
            interpolation = _stored_errors(results["elements.nc"])
        tables.append(quality.elements_table(report, interpolation))
    beside = results.table("covariates.csv")
    tables += [] if beside is None else [covariates_table(beside)]
    return Section("data", "Data quality", tables=tables, pictures=pictures(results, "data"))


def _control(results: Results) -> Section:
    """Return the part on quality control; empty where the table has no rows of it."""
    elements = results.table("quality.csv")
    if elements is None:
        return Section("control", "Quality control")
    tables = [control.verdicts_table(elements)]
    for name, make in (
        ("quality_reference.csv", control.materials_table),
        ("quality_duplicates.csv", control.precision_table),
    ):
        frame = results.table(name)
        tables += [] if frame is None else [make(frame)]
    counted = provenance(results["samples.parquet"]).get("rows_of_quality_control")
    return Section(
        "control",
        "Quality control",
        lead=[control.control_words(elements, counted)],
        tables=tables,
        pictures=pictures(results, "control"),
    )


def _levelling(results: Results) -> Section:
    """Return the part on batches; empty where the table tells none."""
    shifts = results.table("levelling.csv")
    if shifts is None:
        return Section("levelling", "Levels of batches")
    errors = results.table("levelling_error.csv")
    tables = [levels.shifts_table(shifts), *([] if errors is None else [levels.errors_table(errors)])]
    return Section(
        "levelling",
        "Levels of batches",
        lead=levels.levelling_words(shifts, errors),
        tables=tables,
        pictures=pictures(results, "levelling"),
    )


def _stored_errors(elements: str) -> pd.DataFrame | None:
    """Return cross-validated errors as the gridded elements carry them."""
    with xr.open_dataset(elements) as data:
        if "cv_error" not in data:
            return None
        columns = [name for name in ("method", "cv_error", "cv_explained") if name in data]
        return data[columns].to_dataframe().reset_index()[["element", *columns]]


def _superpixels(results: Results, survey: Survey) -> Section:
    labels = labels_of(results)
    return Section(
        "superpixels",
        "Superpixels and folds",
        tables=[quality.superpixels_table(labels, survey.grid.cell)] if labels else [],
        pictures=pictures(results, "superpixels"),
    )


def _comparisons(results: Results) -> list[Section]:
    """Return the parts that commands of their own make, such as ``snakemake ablation``."""
    message = "Every variant of the network and every control on the same folds (ablation.csv)."
    of_judged = "The map made elsewhere and the survey's own methods at the same deposits (judged.csv)."
    texts = {
        "claims": ("claims.md", "The claims in words"),
        "judge": ("judged.md", "What deposits say of it"),
    }
    parts = [
        (
            "ablation",
            "Ablation",
            "ablation.csv",
            lambda rows: evidence.methods_table(rows, "table-ablation", message),
        ),
        ("sweep", "Superpixel settings", "sweep.csv", evidence.sweep_table),
        ("consensus", "Other ways of working", "consensus_choices.csv", evidence.choices_table),
        (
            "judge",
            "A map made elsewhere",
            "judged.csv",
            lambda rows: evidence.methods_table(rows, "table-judged", of_judged, foreign=True),
        ),
        ("transfer", "Other surveys' models", "transfer.csv", evidence.transfer_table),
        ("claims", "Three claims", "claims_verdicts.csv", evidence.claims_table),
    ]
    found = []
    for name, title, file, make in parts:
        rows = results.table(file)
        if rows is None:
            continue
        part = Section(name, title, lead=[_by_command(results, name, file)], tables=[make(rows)])
        part.pictures = pictures(results, name)
        text, heading = texts.get(name, ("", ""))
        if written := results.text(text):
            part.text, part.text_title = from_markdown(written), heading
        found.append(part)
    return found


def _by_command(results: Results, name: str, file: str) -> str:
    """Say when another command made a part, and whether the evidence is younger."""
    made = results.made(file)
    message = f"Made by snakemake {name} on {made:%d %B %Y}."
    if "metrics.csv" in results and made < results.made("metrics.csv"):
        message += (
            f" The evidence above is younger: after a change of settings or data, run snakemake {name} again."
        )
    return message


def _terms() -> Section:
    """Return the terms of the page, as docs/glossary.md explains them."""
    text = from_markdown(TERMS.read_text(encoding="utf-8"))
    return Section("terms", "Terms", text=text, text_title="What the terms of this page mean")


def shown_settings(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return settings without where the data folder lies, if its path is absolute: a report is passed on."""
    folder = Path(settings.get("data", {}).get("folder", ""))
    if not folder.is_absolute():
        return settings
    return {**settings, "data": settings["data"] | {"folder": f".../{folder.name}"}}


def _provenance(settings: Mapping[str, Any], inputs: Sequence[str], logs: str) -> Section:
    times = run_times(logs)
    tables = [quality.sources_table(sources(inputs)), quality.versions_table(versions())]
    tables += [quality.times_table(times)] if len(times) else []
    written = masked(yaml.safe_dump(shown_settings(settings), sort_keys=False, allow_unicode=True, width=100))
    return Section(
        "made",
        "How it was made",
        tables=tables,
        text=Markup("<pre>") + escape(written) + Markup("</pre>"),
        text_title="Settings, with all defaults filled in",
    )
