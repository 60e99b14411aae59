"""Steps of a network from one input to another, told apart by what each part of the input adds to the output.

Of a layer's features the values at both ends of a step are known. What a layer with weights adds up is shared among the
parts exactly; through a non-linearity every part goes with the slope of the secant, so that the parts of the output add
up to its change, however long the step. Along a straight line of ever shorter steps the slopes become derivatives, and
the sums over the steps integrated gradients (Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks). One
step from end to end is the Rescale rule of DeepLIFT (Shrikumar et al. 2017).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from geohalo.network.engine import Engine, External

#: Slope of the attention's ReLU below zero, as in `Engine.attention`.
LEAK = 0.2


def relu_slope(start: Tensor, end: Tensor) -> Tensor:
    """Slope of ReLU between two arguments: 0 where both are negative, 1 where both are positive."""
    high, low = torch.maximum(start, end), torch.minimum(start, end)
    # Both positive: above 1. Both negative: below 0. Equal: infinite with the sign of both, or 0 / 0.
    return (high / (high - low)).nan_to_num_(0.0, torch.inf, -torch.inf).clamp_(0, 1)


def exponential_slope(start: Tensor, end: Tensor) -> Tensor:
    """Slope of the exponential function between two arguments."""
    step = end - start
    far = step.abs() > 1e-2
    apart = (end.exp() - start.exp()) / torch.where(far, step, 1.0)
    return torch.where(far, apart, ((start + end) / 2).exp() * (1 + step.square() / 24))


@dataclass(frozen=True)
class Step:
    """Features on a step.

    Attributes
    ----------
    ends : Tensor (nodes, members, 2, channels)
        Values at the start and at the end.
    parts : Tensor (nodes, members, parts, channels)
        What each part adds to the end. Through every layer it is a linear function of the parts of the layer before, so
        that gradients can be taken by it.
    """

    ends: Tensor
    parts: Tensor

    def linear(self, weight: Tensor, bias: Tensor | None = None) -> "Step":
        """Apply each member's linear layer; weight (members, outputs, inputs)."""
        ends, parts = (torch.einsum("nmdi,moi->nmdo", x, weight) for x in (self.ends, self.parts))
        return Step(ends if bias is None else ends + bias.unsqueeze(1), parts)

    def scaled(self, slope: Tensor, shift: Tensor | float = 0.0) -> "Step":
        """Multiply with ``slope`` and add ``shift``, both of a shape that goes with the features."""
        return Step(self.ends * slope + shift, self.parts * slope)

    def relu(self) -> "Step":
        """Apply ReLU."""
        slope = relu_slope(self.ends[:, :, 0], self.ends[:, :, 1])
        return Step(self.ends.relu(), self.parts * slope.unsqueeze(2))

    def along(self, graph: External) -> "Step":
        """Add the features of the neighbours up, (superpixels, members, ...)."""
        return Step(graph.adjacency @ self.ends, graph.adjacency @ self.parts)

    def __add__(self, other: "Step") -> "Step":
        return Step(self.ends + other.ends, self.parts + other.parts)


def difference(engine: Engine, name: str) -> tuple[Tensor, Tensor]:
    """Weight (members, hidden) and bias (members,) of the second logit less the first, in the last layer of a head."""
    weight, bias = engine.state[f"{name}.head.3.weight"], engine.state[f"{name}.head.3.bias"]
    return weight[:, 1] - weight[:, 0], bias[:, 1] - bias[:, 0]


