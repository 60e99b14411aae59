"""Steps of a network from one input to another, told apart by what each part of the input adds to the output.

Of a layer's features the values at both ends of a step are known. What a layer with weights adds up is shared among the
parts exactly; through a non-linearity every part goes with the slope of the secant, so that the parts of the output add
up to its change, however long the step. Along a straight line of ever shorter steps the slopes become derivatives, and
the sums over the steps integrated gradients (Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks). One
step from end to end is the Rescale rule of DeepLIFT (Shrikumar et al. 2017).

Features of a step have the shape (nodes, members, 2 + parts, channels): the values at its start and its end, then what
each part adds to the end.
"""

import torch
from torch import Tensor

from geohalo.network.engine import Engine, External

#: Values at the ends of a step, before its parts.
ENDS = 2


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


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Apply each member's linear layer, ``weight`` (members, outputs, inputs), to the features of a step."""
    out = torch.einsum("nmdi,moi->nmdo", x, weight)
    if bias is not None:
        out[:, :, :ENDS] += bias.unsqueeze(1)
    return out


def relu(x: Tensor, leak: float = 0.0) -> Tensor:
    """Apply ReLU, with a slope of ``leak`` below zero, to the features of a step, in place."""
    slope = relu_slope(x[:, :, 0], x[:, :, 1])
    x[:, :, ENDS:] *= (leak + (1 - leak) * slope).unsqueeze(2)
    ends = x[:, :, :ENDS]
    ends.copy_(ends.relu() * (1 - leak) + ends * leak)
    return x


def norm(engine: Engine, name: str, x: Tensor) -> Tensor:
    """Normalise the features of a step by the running statistics, in place."""
    state = engine.state
    slope = (state[f"{name}.running_var"] + engine.preset.epsilon).rsqrt() * state[f"{name}.weight"]
    x *= slope.unsqueeze(1)
    x[:, :, :ENDS] += (state[f"{name}.bias"] - state[f"{name}.running_mean"] * slope).unsqueeze(1)
    return x


def difference(engine: Engine, name: str) -> tuple[Tensor, Tensor]:
    """Weight (members, hidden) and bias (members,) of the second logit less the first, in the last layer of a head."""
    weight, bias = engine.state[f"{name}.head.3.weight"], engine.state[f"{name}.head.3.bias"]
    return weight[:, 1] - weight[:, 0], bias[:, 1] - bias[:, 0]


def external_step(engine: Engine, scale: int, graph: External, x: Tensor) -> Tensor:
    """Take a step through the external branch.

    Parameters
    ----------
    engine : Engine
        In evaluation mode, with two classes.
    scale : int
    graph : External
        As predictions see it: nothing is cut out.
    x : Tensor (superpixels, members, 2 + parts, channels)
        Step of the superpixel means. Its memory is written over.

    Returns
    -------
    Tensor (superpixels, members, 2 + parts)
        Difference of the logits, anomalous less background, at both ends, and what each part adds.
    """
    name, state = f"external.{scale}", engine.state
    x = norm(engine, f"{name}.norm_0", x)
    if engine.preset.attention:
        x = _attention(engine, f"{name}.conv_1", graph, x)
    else:
        scaling = graph.scaling[:, :, None, None]
        x *= scaling
        x = (graph.adjacency @ x).add_(x).mul_(scaling)
        x = linear(x, state[f"{name}.conv_1.lin.weight"], state[f"{name}.conv_1.bias"])
    x = norm(engine, f"{name}.norm_1", relu(x))
    neighbours = linear(
        graph.adjacency @ x, state[f"{name}.conv_2.lin_rel.weight"], state[f"{name}.conv_2.lin_rel.bias"]
    )
    x = neighbours.add_(linear(x, state[f"{name}.conv_2.lin_root.weight"]))
    x = norm(engine, f"{name}.norm_2", relu(x))
    x = relu(linear(x, state[f"{name}.head.1.weight"], state[f"{name}.head.1.bias"]))
    weight, bias = difference(engine, name)
    return linear(x, weight.unsqueeze(1), bias.unsqueeze(1)).squeeze(-1)


def _attention(engine: Engine, name: str, graph: External, x: Tensor) -> Tensor:
    """Take a step through `Engine.attention`, where attention changes along with what is attended to."""
    source, target = graph.edges
    state = engine.state
    left = linear(x, state[f"{name}.lin_l.weight"], state[f"{name}.lin_l.bias"])
    right = linear(x, state[f"{name}.lin_r.weight"], state[f"{name}.lin_r.bias"])
    weigh = state[f"{name}.att"].squeeze(1)  # (members, 1, channels)
    along = left[source] + right[target]
    directions = torch.einsum("ed,mod->emo", graph.directions, state[f"{name}.lin_edge.weight"])
    along[:, :, :ENDS] += directions.unsqueeze(2)
    scores = torch.cat([(relu(along, 0.2) * weigh).sum(-1), (relu(left + right, 0.2) * weigh).sum(-1)])
    # The attention of a superpixel to itself as one more edge.
    itself = torch.arange(len(x), device=x.device)
    source, target = torch.cat([source, itself]), torch.cat([target, itself])
    attention = _softmax(scores, target, len(x))
    ends, parts = attention[:, :, :ENDS].unsqueeze(-1), attention[:, :, ENDS:].unsqueeze(-1)
    sent = left[source]
    middle = sent[:, :, :ENDS].mean(2, keepdim=True)
    messages = torch.cat(
        [sent[:, :, :ENDS] * ends, sent[:, :, ENDS:] * ends.mean(2, keepdim=True) + parts * middle], dim=2
    )
    out = torch.zeros_like(left).index_add_(0, target, messages)
    out[:, :, :ENDS] += state[f"{name}.bias"].unsqueeze(1)
    return out


def _softmax(scores: Tensor, target: Tensor, count: int) -> Tensor:
    """Take a step through the softmax over the edges (edges, members, 2 + parts) of each of ``count`` superpixels."""
    ends, parts = scores[:, :, :ENDS], scores[:, :, ENDS:]
    index = target.view(-1, 1, 1).expand_as(ends)
    largest = torch.full_like(ends[:count], -torch.inf).scatter_reduce_(0, index, ends, "amax")
    total = torch.zeros_like(largest).index_add_(0, target, (ends - largest[target]).exp())
    logarithms = ends - (largest + total.log())[target]
    slope = exponential_slope(logarithms[:, :, 0], logarithms[:, :, 1]).unsqueeze(-1)
    # Attention adds up to 1 at both ends, so that the changes of its parts add up to 0.
    summed = torch.zeros_like(parts[:count]).index_add_(0, target, slope * parts)
    slopes = torch.zeros_like(slope[:count]).index_add_(0, target, slope)
    return torch.cat([logarithms.exp(), slope * (parts - (summed / slopes)[target])], dim=2)
