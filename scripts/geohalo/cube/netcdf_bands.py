"""Rasters in NetCDF files: a variable (y, x) for each element, or one (element, y, x) for all."""

import re
import warnings
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr
from rasterio.transform import Affine
from scipy.io import netcdf_file

from geohalo.cube.bands import Band, north_up, one_line
from geohalo.cube.gmt_grids import unrolled
from geohalo.cube.netcdf_places import crs_of, in_metres, step_of
from geohalo.cube.raster_access import prj_crs
from geohalo.cube.raster_blanks import Blanks
from geohalo.cube.raster_files import GRIDS, Selection, listed, other_name
from geohalo.errors import InputError
from geohalo.foreign_files import readable
from geohalo.input_warnings import InputWarning
from geohalo.survey.header_doubts import derived_word

_SUFFIXES = {*GRIDS["NetCDF"], ".netcdf"}
#: Formats of their own that are HDF5 underneath.
_OTHER_HDF = {".bag", ".kea"}
_MAGIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF")
#: Customary names of the dimensions, in small letters.
_X = re.compile("xc?|eastings?|east|lon|long|longitude|rlon|utm_x|x_utm|utm_easting|projection_x_coordinate")
_Y = re.compile("yc?|northings?|north|lat|latitude|rlat|utm_y|y_utm|utm_northing|projection_y_coordinate")
#: Names of what is about places and no element; `Y`, `N` and the like in capitals are elements.
_PLACES = re.compile(
    f"{_X.pattern}|{_Y.pattern}|lons|lats|longitudes|latitudes|nav_lon|nav_lat|xlong|xlat|x_coord|y_coord"
)
#: Names of variables that hold the borders of cells.
_BOUNDS = re.compile(r"_(bnds|bounds)$")
_PLACE_UNIT = re.compile("degrees?_?(north|east|n|e)")
#: Names of attributes and coordinates that hold units.
_UNIT_KEYS = ("units", "unit")
_VALID = ("valid_range", "valid_min", "valid_max")
#: Variable of all elements in files that GeoHalo writes itself.
_OWN = "concentration"


def is_netcdf(path: Path) -> bool:
    """Tell whether a file is, or by its name should be, NetCDF; ``.grd`` of GMT and most ``.h5`` are."""
    if path.suffix.lower() in _SUFFIXES:
        return True
    if path.suffix.lower() in _OTHER_HDF or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) in _MAGIC


def about_places(name: str, attributes: Mapping[str, Any] | None = None) -> bool:
    """Tell whether a grid holds coordinates of its cells."""
    attributes = attributes or {}
    standard = str(attributes.get("standard_name", "")).lower()
    unit = str(attributes.get("units", "")).lower().replace(" ", "_")
    named = _PLACES.fullmatch(name.lower()) and not (len(name) == 1 and name.isupper())
    return (
        bool(named)
        or standard in {"latitude", "longitude", "projection_x_coordinate", "projection_y_coordinate"}
        or bool(_PLACE_UNIT.fullmatch(unit))
    )


def netcdf_bands(
    path: Path, element: str | None, selection: Selection, blanks: Blanks
) -> tuple[list[Band], list[InputWarning]]:
    """Read the grids of a NetCDF file.

    Parameters
    ----------
    path : Path
    element : str or None
        The element, if the name of the file tells it; the variables do otherwise.
    selection : Selection
        Which variables and elements are wanted.
    blanks : Blanks
        Codes for no data, beside those that the file states.

    Returns
    -------
    bands : list of Band
        In the order of the file.
    warnings : list of InputWarning
        That which names the variables that were passed over.

    Raises
    ------
    InputError
        If the file cannot be read, holds no grid, or a variable is none over regular coordinates.
    """
    import rioxarray  # noqa: F401  (gives datasets their .rio; slow to import, needed only here)

    with readable(path, "NetCDF file"):
        groups = _groups(path)
        data = unrolled(xr.load_dataset(path, decode_coords="all", decode_times=False))
    grids, over = _grids(path, data, selection)
    if element:
        grids, others = _only(path, element, grids)
        over += others
    if not grids:
        message = f"; passed over: {listed(over)}" if over else ""
        message += (
            f"; variables in groups ({listed(groups)}) are not read: save them in the root" if groups else ""
        )
        raise InputError(
            f"{path}: no variable with two dimensions (y, x); each element needs one, named after it, or all are in "
            f"one over (element, y, x){message}."
        )
    bands, doubts = [], _skipped_warnings(path, over) + _group_warnings(path, groups)
    for name, grid in grids.items():
        several = grid.ndim > 2
        if several and not _labels(data, grid) and selection.include and not selection.takes(name):
            continue
        for label, place, layer in _layers(path, data, element or name, name, grid):
            if element is not None or selection.takes(label, *([name] if several else [])):
                layer, outside = _valid(layer, path, place)
                doubts += outside
                bands.append(_band(label, path, place, layer, data, blanks))
    called = next(iter(grids))
    return bands, [*doubts, *other_name(path, element, called, f"variable {called}")]


