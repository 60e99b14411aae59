"""What is doubtful in a list of deposits: rows kept for one value of several, repeats, neighbours, commodities."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import cell_text
from geohalo.survey.commodities import commodity_hint, mined_for_others
from geohalo.survey.doubtful_places import kilometres

# Records of one name within so many metres are taken for one deposit listed again; districts are wider.
_SAME_NAME_METRES = 5_000.0
# Records of other names within so many metres may be one deposit as well: no map tells them apart.
_ONE_PLACE_METRES = 100.0
# A place that is known to so many metres lies outside its halo as often as not.
_ACCURACY = re.compile(r"accura|precis|uncertain", re.IGNORECASE)
_ROUGH_METRES = 3_000.0
_MOST_NAMED = 5
# No deposit lies where a sample was taken, to the metre; a list of samples does.
_SAME_METRES, _FEWEST_AT_SAMPLES, _SHARE_AT_SAMPLES = 0.5, 5, 0.8


def at_samples(
    places: npt.NDArray[np.float64], samples: npt.NDArray[np.float64], source: str
) -> list[InputWarning]:
    """Tell of a list of deposits that lie where samples were taken, as a list of samples does.

    Parameters
    ----------
    places, samples : ndarray of float64, shape (places, 2)
        Deposits inside the survey and samples, in metres.
    source : str
        File name, for the warning.
    """
    if len(places) < _FEWEST_AT_SAMPLES:
        return []
    same = int((cKDTree(samples).query(places)[0] < _SAME_METRES).sum())
    if same < _SHARE_AT_SAMPLES * len(places):
        return []
    return [
        InputWarning(
            f"{same} of the {len(places)} deposits inside lie exactly where a sample was taken, as if the file were "
            "a list of samples",
            "name the list of deposits in deposits.file; rich samples are no deposits, and a map that learns from them "
            "only repeats the samples",
            source,
        )
    ]


def listed_doubts(
    deposits: gpd.GeoDataFrame, mined: pd.DataFrame, section: Mapping[str, Any], source: str
) -> list[InputWarning]:
    """Return what is doubtful in the deposits of a list.

    Parameters
    ----------
    deposits : geopandas.GeoDataFrame
        As `clean_deposits` returns them.
    mined : pandas.DataFrame
        The records of those inside the survey, as the file has them.
    section : mapping
        Config section `deposits`.
    source : str
        File name, for the warnings.

    Returns
    -------
    list of InputWarning
        That deposits are listed twice or lie at one place, that they are mined for elements that the config does not
        name, and that some are mined for others than those of the config.
    """
    commodities = section.get("commodities")
    doubts = [
        _repeats(deposits, source, section),
        _neighbours(deposits, source, section),
        _rough_places(mined, source),
        commodity_hint(mined, commodities, source),
        mined_for_others(mined, commodities, source),
    ]
    return [one for one in doubts if one is not None]


def merged_names(
    named: pd.DataFrame,
    place: npt.NDArray[np.int64],
    inside: npt.NDArray[np.bool_],
    section: Mapping[str, Any],
    source: str,
) -> list[InputWarning]:
    """Return the warning that records of different names stand at one place and count as one deposit.

    Parameters
    ----------
    named : pandas.DataFrame, shape (records, 2)
        `name` ("" or missing where there is none) and `row` in the file.
    place : ndarray of int64, shape (records,)
        Place of each record.
    inside : ndarray of bool, shape (places,)
        Whether it lies inside the survey.
    section, source
        As in `listed_doubts`.
    """
    if section.get("merge_distance", 1.0) > 1.0:
        return []  # such records are meant to be one
    names = named["name"].fillna("").str.casefold().reset_index(drop=True)
    kinds = names.where(names != "").groupby(place).nunique()
    several = kinds.index[(kinds > 1) & inside[kinds.index]].to_numpy()
    if not several.size:
        return []
    members = np.isin(place, several)
    at = named[place == several[np.argmin([named["row"][place == one].min() for one in several])]]
    listed = ", ".join(repr(name) for name in at["name"].dropna().unique()[:_MOST_NAMED])
    return [
        InputWarning(
            f"{members.sum()} records of different names stand at {several.size} "
            f"{'place' if several.size == 1 else 'places'}, and each place counts as one deposit: {listed}",
            "look for coordinates that are rounded, or those of a district in place of the deposit's",
            source,
            str(section.get("name") or ""),
            str(at["row"].iloc[0]),
        )
    ]


def _rough_places(mined: pd.DataFrame, source: str) -> InputWarning | None:
    """Return the warning that the list itself says that places are known to kilometres alone."""
    for name in mined.columns:
        if not _ACCURACY.search(str(name)):
            continue
        metres = pd.to_numeric(cell_text(mined[name].astype(object)), errors="coerce")
        rough = (metres >= _ROUGH_METRES).to_numpy()
        if rough.any():
            return InputWarning(
                f"by this column {rough.sum()} of the {len(mined)} deposits inside are known to "
                f"{kilometres(metres[rough].min())} or worse, and the cells around them count as halo",
                "leave them out (deposits.keep), or take their places from another list",
                source,
                str(name),
                str(mined.index[rough][0]),
            )
    return None


def kept_among_others(
    table: pd.DataFrame, kept: pd.DataFrame, keep: Mapping[str, Sequence[str | float]], source: str
) -> InputWarning | None:
    """Return the warning that rows are kept which hold other values beside a wanted one."""
    if not keep:
        return None
    rows = kept.index
    for column, wanted in keep.items():
        alone = cell_text(kept[column]).isin([str(value).strip() for value in wanted]).to_numpy()
        numbers = pd.to_numeric(cell_text(kept[column]), errors="coerce").notna().to_numpy()
        among = ~alone & ~numbers
        if among.any():
            first = int(np.flatnonzero(among)[0])
            return InputWarning(
                f"{among.sum()} of the {len(rows)} rows kept hold other values beside the wanted one, such as "
                f"{str(kept[column].iat[first])!r}",
                f"list whole cells in deposits.keep.{column} (one with its separator, such as "
                f"{str(kept[column].iat[first])!r}) to keep only cells that equal them",
                source,
                str(column),
                str(rows[first]),
            )
    return None


def _repeats(deposits: gpd.GeoDataFrame, source: str, section: Mapping[str, Any]) -> InputWarning | None:
    """Return the warning that a deposit seems to be listed more than once, under one name at places close by."""
    inside = deposits[deposits["inside"] & (deposits["name"] != "")]
    inside = inside[inside["name"].str.casefold().duplicated(keep=False)]
    xy, names = inside.get_coordinates().to_numpy(), inside["name"].str.casefold().to_numpy(dtype=object)
    found: dict[str, list[int]] = {}
    widest = 0.0
    for one, other in sorted(cKDTree(xy).query_pairs(_SAME_NAME_METRES)) if len(xy) > 1 else []:
        if names[one] == names[other]:
            found.setdefault(inside["name"].iat[one], []).append(int(inside["row"].iat[other]))
            widest = max(widest, float(np.hypot(*(xy[one] - xy[other]))))
    if not found:
        return None
    message = ", ".join(repr(name) for name in list(found)[:_MOST_NAMED])
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return InputWarning(
        f"{len(found)} {'name is' if len(found) == 1 else 'names are'} listed at several places up to "
        f"{kilometres(widest)} apart, and each place counts as a deposit: {message}{more}",
        f"remove the repeats if they are one deposit, or set deposits.merge_distance (now "
        f"{section.get('merge_distance', 1.0):g}) to the metres within which records are one",
        source,
        str(section.get("name")),
        str(min(min(rows) for rows in found.values())),
    )


def _neighbours(deposits: gpd.GeoDataFrame, source: str, section: Mapping[str, Any]) -> InputWarning | None:
    """Return the warning that deposits of different names lie so close that they may be one."""
    inside = deposits[deposits["inside"]]
    xy, names = inside.get_coordinates().to_numpy(), inside["name"].str.casefold().to_numpy(dtype=object)
    pairs = sorted(cKDTree(xy).query_pairs(_ONE_PLACE_METRES)) if len(xy) > 1 else []
    pairs = [(one, other) for one, other in pairs if names[one] != names[other]]
    if not pairs:
        return None
    message = "; ".join(
        f"{inside['name'].iat[one]!r} and {inside['name'].iat[other]!r}" for one, other in pairs[:_MOST_NAMED]
    )
    more = f" and {len(pairs) - _MOST_NAMED} more" if len(pairs) > _MOST_NAMED else ""
    return InputWarning(
        f"{len(pairs)} {'pair' if len(pairs) == 1 else 'pairs'} of deposits with different names "
        f"{'lies' if len(pairs) == 1 else 'lie'} within {_ONE_PLACE_METRES:g} m of each other, and each place "
        f"counts as a deposit: {message}{more}",
        f"remove the repeats if they are one deposit, or set deposits.merge_distance (now "
        f"{section.get('merge_distance', 1.0):g}) to the metres within which records are one",
        source,
        str(section.get("name") or ""),
        str(inside["row"].iat[pairs[0][1]]),
    )
