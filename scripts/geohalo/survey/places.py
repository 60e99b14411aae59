"""Rows to places: identical rows dropped, rows at one place merged."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geohalo.survey.cells import BoolArray, FloatArray

# Coordinates that went through a projection agree to far less than a millimetre.
_SAME_PLACE_DECIMALS = 3


def identical_rows(xy: FloatArray, values: pd.DataFrame, censored: pd.DataFrame) -> BoolArray:
    """Point at rows that repeat an earlier one in place and values, as when filed twice.

    Parameters
    ----------
    xy : ndarray of float64, shape (rows, 2)
        Places in metres; to the millimetre they count as equal.
    values, censored : DataFrame, shape (rows, elements)
        Concentrations (NaN equals NaN) and censored flags.

    Returns
    -------
    ndarray of bool, shape (rows,)
    """
    place = pd.DataFrame(np.round(xy, _SAME_PLACE_DECIMALS), columns=["x", "y"])
    # Only rows at one place can repeat each other, and of them there are few.
    repeated = place.duplicated(keep=False).to_numpy(copy=True)
    parts = [place[repeated], values[repeated], censored[repeated].add_suffix("_censored")]
    same = pd.concat([part.reset_index(drop=True) for part in parts], axis=1).duplicated().to_numpy()
    repeated[repeated] = same
    return repeated


def group_places(xy: FloatArray, distance: float) -> npt.NDArray[np.int64]:
    """Number the places: points linked by steps of at most `distance` are one.

    Parameters
    ----------
    xy : ndarray of float64, shape (points, 2)
        Coordinates in metres.
    distance : float
        Linking distance in metres; 0 links coincident points only. Keep it well below the sample
        spacing: a chain of close points is one place, however long (single linkage).

    Returns
    -------
    ndarray of int64, shape (points,)
        Place of each point, numbered from 0 in the order of first appearance.
    """
    # Coincident points first: their pairs would grow with the square of their number.
    rounded = np.round(xy, _SAME_PLACE_DECIMALS)
    unique, inverse = np.unique(rounded, axis=0, return_inverse=True)
    pairs = cKDTree(unique).query_pairs(distance, output_type="ndarray")
    links = coo_array((np.ones(len(pairs), dtype=np.int8), pairs.T), shape=(len(unique), len(unique)))
    _, label = connected_components(links, directed=False)
    codes, _ = pd.factorize(label[inverse.ravel()])
    return codes.astype(np.int64)


def merge_places(
    place: npt.NDArray[np.int64], xy: FloatArray, values: pd.DataFrame, censored: pd.DataFrame
) -> tuple[FloatArray, pd.DataFrame, pd.DataFrame]:
    """Merge the rows of each place.

    Parameters
    ----------
    place : ndarray of int64, shape (rows,)
        Place of each row, from `group_places`.
    xy : ndarray of float64, shape (rows, 2)
        Coordinates in metres.
    values, censored : DataFrame, shape (rows, elements)
        Concentrations, NaN where missing, and censored flags.

    Returns
    -------
    xy : ndarray of float64, shape (places, 2)
        Mean coordinates.
    values : DataFrame of float64, shape (places, elements)
        Medians of the values that there are.
    censored : DataFrame of bool, shape (places, elements)
        True where more than half of these values are censored.
    """
    single = np.bincount(place)[place] == 1
    if single.all():
        return xy, values.reset_index(drop=True), censored.reset_index(drop=True)
    first = np.unique(place, return_index=True)[1]
    centre, values, censored = xy[first], values.reset_index(drop=True), censored.reset_index(drop=True)
    # Most places have one row, which stays as it is.
    shared = place[~single]
    merged = np.unique(shared)
    centre[merged] = pd.DataFrame(xy[~single]).groupby(shared).mean().to_numpy()
    grouped = values[~single].groupby(shared)
    n_censored = censored[~single].groupby(shared).sum()
    medians, mostly = values.iloc[first].reset_index(drop=True), censored.iloc[first].reset_index(drop=True)
    medians.loc[merged] = grouped.median()
    mostly.loc[merged] = n_censored > grouped.count() / 2
    return centre, medians, mostly


def joined_names(place: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> pd.Series:
    """Name each place after its rows: their numbers, joined by `;` where there are several.

    Parameters
    ----------
    place : ndarray of int64, shape (rows,)
        Place of each row, from `group_places`.
    rows : ndarray of int64, shape (rows,)
        Row numbers in the file.

    Returns
    -------
    pandas.Series of str, shape (places,)
    """
    names = pd.Series(rows[np.unique(place, return_index=True)[1]]).astype("str")
    several = np.bincount(place)[place] > 1
    shared = pd.Series(rows[several].astype(str)).groupby(place[several]).agg(";".join)
    names[shared.index] = shared
    return names
