"""Rows that are not what a map is made of: statistics below a table, several materials, copies at another place."""

import re
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geohalo.input_warnings import InputWarning
from geohalo.survey.cells import FloatArray, plain_cells

_STATISTIC = re.compile(
    r"(?:(?:arith\w*|geom\w*|grand|sample)[ .]*)?(?:mean|average|avg|median|min(?:imum)?|max(?:imum)?|sum|totals?|count"
    r"|st(?:an)?d(?:ard)?[ ._]*dev(?:iation)?|stdev|variance|range|skewness|kurtosis|cv|mad"
    r"|(?:\d{1,2}(?:st|nd|rd|th)? ?)?(?:percentile|quartile))(?:[ ._]+values?)?[:.]?",
    re.IGNORECASE,
)
_FEWEST_DISTINCT, _LARGEST_SHARE, _MOST_STATISTICS = 0.5, 0.1, 20
# What is sampled, in one word each; cells are compared without signs and the plural.
_MEDIA = {
    "soil": ("soil", "soil sample", "auger soil", "regolith"),
    "topsoil": ("topsoil", "top soil"),
    "subsoil": ("subsoil", "sub soil", "deep soil"),
    "rock": (
        "rock",
        "rock chip",
        "rockchip",
        "rock sample",
        "outcrop",
        "grab",
        "grab sample",
        "float",
        "chip",
    ),
    "stream sediment": (
        "stream sediment",
        "stream sed",
        "streamsed",
        "stream silt",
        "silt",
        "drainage",
        "bleg",
    ),
    "lake sediment": ("lake sediment", "lake sed"),
    "lag": ("lag", "laglag", "surface lag"),
    "till": ("till", "basal till", "moraine"),
    "water": ("water", "stream water", "ground water", "groundwater", "lake water"),
    "plants": ("vegetation", "plant", "moss", "humus", "bark", "leaf", "litter"),
    "drilling": (
        "core",
        "drill core",
        "drillcore",
        "drill chip",
        "rc",
        "rc chip",
        "rab",
        "aircore",
        "percussion",
    ),
    "concentrate": (
        "concentrate",
        "pan concentrate",
        "panned concentrate",
        "heavy mineral concentrate",
        "hmc",
    ),
}
_MEDIUM = {word: medium for medium, words in _MEDIA.items() for word in words}
_ABOUT_MEDIA = re.compile(r"samp|medi(?:um|a)\b|material|matrix|type|class|categor|kind", re.IGNORECASE)
_ABOUT_TREATMENT = re.compile(
    r"(?:^|[\W_])(?:horizons?|fractions?|mesh|sieve|digest\w*|extraction|(?:lab|assay|analy\w+)[\W_]*methods?)(?:$|[\W_])"
    r"|^(?:methods?|techniques?)$",
    re.IGNORECASE,
)
_MOST_KINDS, _KNOWN_SHARE = 8, 0.8
# Depths of one layer differ by a little; intervals, such as 0-10 and 40-50, are layers.
_ABOUT_LAYERS = re.compile(
    r"(?:sampl\w*[\W_]*)?(?:depths?|intervals?|layers?)(?:[\W_]*(?:cm|m|mm))?\)?", re.IGNORECASE
)
_INTERVAL = re.compile(
    r"[<>]?\s*\d+(?:\.\d+)?\s*(?:-|to|/)\s*\d+(?:\.\d+)?\s*(?:cm|m|mm)?|[A-Za-z ]+", re.IGNORECASE
)
_FEWEST_OF_A_LAYER = 5
# Codes of materials in a column of kinds of samples.
_KINDS_OF_SAMPLES = re.compile(
    r"(?:samp(?:le)?|smp|spl)[\W_]*(?:type|typ|med(?:ium|ia)?|mat(?:erial|rix)?|kind|class)(?:[\W_]*code)?"
    r"|(?:medium|media|matrix|material)(?:[\W_]*code)?",
    re.IGNORECASE,
)
_CODES = {
    "soil": "s so sl soi",
    "rock": "r rk rx ro roc",
    "stream sediment": "ss sed st strm",
    "lag": "l lg",
    "till": "t tl",
    "water": "w wt sw gw",
    "drilling": "d dd ddh rc rab ac",
}
_BY_CODE = {code: medium for medium, codes in _CODES.items() for code in codes.split()}
# What makes a row unfit, in a cell of its own or within a remark.
_REJECTED = re.compile(
    r"(?:^|.*[\W_])(?:reject(?:ed)?|do not use|don't use|not to be used|invalid|void|cancel+ed|discard(?:ed)?"
    r"|contaminated|suspect|unreliable)(?:[\W_].*|$)",
    re.IGNORECASE | re.DOTALL,
)
_NEGATED = re.compile(r"(?:^|[\W_])(?:not?|un|never|without)[\W_]+\w+", re.IGNORECASE)
_ABOUT_ROWS = re.compile(
    r"status|qual|remark|comment|note|valid|flag|\bqc\b|\bqa|check|accept", re.IGNORECASE
)
_LONGEST_REMARK = 200
# Copies count where they are many times more than chance makes of the values that an element has.
_FEWEST_ELEMENTS, _FEWEST_COPIES, _COPIED_SHARE, _TIMES_CHANCE = 3, 5, 0.02, 100
_MERGED_SHARE, _FEWEST_MERGED, _EMPTY_SHARE = 0.25, 10, 0.2
# Repeats of one sample are few; so many rows at one place, and few at all others, have no place of their own.
_FEWEST_AT_ONE, _TIMES_NEXT, _FEWEST_PLACES = 5, 3, 20
_MOST_NAMED = 5


