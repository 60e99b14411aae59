"""The check of a survey: everything that its config names is read, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from geohalo.check.cost import run_cost
from geohalo.check.covariates import band_count, check_covariates, covariates_section
from geohalo.check.deposits import KnownDeposits, check_deposits
from geohalo.check.findings import Findings
from geohalo.check.ground import Ground
from geohalo.check.labels import Labels, check_labels, check_superpixels, distances_table
from geohalo.check.medium import check_amount, check_ice, medium_words
from geohalo.check.network import check_network
from geohalo.check.page import CheckPage, warnings_of
from geohalo.check.samples import check_samples
from geohalo.check.sections import (
    bands_section,
    columns_section,
    cost_line,
    counted_members,
    deposits_section,
    labels_section,
    places_section,
    summary,
)
from geohalo.cube.grid import Grid, sampled_mask
from geohalo.medium import medium_of
from geohalo.products.html_pages import Section
from geohalo.products.map_ground import MapGround
from geohalo.products.report_pictures import Picture, picture
from geohalo.products.styles import figure_png
from geohalo.products.survey_figures import sample_map
from geohalo.survey.crs import crs_name

#: Cells along the longer side of a map that is drawn where the survey's own grid cannot be laid.
COARSE = 150


@dataclass
class Files:
    """What a config names, as paths.

    Attributes
    ----------
    samples, assays, certified, deposits, terrain, bearing : str or None
    labels : dict of str to str
        Rasters of classes and masks, by their keys in `labels.raster`.
    covariates : dict of str to str
        Layers that have a file, by their names in `covariates`.
    effort : str or None
        The layer of exploration effort.
    judge, trained_on : str or None
        The map that is to be judged, and the list of deposits that it learned from.
    """

    samples: str | None = None
    assays: str | None = None
    certified: str | None = None
    deposits: str | None = None
    terrain: str | None = None
    bearing: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    covariates: dict[str, str] = field(default_factory=dict)
    effort: str | None = None
    judge: str | None = None
    trained_on: str | None = None


@dataclass
class Checked:
    """A survey, as far as it could be read, what is wrong or doubtful with it, and parts on maps beside it."""

    findings: Findings
    ground: Ground
    deposits: KnownDeposits
    labels: Labels
    covariates: pd.DataFrame
    beside: list[Section] = field(default_factory=list)


def check_survey(settings: Mapping[str, Any], tables: Mapping[str, Any], files: Files) -> Checked:
    """Read all that a config names, however much of it is wrong.

    Parameters
    ----------
    settings : mapping
        The config with its defaults.
    tables : mapping
        The sections `samples` and `deposits` that describe the tables.
    files : Files
    """
    findings, labels = Findings(str(settings["data"]["folder"])), settings["labels"]
    transform = settings["cube"]["transform"]
    if files.samples is None:
        from geohalo.check.rasters import check_rasters  # slow to import

        ground = check_rasters(findings, settings["grids"], settings["data"]["folder"], transform)
    else:
        sections = tables["samples"], settings["grid"], settings["interpolation"]
        ground = check_samples(findings, files.samples, *sections, files.assays, files.certified, transform)
    if files.deposits is None:
        from geohalo.check.classes import check_classes  # slow to import

        found = check_classes(findings, files.labels, ground, labels)
        deposits = KnownDeposits()
    else:
        reach = settings["grid"]["max_distance"]
        deposits = check_deposits(findings, files.deposits, tables["deposits"], ground, reach, labels)
        found = check_labels(findings, ground, deposits, labels)
    check_superpixels(findings, ground, settings["superpixels"]["n_segments"])
    check_network(findings, settings["network"], ground.elements, len(found.classes) or 2)
    layers, settings_of = settings["covariates"], settings["interpolation"]
    covariates = check_covariates(findings, layers, files.covariates, ground, deposits.table, settings_of)
    came_from = _came_from(findings, settings, files, ground)
    beside = [*came_from, *_beside(findings, settings, tables, files, ground, deposits)]
    return Checked(findings, ground, deposits, found, covariates, beside)


def _came_from(
    findings: Findings, settings: Mapping[str, Any], files: Files, ground: Ground
) -> list[Section]:
    """Look at the ground that samples of streams or of till came from; returns the part on catchments, if any."""
    check_ice(findings, files.bearing, ground)
    if medium_of(settings) == "till" and ground.samples is not None:
        check_amount(findings, settings["sources"]["law"], len(ground.samples.places))
    if files.terrain is None:
        return []
    from geohalo.check.terrain import check_terrain  # slow to import

    return [check_terrain(findings, settings, files.terrain, ground)]


def _beside(
    findings: Findings,
    settings: Mapping[str, Any],
    tables: Mapping[str, Any],
    files: Files,
    ground: Ground,
    deposits: KnownDeposits,
) -> list[Section]:
    """Return the parts on the layer of effort and on the map that is to be judged, where the config names them."""
    if files.effort is None and files.judge is None:
        return []
    from geohalo.check.maps import check_effort, check_judged  # slow to import

    sections = {"judge": settings.get("judge"), "deposits": tables.get("deposits")}
    judged = (files.judge, files.trained_on)
    return [
        check_effort(findings, settings.get("effort"), files.effort, ground),
        check_judged(findings, sections, judged, ground, deposits, settings["labels"]["radius"]),
    ]


def check_page(
    checked: Checked,
    settings: Mapping[str, Any],
    schemes: Sequence[str],
    requests: Mapping[str, tuple[float, float]],
    bytes_on_disk: float,
    made: str,
    further: Sequence[Section] = (),
) -> CheckPage:
    """Make the page of a check.

    Parameters
    ----------
    checked : Checked
    settings : mapping
        The config with its defaults.
    schemes : sequence of str
        Schemes of folds that a run trains.
    requests, bytes_on_disk
        See `geohalo.check.cost.run_cost`.
    made : str
        When the page is made.
    further : sequence of Section
        Parts that other modules add; they follow the columns and quality control.
    """
    ground, labels = checked.ground, checked.labels
    distances = pd.DataFrame()
    if checked.deposits.table is not None:
        distances = distances_table(settings, ground.spacing)
    columns = bands_section if "grids" in settings else columns_section
    return CheckPage(
        survey=settings["survey"],
        summary=summary(ground, checked.deposits),
        made=made,
        errors=[message for _, message in checked.findings.errors],
        warnings=warnings_of(checked.findings),
        cost=_cost(checked, settings, schemes, requests, bytes_on_disk),
        sections=[
            places_section(ground, _pictures(settings["survey"], checked), medium_words(settings)),
            columns(ground),
            ground.control,
            covariates_section(checked.covariates),
            *checked.beside,
            *further,
            deposits_section(checked.deposits, labels),
            labels_section(labels, distances, ground.spacing),
        ],
    )


def _cost(
    checked: Checked,
    settings: Mapping[str, Any],
    schemes: Sequence[str],
    requests: Mapping[str, tuple[float, float]],
    bytes_on_disk: float,
) -> str:
    """Say what a run will take; nothing where cells or elements are not known."""
    ground, folds = checked.ground, checked.labels.folds
    if not (ground.n_cells and ground.elements):
        return ""
    members = counted_members(settings, schemes, {} if folds.empty else {"held_out": len(folds)})
    repeats = int(settings["interpolation"]["realisations"])
    columns = len(ground.elements) + band_count(checked.covariates)
    return cost_line(
        run_cost(ground.n_cells, columns, members, requests, bytes_on_disk, repeats),
        columns - len(ground.elements),
    )


def _pictures(survey: str, checked: Checked) -> list[Picture]:
    """Draw the survey, if any place of it is known."""
    ground, deposits = checked.ground, checked.deposits.drawn
    laid = _drawn_grid(ground)
    if laid is None or ground.crs is None:
        return []
    grid, mask = laid
    drawn = MapGround(survey, grid.x, grid.y, mask, crs_name(ground.crs))
    if ground.spacing is None:
        from geohalo.products.ground_figure import ground_map  # slow to import

        figure, caption = ground_map(drawn, deposits, checked.labels.image), "Cells of the rasters."
    else:
        assert ground.places is not None
        share = np.full(len(ground.places), np.nan) if ground.censored is None else ground.censored
        samples = pd.DataFrame({"x": ground.places[:, 0], "y": ground.places[:, 1], "censored_share": share})
        figure = sample_map(drawn, samples, deposits)
        caption = (
            "White ground is mapped; grey ground lies farther than ``grid.max_distance`` from every sample."
        )
    return [
        picture(
            "places", figure_png(figure), caption, "The numbers are in the table of places.", f"{survey}: "
        )
    ]


def _drawn_grid(ground: Ground) -> tuple[Grid, np.ndarray] | None:
    """Return the grid of the maps; a coarse one over the places where that cannot be laid."""
    if ground.grid is not None and ground.mask is not None:
        return ground.grid, ground.mask
    if ground.places is None or len(ground.places) < 2 or not ground.spacing:
        return None
    (west, south), (east, north) = ground.places.min(axis=0), ground.places.max(axis=0)
    cell = max(east - west, north - south) / COARSE
    margin = 2 * cell
    grid = Grid(
        np.arange(west - margin, east + margin + cell, cell),
        np.arange(north + margin, south - margin - cell, -cell),
    )
    return grid, sampled_mask(grid, ground.places, max(2 * ground.spacing, cell))
