"""Which control charts matter most."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

#: Charts of blanks beside those of reference materials.
MOST_BLANKS = 2


def worst_materials(reference: pd.DataFrame, bias: float, most: int) -> list[tuple[str, str]]:
    """Return the reference materials and elements that are farthest off, the worst first.

    Parameters
    ----------
    reference : DataFrame
        Of `geohalo.quality.reference.reference_table`.
    bias : float
        The bias that is allowed, in percent.
    most : int
    """
    if reference.empty:
        return []
    known = reference[reference["limits_sd_ppm"] > 0]
    off = known["bias_percent"].abs().fillna(0.0) / bias
    beyond = known["beyond_3sd"].astype(float).fillna(0.0) / known["results"]
    ranked = known.assign(badness=off + beyond).sort_values("badness", ascending=False, kind="stable")
    return [(str(row.material), str(row.element)) for row in ranked.head(most).itertuples()]


def worst_blanks(elements: pd.DataFrame, most: int) -> list[str]:
    """Return the elements whose blanks hold most, the worst first; those that hold it by nature last.

    Parameters
    ----------
    elements : DataFrame
        Of `geohalo.quality.element_table.element_table`.
    most : int
    """
    known = elements[elements["blanks"] > 0]
    share = known["contaminated"] / known["blanks"]
    level = (known["blank_highest_ppm"] / known["blank_limit_ppm"]).fillna(0.0)
    by_nature = known["blank_by_nature"].astype(bool)
    ranked = known.assign(by_nature=by_nature, share=share, level=level).sort_values(
        ["by_nature", "share", "level"], ascending=[True, False, False], kind="stable"
    )
    return [str(name) for name in ranked["element"].head(most)]


def in_order(rows: pd.DataFrame, chosen: Mapping[str, str], element: str) -> tuple[np.ndarray, np.ndarray]:
    """Return values and censored flags of an element in some rows of `analyses.parquet`, in the order of analysis.

    Parameters
    ----------
    rows : DataFrame
    chosen : mapping of str to str
        What columns of the rows have to hold, such as `role` and `material`.
    element : str
    """
    member = rows[element].notna()
    for column, value in chosen.items():
        member &= rows[column] == value
    part = rows[member].sort_values("order", kind="stable")
    return part[element].to_numpy(dtype=np.float64), part[f"{element}_censored"].to_numpy(dtype=bool)
