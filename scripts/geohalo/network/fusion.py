"""How much each branch counts in the fused logits, as validation cells of inner members bear out.

A branch that remembers its training cells is of no use, or worse, where the next deposit is looked for. Inner members
show whether it is: their validation cells lie around deposits that they did not learn from. A handful of groups is
little evidence, so the weights are shrunk to those that the network starts from.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from geohalo.network.logistic import fit_logistic

#: Precision of the normal prior around the given weights, in groups of deposits: a group's evidence on a branch whose
#: logits spread by 2 counts as much.
PRECISION = 1.0
#: No branch is left out altogether, so that logarithms of weights stay finite.
LEAST = 1e-6


def branch_factors(logits: Tensor, label: Tensor, weight: Tensor) -> np.ndarray:
    r"""Fit what the given weight of each branch is multiplied with.

    .. math:: \min_{a \ge 0, c} \sum_i w_i \log(1 + e^{-s_i (c + \sum_b a_b z_{bi})})
              + \frac{\lambda}{2} \sum_b (a_b - 1)^2

    with s = 1 for halo and -1 for background: logistic stacking (Wolpert 1992, Stacked generalization, Neural
    Networks 5, doi:10.1016/S0893-6080(05)80023-1; without negative weights, Breiman 1996, Stacked regressions, Machine
    Learning 24, doi:10.1007/BF00117832), shrunk to 1 instead of 0.

    Parameters
    ----------
    logits : Tensor (branches, cells)
        What each branch adds to the logit, halo less background, at its given weight.
    label : Tensor (cells,) of int64
        1 halo, 0 background.
    weight : Tensor (cells,)
        Weight of each cell; all together the number of groups.

    Returns
    -------
    ndarray (branches,)
        At least `LEAST`. All 1 without cells of both classes.
    """
    counted = (weight > 0).cpu().numpy()
    halo = label.cpu().numpy() == 1
    branches = len(logits)
    if halo[counted].all() or not halo[counted].any():
        return np.ones(branches)
    inputs = np.vstack([logits.double().cpu().numpy(), np.ones(len(halo))]).T
    centre, precision, least = (
        np.ones(branches + 1),
        np.full(branches + 1, PRECISION),
        np.full(branches + 1, LEAST),
    )
    centre[-1], precision[-1], least[-1] = 0.0, 0.0, -np.inf  # the bias is free
    return fit_logistic(inputs, halo, weight.double().cpu().numpy(), centre, precision, least)[:-1]


def by_branch(parts: Sequence[tuple[str, int]], logits: Tensor) -> tuple[list[str], Tensor]:
    """Add the logits (parts, ...) of a branch's scales up; returns the branches and their logits (branches, ...)."""
    names = list(dict.fromkeys(branch for branch, _ in parts))
    columns = torch.tensor([names.index(branch) for branch, _ in parts], device=logits.device)
    return names, logits.new_zeros(len(names), *logits.shape[1:]).index_add(0, columns, logits)