def external_step(engine: Engine, scale: int, graph: External, step: Step) -> tuple[Tensor, Tensor]:
    """Take a step through the external branch.

    Parameters
    ----------
    engine : Engine
        In evaluation mode, with two classes.
    scale : int
    graph : External
        As predictions see it: nothing is cut out.
    step : Step
        Of the superpixel means.

    Returns
    -------
    ends : Tensor (superpixels, members, 2)
        Difference of the logits, anomalous less background.
    parts : Tensor (superpixels, members, parts)
    """
    name, state = f"external.{scale}", engine.state
    step = _norm(engine, f"{name}.norm_0", step)
    if engine.preset.attention:
        step = _attention(engine, f"{name}.conv_1", graph, step)
    else:
        scaling = graph.scaling[:, :, None, None]
        step = step.scaled(scaling)
        step = (step.along(graph) + step).scaled(scaling)
        step = step.linear(state[f"{name}.conv_1.lin.weight"], state[f"{name}.conv_1.bias"])
    step = _norm(engine, f"{name}.norm_1", step.relu())
    rel = state[f"{name}.conv_2.lin_rel.weight"], state[f"{name}.conv_2.lin_rel.bias"]
    step = step.along(graph).linear(*rel) + step.linear(state[f"{name}.conv_2.lin_root.weight"])
    step = _norm(engine, f"{name}.norm_2", step.relu())
    step = step.linear(state[f"{name}.head.1.weight"], state[f"{name}.head.1.bias"]).relu()
    weight, bias = difference(engine, name)
    step = step.linear(weight.unsqueeze(1), bias.unsqueeze(1))
    return step.ends.squeeze(-1), step.parts.squeeze(-1)


def _norm(engine: Engine, name: str, step: Step) -> Step:
    """Normalise by the running statistics."""
    state = engine.state
    slope = (state[f"{name}.running_var"] + engine.preset.epsilon).rsqrt() * state[f"{name}.weight"]
    shift = state[f"{name}.bias"] - state[f"{name}.running_mean"] * slope
    return step.scaled(slope.unsqueeze(1), shift.unsqueeze(1))


def _attention(engine: Engine, name: str, graph: External, step: Step) -> Step:
    """Take a step through `Engine.attention`, where attention changes along with what is attended to."""
    state, (source, target) = engine.state, graph.edges
    left = step.linear(state[f"{name}.lin_l.weight"], state[f"{name}.lin_l.bias"])
    right = step.linear(state[f"{name}.lin_r.weight"], state[f"{name}.lin_r.bias"])
    # The attention of a superpixel to itself as one more edge, without a direction.
    itself = torch.arange(len(step.ends), device=source.device)
    source, target = torch.cat([source, itself]), torch.cat([target, itself])
    directions = torch.einsum("ed,mod->emo", graph.directions, state[f"{name}.lin_edge.weight"])
    nowhere = directions.new_zeros(len(itself), *directions.shape[1:])
    sent, heard = (Step(one.ends[at], one.parts[at]) for one, at in ((left, source), (right, target)))
    ends = (sent.ends + heard.ends).add_(torch.cat([directions, nowhere]).unsqueeze(2))
    weight = state[f"{name}.att"].flatten(1)
    scores = (F.leaky_relu(ends, LEAK) * weight.unsqueeze(1)).sum(-1, keepdim=True)
    slope = relu_slope(ends[:, :, 0], ends[:, :, 1]).mul_(1 - LEAK).add_(LEAK)
    weigh = (slope * weight).unsqueeze(-1)
    attention = _softmax(Step(scores, sent.parts @ weigh + heard.parts @ weigh), target, len(itself))
    # The change of a product is shared by its factors, each with the other's middle.
    parts = (sent.parts * attention.ends.mean(2, keepdim=True)).addcmul(
        attention.parts, sent.ends.mean(2, keepdim=True)
    )
    ends = torch.zeros_like(left.ends).index_add(0, target, sent.ends * attention.ends)
    return Step(
        ends + state[f"{name}.bias"].unsqueeze(1), torch.zeros_like(left.parts).index_add(0, target, parts)
    )


def _softmax(scores: Step, target: Tensor, count: int) -> Step:
    """Take a step through the softmax over the edges, (edges, members, ..., 1), of each of ``count`` superpixels."""
    ends = scores.ends
    index = target.view(-1, 1, 1, 1).expand_as(ends)
    largest = torch.full_like(ends[:count], -torch.inf).scatter_reduce(0, index, ends, "amax")
    total = torch.zeros_like(largest).index_add(0, target, (ends - largest[target]).exp())
    logarithms = ends - (largest + total.log())[target]
    slope = exponential_slope(logarithms[:, :, :1], logarithms[:, :, 1:])
    # Attention adds up to 1 at both ends, so that the changes of its parts add up to 0.
    parts = slope * scores.parts
    slopes = torch.zeros_like(slope[:count]).index_add(0, target, slope)
    mean = torch.zeros_like(parts[:count]).index_add(0, target, parts) / slopes
    return Step(logarithms.exp(), parts - slope * mean[target])
