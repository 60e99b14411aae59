"""What is fitted before training: the elements that a member keeps, and the linear term over them.

Few elements carry the signal of real deposits, and what is the same in all groups of deposits carries it
(`geohalo.pathfinders`). So the member's groups decide which elements its branches see, and a linear term says what
they tell by themselves. It has two free numbers, whatever the number of elements, and the branches learn what it leaves
over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geohalo.network.logistic import fit_logistic
from geohalo.pathfinders import group_consistency, strongest

#: Before any group is seen, the logit rises by this much for a standard deviation of the background ...
SLOPE = 1.0
#: ... and however many groups say otherwise it rises by this much at least, so that the order of cells is kept.
LEAST_SLOPE = 0.05
#: Precision of the normal priors of the slope and of the bias.
PRECISION = (1.0, 1e-6)


@dataclass(frozen=True)
class LinearFit:
    """The kept elements and the linear term of one member.

    Attributes
    ----------
    consistency : (B,) array
        How far, and how alike from group to group, each element tells halo from background.
    kept : (B,) bool array
    weight : (B,) array
        Log-odds for a standard deviation of each element; 0 for elements that are not kept.
    bias : float
    """

    consistency: np.ndarray
    kept: np.ndarray
    weight: np.ndarray
    bias: float


def fit_linear_term(
    values: np.ndarray,
    label: np.ndarray,
    group: np.ndarray,
    most: int,
    sought: Sequence[int] = (),
    n_covariates: int = 0,
) -> LinearFit:
    """Choose the elements of one member, and as many covariates, and fit its linear term.

    The term is a slope times the sum of the kept elements weighed by their consistency, plus a bias: logistic
    regression with one feature, in which classes weigh alike, and in a class groups. The slope for a standard
    deviation of the sum over background has a normal prior (`SLOPE`, variance 1), and the evidence of the cells
    counts as that of as many independent places as there are groups.

    Parameters
    ----------
    values : (M, B) array
        Standardised values of the labelled cells.
    label : (M,) int array
        1 halo, 0 background; both must occur.
    group : (M,) int array
        Group of deposits of each halo cell.
    most : int
        Elements, and covariates, to keep at most; 0 keeps all.
    sought : sequence of int
        Columns of the elements that the deposits are known for (see `geohalo.pathfinders.group_consistency`).
    n_covariates : int
        The last so many columns are no elements.

    Returns
    -------
    LinearFit

    Raises
    ------
    ValueError
        If a class has no cell.
    """
    values = np.asarray(values, dtype=np.float64)
    consistency = group_consistency(values, label, group, sought)
    kept = np.zeros(len(consistency), dtype=bool)
    elements = len(consistency) - n_covariates
    for start, part in ((0, consistency[:elements]), (elements, consistency[elements:])):
        kept[start + strongest(part, most or len(part))] = True
    direction = np.where(kept, consistency, 0.0)
    total = values @ direction
    spread = total[label == 0].std() or 1.0
    inputs = np.stack([total / spread, np.ones_like(total)], axis=1)
    prior = (np.array([SLOPE, 0.0]), np.array(PRECISION), np.array([LEAST_SLOPE, -np.inf]))
    slope, bias = fit_logistic(inputs, label == 1, _weights(label, group), *prior)
    return LinearFit(consistency, kept, slope / spread * direction, float(bias))


def _weights(label: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Weight of each cell (M,): classes weigh alike, in halo groups do; all together the number of groups."""
    weight = np.zeros(len(label))
    for one in (0, 1):
        mine = label == one
        _, number, size = np.unique(
            group[mine] if one else np.zeros(mine.sum()), return_inverse=True, return_counts=True
        )
        weight[mine] = 0.5 / (len(size) * size[number])
    return weight * len(np.unique(group[label == 1]))