def statistics_rows(about: pd.DataFrame, rows: npt.NDArray[np.int64], source: str) -> list[InputWarning]:
    """Tell of rows that hold a mean, a largest value or another statistic of the table.

    Parameters
    ----------
    about : DataFrame, shape (rows, columns)
        What the table tells of the rows beside coordinates and concentrations.
    rows : ndarray of int64, shape (rows,)
        Row numbers in the file.
    source : str
        File name, for the warning.
    """
    for name in about.columns:
        if pd.api.types.is_numeric_dtype(about[name].dtype):
            continue
        text = plain_cells(about[name])
        marked = text.isin([one for one in text.unique() if _STATISTIC.fullmatch(one)]).to_numpy()
        if not 0 < marked.sum() <= min(_MOST_STATISTICS, _LARGEST_SHARE * len(text)):
            continue
        # Beside names of samples, or alone in a column; `max` among kinds of rows means something else.
        others = text[~marked]
        if (others != "").any() and others.nunique() < _FEWEST_DISTINCT * len(others):
            continue
        words = ", ".join(map(repr, text[marked].unique()[:_MOST_NAMED]))
        return [
            InputWarning(
                f"{marked.sum()} {'row seems' if marked.sum() == 1 else 'rows seem'} to hold statistics of the table "
                f"({words}), and {'is' if marked.sum() == 1 else 'are'} taken for samples",
                "delete such rows",
                source,
                str(name),
                str(rows[np.flatnonzero(marked)[0]]),
            )
        ]
    return []


def mixed_rows(
    about: pd.DataFrame, rows: npt.NDArray[np.int64], chosen: Collection[str], source: str
) -> list[InputWarning]:
    """Tell of rows of several materials, horizons, size fractions or digestions that one map would mix.

    Parameters
    ----------
    about, rows, source
        As in `statistics_rows`.
    chosen : collection of str
        Columns by which the config chooses rows; these are not looked at.
    """
    for name in map(str, about.columns):
        layers = _ABOUT_LAYERS.fullmatch(name) is not None
        if name in chosen or not (layers or _ABOUT_MEDIA.search(name) or _ABOUT_TREATMENT.search(name)):
            continue
        text = plain_cells(about[name])
        counts = text[~text.isin(["", "nan"])].value_counts()
        if not 2 <= len(counts) <= _MOST_KINDS:
            continue
        coded = _KINDS_OF_SAMPLES.fullmatch(name) is not None
        media = [_medium(str(kind), coded) for kind in counts.index]
        known = sum(count for medium, count in zip(media, counts, strict=True) if medium)
        several = len({medium for medium in media if medium}) > 1 and known >= _KNOWN_SHARE * counts.sum()
        layers = layers and all(
            count >= _FEWEST_OF_A_LAYER and _INTERVAL.fullmatch(str(kind)) for kind, count in counts.items()
        )
        if not (several or layers or _ABOUT_TREATMENT.search(name)):
            continue
        kinds = ", ".join(f"{str(kind)!r} ({count} rows)" for kind, count in counts.items())
        first = int(np.flatnonzero((text == counts.index[1]).to_numpy())[0])
        return [
            InputWarning(
                f"the column holds {kinds}, and all rows are read into one map, where differences between these look "
                "like anomalies",
                f"keep the rows of one kind, for example samples.keep: {{{name}: [{counts.index[0]}]}}, unless they "
                f"are comparable; or level them with samples.batch: {name} and samples.levelling",
                source,
                name,
                str(rows[first]),
            )
        ]
    return []


