"""What `definition` and `engine` share: the parts of a network and their weights, running averages, directions.

Nothing here needs PyTorch Geometric, whose import takes longer than that of PyTorch: `definition` alone imports it.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

#: Numbers that describe the direction and the distance of an external edge (`edge_directions`).
DIRECTIONS = 5


def running_rate(step: int) -> float:
    """Weight of a step (from 1) in the running averages: torch's 0.1, or what makes a mean of the steps so far."""
    return max(0.1, 1 / step)


def network_parts(branches: Sequence[str], n_scales: int) -> list[tuple[str, int]]:
    """Parts of a network in the order of their weights, each a branch and its scale.

    Internal at each scale, external at each scale, spectrum, covariates, linear term, where there.
    """
    spatial = [(name, k) for name in ("internal", "external") if name in branches for k in range(n_scales)]
    return spatial + [(name, 0) for name in ("spectrum", "covariates", "linear") if name in branches]


def published_weights(n_scales: int, branches: Sequence[str]) -> list[float]:
    """Weights of the logits of `network_parts`.

    The spatial half is shared equally by its parts and scales: 0.5 (0.5 external + 0.5 internal) + 0.5 spectrum. With
    a branch of covariates there are thirds. A linear term, to which the others are corrections, counts in full.
    """
    spatial = [branch for branch in branches if branch in ("internal", "external")]
    own = [branch for branch in branches if branch in ("spectrum", "covariates")]
    each = 1 / max(1, bool(spatial) + len(own))
    weight = {branch: each / len(spatial) / max(1, n_scales) for branch in spatial}
    weight |= dict.fromkeys(own, each) | {"linear": 1.0}
    return [weight[branch] for branch, _ in network_parts(branches, n_scales)]


def part_weights(prior: Tensor, learned: Tensor | None) -> Tensor:
    """Weights (..., parts) from the logarithms of those given, and from what was learned, which keeps their sum."""
    weights = prior.exp()
    return weights if learned is None else (prior + learned).softmax(-1) * weights.sum(-1, keepdim=True)


def edge_distances(attributes: Tensor) -> Tensor:
    """Distances of neighbouring superpixels, (edges,), from the attributes (edges, 3) of external edges in cells."""
    return attributes[:, :2].norm(dim=1).clamp(min=1e-3)


def edge_directions(attributes: Tensor, median: Tensor | None = None) -> Tensor:
    """Directions of external edges, (edges, `DIRECTIONS`), from their attributes (edges, 3) in cells.

    Cosine and sine of the bearing, once (which side) and twice the angle (along which axis), and the logarithm of the
    distance relative to the ``median``: that of all edges of the map, where these are only some of them.
    """
    distance = edge_distances(attributes)
    cosine, sine = attributes[:, 0] / distance, attributes[:, 1] / distance
    median = distance.median() if median is None else median
    relative = (distance / median).log() if len(distance) else distance
    return torch.stack([cosine, sine, cosine**2 - sine**2, 2 * sine * cosine, relative], dim=1)
