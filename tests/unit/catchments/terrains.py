"""Small terrains, and what the library computes about them done again in the plainest way."""

import numpy as np
import rasterio
from geohalo.catchments.drainage import Drainage, Frame
from pyproj import CRS
from rasterio.transform import from_origin

UTM = CRS.from_epsg(32630)
WEST, NORTH = 500_000.0, 6_300_000.0
#: Rows and columns that each of our codes goes, written out once more.
STEPS = {1: (0, 1), 2: (1, 1), 4: (1, 0), 8: (1, -1), 16: (0, -1), 32: (-1, -1), 64: (-1, 0), 128: (-1, 1)}
ARROWS = dict(zip("→↘↓↙←↖↑↗", STEPS, strict=True))
#: Three rows and four columns; all water leaves southwards from the last cell.
#:   0 1 2 3      numbers of the cells
#:   4 5 6 7
#:   8 9 10 11
WORKED = "→↓←↓|↘↓↙↓|→→→↓"


def arrows(text):
    """Codes of a network drawn with arrows, rows parted by bars, . for a sink and x for a void."""
    signs = ARROWS | {".": 0, "x": 247}
    return np.array([[signs[sign] for sign in row] for row in text.split("|")], dtype=np.uint8)


def framed(shape, width=100.0, height=None, west=WEST, north=NORTH):
    return Frame(*shape, west, north, width, height or width)


def drained(codes, width=100.0, **about):
    return Drainage(codes, framed(codes.shape, width), UTM, "dem.tif", **about)


def rough(shape, seed, smooth=1.0, voids=0.0):
    """Random heights on a slope, as float32, some of them NaN."""
    from scipy.ndimage import gaussian_filter

    random = np.random.default_rng(seed)
    bumps = gaussian_filter(random.normal(size=shape), smooth) * 30 * smooth
    row, column = np.indices(shape)
    heights = (500 + bumps - 0.7 * row - 0.4 * column).astype(np.float32)
    heights[random.random(shape) < voids] = np.nan
    return heights


def neighbours(cell, shape):
    """Flat cells beside a cell, with the code that leads there."""
    row, column = divmod(cell, shape[1])
    for code, (down, across) in STEPS.items():
        r, c = row + down, column + across
        if 0 <= r < shape[0] and 0 <= c < shape[1]:
            yield code, r * shape[1] + c


def path(codes, cell):
    """Cells that the water of a cell runs through, itself first."""
    found = [cell]
    while True:
        code = codes.ravel()[found[-1]]
        following = dict(neighbours(found[-1], codes.shape)).get(code)
        if following is None or codes.ravel()[following] == 247:
            return found
        assert following not in found, "a loop"
        found.append(following)


def catchment(codes, cell):
    """Cells whose water runs through a cell."""
    return {one for one in range(codes.size) if codes.ravel()[one] != 247 and cell in path(codes, one)}


def write(folder, values, cell=100.0, crs="EPSG:32630", name="dem.tif", nodata=None, transform=None, **about):
    """Write a raster of one band, or of several; returns its path."""
    values = np.asarray(values)
    bands = values[None] if values.ndim == 2 else values
    profile = {"driver": "GTiff", "count": len(bands), "dtype": bands.dtype, "crs": crs, "nodata": nodata}
    profile["transform"] = transform or from_origin(WEST, NORTH, cell, cell)
    height, width = bands.shape[1:]
    with rasterio.open(folder / name, "w", height=height, width=width, **profile | about) as file:
        file.write(bands)
    return folder / name