def rejected_rows(
    about: pd.DataFrame, rows: npt.NDArray[np.int64], chosen: Collection[str], source: str
) -> list[InputWarning]:
    """Tell of rows that the table itself calls rejected, contaminated or the like.

    Parameters
    ----------
    about, rows, chosen, source
        As in `mixed_rows`.
    """
    for name in map(str, about.columns):
        if name in chosen or not _ABOUT_ROWS.search(name) or pd.api.types.is_numeric_dtype(about[name].dtype):
            continue
        text = plain_cells(about[name])
        marked = text.isin([cell for cell in text.unique() if _is_rejected(cell)]).to_numpy()
        if not 0 < marked.sum() <= len(text) / 2:
            continue
        first, number = int(np.flatnonzero(marked)[0]), int(marked.sum())
        cell = str(text.iat[first])[:60]
        return [
            InputWarning(
                f"{number} {'row is' if number == 1 else 'rows are'} marked as unfit ({cell!r} at the first), and "
                f"{'is' if number == 1 else 'are'} taken for samples",
                "delete such rows, or keep the others with samples.keep",
                source,
                name,
                str(rows[first]),
            )
        ]
    return []


def _is_rejected(cell: str) -> bool:
    if not cell or len(cell) > _LONGEST_REMARK or _REJECTED.fullmatch(cell) is None:
        return False
    return _REJECTED.fullmatch(_NEGATED.sub(" ", cell)) is not None or "do not use" in cell.casefold()


def _medium(cell: str, coded: bool) -> str | None:
    words = " ".join(re.sub(r"[\W_]+", " ", cell).casefold().split())
    return (
        _MEDIUM.get(words)
        or _MEDIUM.get(words.removesuffix("s"))
        or _MEDIUM.get(words.removesuffix(" sample"))
        or (_BY_CODE.get(words) if coded else None)
    )


def copied_rows(
    xy: FloatArray, values: pd.DataFrame, censored: pd.DataFrame, rows: npt.NDArray[np.int64], source: str
) -> list[InputWarning]:
    """Tell of rows whose measured values all stand in another row, at another place.

    Parameters
    ----------
    xy : ndarray of float64, shape (rows, 2)
        Places in metres.
    values, censored : DataFrame, shape (rows, elements)
        Concentrations, and whether they are below a detection limit.
    rows, source
        As in `statistics_rows`.
    """
    known = values.where(~censored)
    measured = known.notna().sum(axis=1).to_numpy() >= _FEWEST_ELEMENTS
    if not measured.any():
        return []
    keys = pd.util.hash_pandas_object(values[measured].round(12), index=False).to_numpy()
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    places, numbers = xy[measured], rows[measured]
    shift = places - places[first[inverse]]
    copies = np.flatnonzero(np.hypot(*shift.T) > 1.0)
    alike_by_chance = 0.5 * measured.sum() ** 2 * np.prod([_agreement(known[one]) for one in known])
    if copies.size < max(_FEWEST_COPIES, _COPIED_SHARE * len(values), _TIMES_CHANCE * alike_by_chance):
        return []
    one = copies[0]
    east, north = np.median(shift[copies], axis=0)
    alike = np.hypot(*(shift[copies] - (east, north)).T).max() < 0.1 * np.hypot(east, north) + 10
    every = (
        f"all {east:.0f} m to the east and {north:.0f} m to the north, as between two datums" if alike else ""
    )
    return [
        InputWarning(
            f"{copies.size} rows repeat all values of another row at another place (rows "
            f"{numbers[first[inverse[one]]]} and {numbers[one]}, {np.hypot(*shift[one]):.0f} m apart"
            + (f"; {every}" if every else "")
            + "), and count twice",
            "remove the repeats; if coordinates are in two systems, keep the rows of one (samples.keep)",
            source,
            row=str(numbers[one]),
        )
    ]


