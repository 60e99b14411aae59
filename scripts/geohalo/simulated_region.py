"""Where on the globe a simulated survey lies: its metric CRS, and the corner that its squares are counted from."""

import math

#: UTM zone 48 north: central China, where the 1:200 000 scheme comes from. South-west corner of the survey.
ZONE, SOUTH_WEST = "EPSG:32648", (400_000.0, 3_800_000.0)
#: A zone is true to scale for surveys up to this many metres across.
WIDEST_IN_ZONE = 600e3
#: EASE-Grid 2.0, equal-area and true to scale at 30 degrees of latitude. Middle of the survey, again in China.
WIDE, MIDDLE = "EPSG:6933", (9_900_000.0, 3_700_000.0)


def survey_crs(samples: int, spacing: float) -> str:
    """Return the CRS of a survey of so many samples, ``spacing`` metres apart."""
    return ZONE if math.sqrt(samples) * spacing <= WIDEST_IN_ZONE else WIDE


def south_west(samples: int, spacing: float, size: tuple[float, float]) -> tuple[float, float]:
    """Return the south-west corner in metres of a survey of some size, on whole multiples of ``spacing``."""
    corner = SOUTH_WEST
    if survey_crs(samples, spacing) == WIDE:
        corner = (MIDDLE[0] - size[0] / 2, MIDDLE[1] - size[1] / 2)
    return math.ceil(corner[0] / spacing) * spacing, math.ceil(corner[1] / spacing) * spacing