def _groups(path: Path) -> list[str]:
    """Return the groups of a file; stop if one of a classic format is cut off, which reads as zeros.

    Raises
    ------
    OSError
        If the file is damaged.
    """
    with path.open("rb") as file:
        first = file.read(4)
    if first in _MAGIC[:2]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # that it cannot close what is still mapped
                netcdf_file(path, mmap=True).close()
        except (TypeError, ValueError):
            raise OSError("it is cut off or damaged; copy it again") from None
    with netCDF4.Dataset(path) as data:
        return list(data.groups)


def _group_warnings(path: Path, groups: list[str]) -> list[InputWarning]:
    if not groups:
        return []
    return [
        InputWarning(
            f"groups of variables are not read: {listed(groups)}",
            "save what they hold in the root of a file if it is wanted",
            str(path),
        )
    ]


def _valid(grid: xr.DataArray, path: Path, place: str) -> tuple[xr.DataArray, list[InputWarning]]:
    """Take for no data what lies outside the range that the file calls valid."""
    scale, offset = (
        grid.encoding.get(key, other) for key, other in (("scale_factor", 1.0), ("add_offset", 0.0))
    )
    limits = {key: np.atleast_1d(grid.attrs[key]) for key in _VALID if key in grid.attrs}
    kinds = {grid.dtype.kind, *(found.dtype.kind for found in limits.values())}
    if not limits or not kinds <= set("iuf"):
        return grid, []
    if grid.encoding.get("_Unsigned") == "true":
        limits = {key: found.view(found.dtype.str.replace("i", "u")) for key, found in limits.items()}
    ends = {key: found.astype(np.float64) * scale + offset for key, found in limits.items()}
    both = ends.get("valid_range", np.array([-np.inf, np.inf]))
    least, most = ends.get("valid_min", both)[0], ends.get("valid_max", both)[-1]
    outside = (grid < least) | (grid > most)
    count = int(outside.sum())
    if not count:
        return grid, []
    warning = InputWarning(
        f"{count} cells lie outside {least:g} to {most:g}, which the file states as the valid range, and were taken as "
        "no data",
        "correct valid_range (valid_min, valid_max) in the file if they are values",
        str(path),
        row=place,
    )
    return grid.where(~outside), [warning]


def _skipped_warnings(path: Path, over: list[str]) -> list[InputWarning]:
    if not over:
        return []
    number = "1 variable was" if len(over) == 1 else f"{len(over)} variables were"
    return [
        InputWarning(
            f"{number} passed over as no element: {listed(over)}",
            "name them in grids.include, with all others, if they are wanted; or in grids.exclude, if not",
            str(path),
        )
    ]


def _grids(path: Path, data: xr.Dataset, selection: Selection) -> tuple[dict[str, xr.DataArray], list[str]]:
    """Return the variables that may hold elements, without dimensions of length 1, and the names of all others."""
    grids: dict[str, xr.DataArray] = {}
    over = []
    for key, variable in data.data_vars.items():
        name = str(key)
        grid = variable.squeeze(
            [dim for dim in variable.dims if variable.sizes[dim] == 1 and not _role(data, dim)]
        )
        if grid.ndim < 2:
            if variable.ndim and _described(variable, data):
                over.append(name)
            continue
        if name in selection.exclude:
            selection.takes(name)
            continue
        if {_role(data, dim) for dim in grid.dims} in ({"x", ""}, {"y", ""}):
            if not _BOUNDS.search(name):
                over.append(name)
            continue
        named = name in selection.include
        if about_places(name, variable.attrs) and not named:
            over.append(name)
        else:
            grids[name] = grid
    deep = [name for name, grid in grids.items() if grid.ndim > 2 and _labels(data, grid)]
    if deep:
        # Beside elements in one variable, a grid is a mask or a height; beside concentrations, a variance.
        chosen = (
            [name for name in deep if name in selection.include] or [n for n in deep if n == _OWN] or deep
        )
        if len(chosen) > 1:
            raise InputError(
                f"{path}: {len(chosen)} variables hold several grids each ({listed(chosen)}); leave all but one out "
                "with grids.exclude."
            )
        over += [name for name in grids if name not in chosen and name not in selection.include]
        grids = {name: grid for name, grid in grids.items() if name in chosen or name in selection.include}
    return grids, over


def _described(variable: xr.DataArray, data: xr.Dataset) -> bool:
    """Tell whether a variable is of some length and no mere label of elements or bounds of cells."""
    return any(dim not in data.coords or _role(data, dim) for dim in variable.dims)


def _only(
    path: Path, element: str, grids: dict[str, xr.DataArray]
) -> tuple[dict[str, xr.DataArray], list[str]]:
    """Return the one grid of a file that is named after an element, and the names of all others."""
    own = [name for name in grids if name == element] or [
        name for name in grids if name.lower() == element.lower()
    ]
    if len(grids) > 1 and len(own) != 1:
        raise InputError(
            f"{path}: {len(grids)} variables ({listed(grids)}), and none is named {element} as the file is; leave all "
            "but one out with grids.exclude, or name the file in grids.file if each is an element."
        )
    chosen = own[0] if own and len(grids) > 1 else next(iter(grids), None)
    return {name: grid for name, grid in grids.items() if name == chosen}, [n for n in grids if n != chosen]