def _agreement(values: pd.Series) -> float:
    """Return the probability that two cells of a column hold the same; 1 where it says nothing."""
    share = values.value_counts(normalize=True, dropna=False).to_numpy()
    return float((share**2).sum())


def rows_without_values(
    xy: FloatArray,
    values: pd.DataFrame,
    rows: npt.NDArray[np.int64],
    told: Sequence[InputWarning],
    source: str,
) -> list[InputWarning]:
    """Tell of a large share of rows that have a place and no concentration, and are left out.

    Parameters
    ----------
    xy : ndarray of float64, shape (rows, 2)
        Places in metres, NaN where there are none.
    values : DataFrame, shape (rows, elements)
        Concentrations.
    rows, source
        As in `statistics_rows`.
    told : sequence of InputWarning
        What is told already: a table of assays that lacks samples.
    """
    placed = np.isfinite(xy[:, 0])
    empty = placed & values.isna().all(axis=1).to_numpy()
    few = empty.sum() < max(_FEWEST_MERGED, _EMPTY_SHARE * placed.sum())
    if few or any("no assay" in one.what for one in told):
        return []
    return [
        InputWarning(
            f"{empty.sum()} of {placed.sum()} rows with coordinates hold no concentration of any element, and are left "
            "out",
            "nothing if they were not analysed; else look for their values in other columns or under other names "
            "(samples.elements, samples.missing)",
            source,
            row=str(rows[np.flatnonzero(empty)[0]]),
        )
    ]


def many_merged(
    place: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], distance: float, source: str
) -> list[InputWarning]:
    """Tell of a survey of which a large share of rows is merged into the places of others.

    Parameters
    ----------
    place : ndarray of int64, shape (rows,)
        Place of each row.
    rows, source
        As in `statistics_rows`.
    distance : float
        Config key `samples.merge_distance`, in metres.
    """
    merged = len(place) - len(np.unique(place))
    if merged < max(_FEWEST_MERGED, _MERGED_SHARE * len(place)):
        return []
    seen = pd.Series(place).duplicated().to_numpy(dtype=bool)
    return [
        InputWarning(
            f"{merged} of {len(place)} rows lie at the place of another row (to samples.merge_distance, {distance:g} m)"
            f" and are merged with it, so that {len(place) - merged} places are left",
            "look for coordinates that are rounded; if the rows are depths or kinds of material, keep one "
            "(samples.keep)",
            source,
            row=str(rows[seen][0]),
        )
    ]


def crowded_place(
    place: npt.NDArray[np.int64], xy: FloatArray, rows: npt.NDArray[np.int64], source: str
) -> list[InputWarning]:
    """Tell of one place that holds many rows where the others hold few, as a default for unknown coordinates does.

    Parameters
    ----------
    place : ndarray of int64, shape (rows,)
        Place of each row.
    xy : ndarray of float64, shape (rows, 2)
        Places in metres.
    rows, source
        As in `statistics_rows`.
    """
    counts = np.sort(np.bincount(place))
    most, next_most = int(counts[-1]), int(counts[-2]) if counts.size > 1 else 0
    if most < _FEWEST_AT_ONE or most < _TIMES_NEXT * next_most or counts.size < _FEWEST_PLACES:
        return []
    first = int(np.flatnonzero(place == np.bincount(place).argmax())[0])
    return [
        InputWarning(
            f"{most} rows lie at one place (x={xy[first, 0]:.0f}, y={xy[first, 1]:.0f} on the map) and at most "
            f"{next_most} at any other: it may be a default for places that are not known",
            "leave the coordinates of such rows empty, or keep the others with samples.keep",
            source,
            row=str(rows[first]),
        )
    ]
