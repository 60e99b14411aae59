"""Layers that a survey would have beside its samples: a geological map, mapped faults, and a field of no use."""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from rasterio.features import shapes
from rasterio.transform import from_origin

from geohalo.survey.simulation.fields import draw_field, gaussian_field
from geohalo.survey.simulation.layout import STRUCTURE_STEP, SampleLayout, Structures
from geohalo.survey.simulation.signatures import LITHOLOGIES

#: Layers reach so many truth cells beyond the survey, as those of a country do.
MARGIN = 6
#: Borders of rocks and faults are drawn as simply as so many truth cells allow: steps of single cells go from borders,
#: and faults move by less than a quarter of a cell.
SIMPLE_BORDER, SIMPLE_FAULT = 1.0, 0.25
#: Of the magnetic field: correlation length in metres and standard deviation in nT.
MAGNETIC_LENGTH, MAGNETIC_SPREAD = 12_000.0, 100.0


#: Of mapped faults: standard deviation in metres by which they lie off to the east and to the north, the length over
#: which this changes, share of the faults that no map shows, and the length over which they are hidden.
DISPLACED, DISPLACED_LENGTH = 350.0, 8_000.0
UNMAPPED, UNMAPPED_LENGTH = 0.4, 10_000.0


@dataclass(frozen=True)
class SimulatedLayers:
    """What is known of a simulated survey's ground beside its samples.

    Attributes
    ----------
    geology : geopandas.GeoDataFrame
        Polygons of the rocks, without gaps and overlaps: `rock`, one of `LITHOLOGIES`.
    structures : geopandas.GeoDataFrame
        Lines of faults as they are mapped, fertile or barren: `fault`, its number. A fault that leaves the survey, or
        is hidden on part of its way, is several lines.
    x, y : ndarray
        Centres of the cells of `magnetics` in metres; y descends.
    magnetics : ndarray of float32, shape (y, x)
        Magnetic anomaly in nT: a smooth random field that has nothing to do with deposits, rocks or elements.
    """

    geology: gpd.GeoDataFrame
    structures: gpd.GeoDataFrame
    x: np.ndarray
    y: np.ndarray
    magnetics: np.ndarray


def draw_layers(
    layout: SampleLayout,
    lithology: np.ndarray,
    structures: Structures,
    crs: str,
    rng: np.random.Generator,
    mapping: np.random.Generator,
) -> SimulatedLayers:
    """Map the rocks and faults of a survey, and draw a magnetic field.

    Parameters
    ----------
    layout : SampleLayout
        The survey.
    lithology : ndarray of int, shape (y, x)
        Position in `LITHOLOGIES` of the rock of each truth cell. Beyond the survey the rock at its edge goes on.
    structures : Structures
        Points along faults.
    crs : str
        Of all coordinates.
    rng : numpy.random.Generator
        Source of the draws of the magnetic field.
    mapping : numpy.random.Generator
        Source of the draws of what is wrong with the map of faults.

    Returns
    -------
    SimulatedLayers
    """
    x, y = _wider(layout.x), _wider(layout.y)
    wide = np.pad(lithology, MARGIN, mode="edge")
    field = MAGNETIC_SPREAD * draw_field(rng, MAGNETIC_LENGTH, smooth=True).on_grid(x, y)
    cell = layout.x[1] - layout.x[0]
    lines = fault_lines(mapped(structures, mapping), layout.spacing).set_crs(crs)
    lines["geometry"] = shapely.simplify(lines.geometry.to_numpy(), SIMPLE_FAULT * cell)
    return SimulatedLayers(
        rock_polygons(wide, x, y).set_crs(crs), lines, x, y, field.reshape(wide.shape).astype(np.float32)
    )


def _wider(centres: np.ndarray) -> np.ndarray:
    """Continue evenly spaced centres by `MARGIN` cells on both sides."""
    step = centres[1] - centres[0]
    return centres[0] + step * np.arange(-MARGIN, len(centres) + MARGIN)


def rock_polygons(lithology: np.ndarray, x: np.ndarray, y: np.ndarray) -> gpd.GeoDataFrame:
    """Draw the borders of rocks as a geologist does, without the steps of the cells.

    Neighbours keep one border between them, so that the polygons have neither gaps nor overlaps (the Visvalingam and
    Whyatt simplification of a coverage, GEOS). The edge of the map stays as it is.

    Parameters
    ----------
    lithology : ndarray of int, shape (y, x)
        Position in `LITHOLOGIES`.
    x, y : ndarray
        Centres of the cells in metres; y descends.

    Returns
    -------
    geopandas.GeoDataFrame
        `rock` and polygons, without a CRS.
    """
    cell = x[1] - x[0]
    corner = from_origin(x[0] - cell / 2, y[0] + cell / 2, cell, cell)
    found = list(shapes(lithology.astype(np.int16), transform=corner))
    outlines = np.array([shapely.geometry.shape(outline) for outline, _ in found])
    # A border that two rocks share must have the same points in both, also where a third one meets it.
    steps = shapely.segmentize(outlines, cell)
    polygons = shapely.coverage_simplify(steps, SIMPLE_BORDER * cell, simplify_boundary=False)
    names = list(LITHOLOGIES)
    return gpd.GeoDataFrame({"rock": [names[int(code)] for _, code in found]}, geometry=polygons)


def mapped(structures: Structures, rng: np.random.Generator) -> Structures:
    """Return faults as a map shows them: some hundred metres beside where they are, and not on all of their way.

    A map of faults is drawn from air photographs, magnetics and few outcrops. Both errors are those of the ground,
    alike for faults that lie beside each other: random fields, of which the one that hides faults is cut at a quantile.

    Parameters
    ----------
    structures : Structures
        Points along faults.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    Structures
        Those of its points that are mapped, moved; `UNMAPPED` of all are missing.
    """
    points = structures.points
    off = [DISPLACED * gaussian_field(points, rng, DISPLACED_LENGTH, smooth=True) for _ in "xy"]
    hidden = gaussian_field(points, rng, UNMAPPED_LENGTH, smooth=True)
    moved = replace(structures, points=points + np.column_stack(off))
    return moved.select(hidden <= np.quantile(hidden, 1 - UNMAPPED))


def fault_lines(structures: Structures, spacing: float) -> gpd.GeoDataFrame:
    """Join the points of each fault to lines; it is cut where it leaves the survey.

    Parameters
    ----------
    structures : Structures
        Points every `STRUCTURE_STEP` spacings, in their order along each fault.
    spacing : float
        Of the samples in metres.

    Returns
    -------
    geopandas.GeoDataFrame
        `fault`, its number from 1, and lines through all points, without a CRS.
    """
    step = np.hypot(*np.diff(structures.points, axis=0).T)
    ends = np.flatnonzero((np.diff(structures.line) != 0) | (step > 1.5 * STRUCTURE_STEP * spacing)) + 1
    runs = [run for run in np.split(np.arange(len(structures.line)), ends) if len(run) > 1]
    lines = [shapely.LineString(structures.points[run]) for run in runs]
    return gpd.GeoDataFrame({"fault": [int(structures.line[run[0]]) + 1 for run in runs]}, geometry=lines)