def _role(data: xr.Dataset, dim: Hashable) -> str:
    """Return ``x`` or ``y`` for a dimension that is one, by the attributes of its coordinate or by its name."""
    about = data[dim].attrs if dim in data.coords else {}
    axis = str(about.get("axis", "")).lower()
    standard = str(about.get("standard_name", "")).lower()
    for role, names, known in (("x", _X, "longitude"), ("y", _Y, "latitude")):
        if axis == role or standard in {f"projection_{role}_coordinate", known, f"grid_{known}"}:
            return role
        if not axis and names.fullmatch(str(dim).lower()):
            return role
    return ""


def _labels(data: xr.Dataset, grid: xr.DataArray) -> list[str]:
    """Return the names of the layers of a grid with a third dimension, or none if the file does not tell them."""
    others = [dim for dim in grid.dims if not _role(data, dim)]
    if grid.ndim != 3 or len(others) != 1:
        return []
    dim = others[0]
    other_axes = [
        axis
        for key, axis in grid.coords.items()
        if axis.dims == (dim,) and key not in _UNIT_KEYS and key != dim
    ]
    for names in (data.coords.get(dim), grid.attrs.get("long_name"), *other_axes):
        if names is None or isinstance(names, str):
            continue
        texts = np.asarray(names)
        if texts.shape == (grid.sizes[dim],) and all(
            isinstance(text, str | bytes) for text in texts.tolist()
        ):
            return [(t.decode() if isinstance(t, bytes) else t).strip() for t in texts.tolist()]
    return []


def _layers(
    path: Path, data: xr.Dataset, label: str, name: str, grid: xr.DataArray
) -> list[tuple[str, str, xr.DataArray]]:
    """Return (name, place for messages, layer) for a grid of one element or of several."""
    place = f"variable {name}"
    if grid.ndim == 2:
        return [(label, place, grid)]
    labels = _labels(data, grid)
    others = [str(dim) for dim in grid.dims if not _role(data, dim)]
    if not labels or len(others) != 1:
        sizes = ", ".join(f"{dim} {grid.sizes[dim]}" for dim in others)
        raise InputError(
            f"{path}, {place}: beside y and x there is another dimension ({sizes or 'none named y and x'}) without "
            "names of elements; choose one layer (a dimension of length 1 does no harm), name the layers in a "
            "coordinate, or leave the variable out with grids.exclude."
        )
    dim = others[0]
    units = next(
        (data[key].to_numpy() for key in _UNIT_KEYS if key in data.variables and data[key].dims == (dim,)),
        None,
    )
    layers = []
    for k, text in enumerate(labels):
        layer = grid.isel({dim: k})
        if units is not None:
            layer = layer.assign_attrs(units=str(units[k]))
        layers.append((text, f"{place}, {dim} {text}", layer))
    return layers


def _band(label: str, path: Path, place: str, grid: xr.DataArray, data: xr.Dataset, blanks: Blanks) -> Band:
    source = f"{path}, {place}"
    roles = {_role(data, dim): dim for dim in grid.dims}
    try:
        x_name, y_name = roles["x"], roles["y"]
        # An absent coordinate must not pass as the number of the column.
        x, y = (dict(grid.coords)[axis].to_numpy().astype(np.float64) for axis in (x_name, y_name))
        values = grid.transpose(y_name, x_name).to_numpy().astype(np.float64)
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"{source}: this is not a grid of numbers over coordinates x and y ({one_line(error)}). "
            "Name the dimensions and their coordinates x and y, and leave variables that are no element out with "
            "grids.exclude."
        ) from error
    crs = crs_of(grid, data, source) or prj_crs(path)
    x, y = (in_metres(axis, data[name].attrs, crs) for axis, name in ((x, x_name), (y, y_name)))
    x_step, y_step = step_of(x, str(x_name), source), step_of(y, str(y_name), source)
    transform = Affine(x_step, 0, x[0] - x_step / 2, 0, y_step, y[0] - y_step / 2)
    unit = next((str(text) for key in _UNIT_KEYS if (text := grid.attrs.get(key))), "")
    code = grid.encoding.get("_FillValue", grid.encoding.get("missing_value"))
    nodata = None if code is None or np.size(code) != 1 else float(np.ravel(code)[0])
    values, transform = north_up(blanks.remove(values), transform)
    scale = float(grid.encoding.get("scale_factor", 1.0))
    offset = float(grid.encoding.get("add_offset", 0.0))
    stored = str(grid.encoding.get("dtype", grid.dtype))
    return Band(
        label, str(path), place, values, transform, crs, unit, _title(grid), scale, offset, stored, nodata
    )


def _title(grid: xr.DataArray) -> str:
    """Return what the file calls a grid, or what it was made by within each cell, as CF states it."""
    method = str(grid.attrs.get("cell_methods", "")).replace("_", " ")
    title = (
        method if derived_word(method) else grid.attrs.get("long_name") or grid.attrs.get("description", "")
    )
    return title if isinstance(title, str) else ""
