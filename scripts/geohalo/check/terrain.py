"""What a check finds wrong or doubtful with the terrain of a survey and with the catchments on it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from geohalo.catchments.quality import limits, warnings_of
from geohalo.catchments.survey import SurveyCatchments, survey_catchments
from geohalo.catchments.terrain import drainage_of, read_terrain
from geohalo.catchments.terrain_file import Wanted
from geohalo.check.findings import Findings
from geohalo.check.ground import Ground
from geohalo.check.medium import check_amount
from geohalo.medium import medium_of
from geohalo.products.catchment_figure import catchment_map
from geohalo.products.catchment_relief import Relief
from geohalo.products.html_pages import Section
from geohalo.products.report_pictures import Picture, picture
from geohalo.products.report_quality import facts
from geohalo.products.report_tables import Table
from geohalo.products.report_text import area
from geohalo.products.styles import amount, figure_png

STAGE = "delineate_catchments"
#: Cells of a terrain on which catchments are delineated, which takes some 15 s.
MOST_CELLS = 20_000_000


def check_terrain(findings: Findings, settings: Mapping[str, Any], file: str, ground: Ground) -> Section:
    """Read the terrain as a run does, and delineate the catchments where that takes seconds.

    Parameters
    ----------
    findings : Findings
        Gets all errors and doubts.
    settings : mapping
        The config with its defaults, and with a section ``terrain``.
    file : str
        Of the terrain.
    ground : Ground
        The survey; where its places are not known, only what the config says is looked at.

    Returns
    -------
    Section
        The part of the page on catchments; empty where a run would stop before them.
    """
    page = Section("catchments", "Catchments")
    plausible = findings.attempt(STAGE, limits, settings["terrain"])
    if ground.places is None or ground.crs is None:
        return page
    path = Path(file)
    section, wanted = {**settings["terrain"], "file": path.name}, _wanted(ground, settings)
    terrain = findings.attempt(STAGE, read_terrain, section, path.parent, wanted)
    if terrain is None or plausible is None or ground.samples is None or ground.grid is None:
        return page
    cells = terrain.frame.rows * terrain.frame.columns
    if cells > MOST_CELLS:
        page.lead.append(
            f"Catchments were not delineated: on a terrain of more than {MOST_CELLS:,} cells (this one has {cells:,}) "
            "it takes longer than a check should. A run names the samples whose catchment is doubtful before it maps "
            "anything (catchments.csv, figures/catchments.png)."
        )
        return page
    found = survey_catchments(drainage_of(terrain), ground.samples.places, ground.grid, plausible)
    rows = [str(row) for row in ground.samples.rows]
    findings.warn(STAGE, warnings_of(found.doubts, found.plausible, rows, ground.source))
    if medium_of(settings) == "stream":
        check_amount(findings, settings["sources"]["law"], found.mixtures)
    page.tables.append(_table(found))
    page.pictures.append(_picture(found, settings["survey"]))
    return page


def _wanted(ground: Ground, settings: Mapping[str, Any]) -> Wanted:
    assert ground.crs is not None
    assert ground.places is not None
    return Wanted(ground.crs, settings["grid"]["cell"], ground.places)


def _doubtful(found: SurveyCatchments) -> int:
    """Return how many samples have a doubt."""
    return int(np.logical_or.reduce(list(found.doubts.values())).sum())


def _table(found: SurveyCatchments) -> Table:
    catchments, frame = found.catchments, found.drainage.frame
    return facts(
        [
            ("Terrain", f"{frame.rows:,} x {frame.columns:,} cells of {frame.width:,.4g} m"),
            (
                "Samples with a catchment",
                f"{int((catchments.area > 0).sum()):,} of {len(catchments.area):,}",
            ),
            ("Of these upstream of another sample", f"{int((catchments.parent >= 0).sum()):,}"),
            ("Area of a catchment, median", area(found.median_area)),
            ("Samples with a doubt", f"{_doubtful(found):,}"),
        ],
        f"Catchments of the samples on {Path(found.drainage.source).name}.",
        "table-catchments",
    )


def _picture(found: SurveyCatchments, survey: str) -> Picture:
    figure = catchment_map(survey, Relief.of(found), found.places, found.doubts, found.crs_code)
    return picture(
        "catchments",
        figure_png(figure),
        "A sample on the wrong side of a confluence has the catchment of the wrong river.",
        f"{amount(_doubtful(found), 'sample')} with a doubt, which the warnings at the head of the page name.",
        f"{survey}: ",
    )
