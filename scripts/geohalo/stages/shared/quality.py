"""Judge the analyses of a survey by its rows of quality control, and leave what they say."""

from collections.abc import Mapping, Sequence

import numpy as np

from geohalo.files.tables import read_csv, write_csv
from geohalo.input_warnings import InputWarning
from geohalo.survey.analyses import Analyses


def judge(
    analyses: Analyses, section: dict, certified: str | None, files: Mapping[str, str]
) -> tuple[dict[str, str], list[InputWarning]]:
    """Write the tables of quality control; returns the elements to leave out, with the reason, and what is doubtful.

    Parameters
    ----------
    analyses, section, certified
        See `geohalo.quality.assess.assess_table`.
    files : mapping of str to str
        Where `quality`, `quality_reference` and `quality_duplicates` are written, as far as they are.
    """
    if "quality" not in section:
        return {}, []
    from geohalo.quality.assess import assess_table  # slow to import

    found = assess_table(analyses, section, certified)
    if found is None:
        return {}, []
    tables = {"quality": found.elements, "quality_reference": found.reference}
    for name, table in (tables | {"quality_duplicates": found.duplicates}).items():
        if name in files:
            write_csv(table, files[name])
    return found.excluded, found.warnings


def element_weights(quality: str, elements: Sequence[str]) -> np.ndarray:
    """Read the weights of elements from the table of quality control; 1 for one that it does not have."""
    weights = read_csv(quality).set_index("element")["weight"]
    return weights.reindex(list(elements)).fillna(1.0).to_numpy(dtype=np.float64)
