"""First stage of an alternative: simulate or read the tables, grid the elements, place the deposits."""

from collections.abc import Mapping
from pathlib import Path

from geohalo.files.tables import write_json
from geohalo.stages.clean_deposits import clean_deposits
from geohalo.stages.clean_samples import clean_samples
from geohalo.stages.fit_interpolation import fit_interpolation
from geohalo.stages.interpolate_elements import interpolate_elements
from geohalo.stages.read_grids import read_grids
from geohalo.stages.simulate_survey import simulate_survey


def alternative_elements(settings: dict, tables: Mapping[str, str], folder: str) -> list[str]:
    """Write settings, samples, deposits, elements and perhaps truth; returns lines for the log."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    write_json(settings, f"{folder}/settings.json")
    places = elements = f"{folder}/elements.nc"
    messages: list[str] = []
    if "simulate" in settings:
        tables = {name: f"{folder}/{name}.csv" for name in ("samples", "deposits")}
        simulate_survey(settings["simulate"], **tables, truth=f"{folder}/truth.nc")
    if "grids" in settings:
        messages += read_grids(settings["grids"], settings["folder"], elements)
    else:
        places, report, grid = f"{folder}/samples.parquet", f"{folder}/samples_report.csv", settings["grid"]
        further = {name: tables[name] for name in ("assays", "certified") if name in tables}
        if "quality" in settings["samples"]:
            further["quality"] = f"{folder}/quality.csv"
        messages += read_places(settings, tables["samples"], folder, places, report, further)
        fits, table = f"{folder}/interpolation.json", f"{folder}/interpolation.csv"
        messages.append(
            fit_interpolation(places, grid["max_distance"], settings["interpolation"], fits, table)
        )
        messages.append(interpolate_elements(places, fits, grid, elements))
    deposits, distance = f"{folder}/deposits.parquet", settings["grid"]["max_distance"]
    # Whether they can be held out depends on labels, and is checked where folds are drawn.
    messages += clean_deposits(tables["deposits"], places, settings["deposits"], distance, None, deposits)
    return messages


def read_places(
    settings: dict, table: str, folder: str, places: str, report: str, further: Mapping[str, str]
) -> list[str]:
    """Write the places of the samples, levelled where the settings ask for it; returns lines for the log."""
    section, grid = settings["samples"], settings["grid"]
    if "levelling" not in section:
        return clean_samples(table, section, grid, places, report, **further)
    from geohalo.stages.level_samples import level_samples  # slow to import

    cleaned, analyses = f"{folder}/unlevelled.parquet", f"{folder}/analyses.parquet"
    messages = clean_samples(table, section, grid, cleaned, report, analyses=analyses, **further)
    levelled = level_samples(
        cleaned, analyses, section["batch"], section["levelling"], {}, grid["max_distance"], places
    )
    return [*messages, *levelled]
