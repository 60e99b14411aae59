"""Pathfinders: elements by which the ground of all groups of deposits differs from background alike.

What is strong in most halo cells may be one large group's own. What is the same in every group is likelier to hold for
the next deposit, so that groups count here and cells do not. What is known of the deposits beforehand counts as so many
groups more.
"""

from collections.abc import Sequence

import numpy as np

#: Elements of the pathfinder index.
INDEX_ELEMENTS = 3
#: What an element that is sought stands for before any deposit is seen: groups, each enriched in it by so many standard
#: deviations, and in no other element.
PRIOR_GROUPS, PRIOR_ENRICHMENT = 8, 2.0


def group_differences(values: np.ndarray, label: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return by how much the halos of each group of deposits have more of each element than background has.

    Parameters
    ----------
    values : (M, B) array
        Standardised values of B elements in the labelled cells.
    label : (M,) int array
        1 halo, 0 background; other cells do not count. Both must occur.
    group : (M,) int array
        Group of deposits of each halo cell.

    Returns
    -------
    (G, B) float array
        The mean of each group's halo cells less that of all background cells, in standard deviations; the groups in
        the order of their numbers.

    Raises
    ------
    ValueError
        If a class has no cell.
    """
    halo, background = label == 1, values[label == 0]
    if not halo.any() or not len(background):
        raise ValueError(
            "groups of deposits are compared by halo cells and background cells: one of them is missing"
        )
    _, number = np.unique(group[halo], return_inverse=True)
    size = np.bincount(number)
    sums = np.zeros((len(size), values.shape[1]))
    np.add.at(sums, number, values[halo])
    return sums / size[:, None] - background.mean(axis=0, dtype=np.float64)


def group_consistency(
    values: np.ndarray, label: np.ndarray, group: np.ndarray, sought: Sequence[int] = ()
) -> np.ndarray:
    """Measure how far, and how alike from group to group, each element tells halo cells from background.

    For each element, the difference between a group's mean and the mean of the background is averaged over groups and
    divided by its standard error over groups. To the standard error of every element the median of those of all
    elements is added, so that no element leads because its groups happen to agree (the fudge constant of Tusher and
    others 2001, Significance analysis of microarrays, PNAS 98, 5116-5121, doi:10.1073/pnas.091062498).

    Elements that are sought have `PRIOR_GROUPS` groups more, with a difference of `PRIOR_ENRICHMENT`, and all others
    as many with a difference of 0: a conjugate normal prior of the mean difference. It moves the mean and shortens the
    standard error of all elements alike; how much the groups differ from each other is theirs alone.

    Parameters
    ----------
    values, label, group
        See `group_differences`.
    sought : sequence of int
        Columns of the elements that the deposits are known for. Without any there is no prior.

    Returns
    -------
    (B,) float array
        Positive where halos have more of the element. With a single group, which cannot agree with another, the
        standard deviation of the background stands for that of the groups. 0 for an element that does not vary.

    Raises
    ------
    ValueError
        If a class has no cell.
    """
    differences = group_differences(values, label, group)
    prior = np.zeros(values.shape[1])
    prior[list(sought)] = PRIOR_ENRICHMENT
    counted = PRIOR_GROUPS if len(sought) else 0
    mean = (differences.sum(axis=0) + counted * prior) / (len(differences) + counted)
    alone = len(differences) == 1
    spread, missing = (values[label == 0], 0) if alone else (differences, 1)
    error = spread.std(axis=0, ddof=missing, dtype=np.float64) / np.sqrt(len(differences) + counted)
    error = error + np.median(error)
    return np.divide(mean, error, out=np.zeros_like(mean), where=error > 0)


def strongest(consistency: np.ndarray, most: int = INDEX_ELEMENTS) -> np.ndarray:
    """Return the elements (K,) with the largest absolute consistency (B,), the strongest first, at most so many."""
    return np.argsort(-np.abs(consistency), kind="stable")[:most]
