"""Temperature scaling: probabilities that mean what they say, fitted on cells that training did not see."""

import torch
from torch import Tensor

from geohalo.network.losses import cross_entropy

#: Temperatures outside are not believed: fewer than a handful of validation cells would decide.
RANGE = (0.25, 20.0)


def fit_temperature(logits: Tensor, label: Tensor, weight: Tensor) -> float:
    """Temperature T with which softmax(logits / T) fits the labels best (Guo et al. 2017, ICML, section 4.2).

    One number keeps the order of the scores of a member.

    Parameters
    ----------
    logits : Tensor (cells, members, classes)
    label : Tensor (cells, members) of int64
    weight : Tensor (cells, members)

    Returns
    -------
    float
        Within `RANGE`; 1 without cells of at least two classes.
    """
    if len(label[weight > 0].unique()) < 2:
        return 1.0
    inverse = torch.ones(1, dtype=torch.float64, requires_grad=True)  # the risk is convex in 1 / T
    optimiser = torch.optim.LBFGS([inverse], max_iter=100, line_search_fn="strong_wolfe")
    logits, label, weight = logits.double().cpu(), label.cpu(), weight.double().cpu()

    def risk() -> Tensor:
        optimiser.zero_grad()
        value = (cross_entropy(logits * inverse, label) * weight).sum()
        value.backward()
        return value

    optimiser.step(risk)
    low, high = RANGE
    best = float(inverse.detach())
    return min(max(1 / best, low), high) if best > 0 else high
