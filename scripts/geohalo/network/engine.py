"""Many members of the network at once: the mathematics of `definition`, stacked.

Folds, seeds and draws are *members* of one architecture on one graph. Their parameters are stacked along a first
dimension, features have the shape (nodes, members, channels), and one sparse product serves all members.
"""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from geohalo.network.fourier import convolutions, layers_by_frequency
from geohalo.network.masks import Masks
from geohalo.network.normalisation import normalised
from geohalo.network.parts import network_parts, part_weights, running_rate
from geohalo.network.presets import Preset, branches_in
from geohalo.network.sparse import SparseMatrix
from geohalo.network.windows import are_narrow, convolved

Stacked = dict[str, Tensor]

#: Bytes of the features of the external branch that are computed at a time on the CPU.
EXTERNAL_BYTES = 1 << 22


@dataclass(frozen=True)
class Wanted:
    """Superpixels whose external logits are wanted, where the statistics of the normalisation ask for no others.

    Attributes
    ----------
    middle : Tensor (middle,) of int64
        Superpixels that the second convolution sees: those that are wanted and their neighbours.
    first : SparseMatrix (middle, superpixels)
        Adjacency of these, with loops.
    second : SparseMatrix (wanted, middle)
        Adjacency of those that are wanted, without loops.
    themselves : SparseMatrix (wanted, middle)
        Picks them.
    last : Tensor (wanted,) of int64
        Their rows among all.
    """

    middle: Tensor
    first: SparseMatrix
    second: SparseMatrix
    themselves: SparseMatrix
    last: Tensor


@dataclass(frozen=True)
class External:
    """The external graph as each member sees it.

    Attributes
    ----------
    number : Tensor (superpixels,) of int64
        Their numbers on the map.
    adjacency : SparseMatrix (superpixels, superpixels)
        Without loops.
    edges : Tensor (2, edges) of int64
    directions : Tensor (edges, `parts.DIRECTIONS`)
    scaling : Tensor (superpixels, members)
        D^-1/2 with loops; 0 for superpixels that are cut out for a member.
    present : Tensor (superpixels, members)
        1, or 0 for superpixels that are cut out for a member.
    counted : Tensor (superpixels, members)
        1 for superpixels that the statistics of the normalisation are taken over, else 0.
    wanted : Wanted, optional
        All superpixels are wanted when left out.
    """

    number: Tensor
    adjacency: SparseMatrix
    edges: Tensor
    directions: Tensor
    scaling: Tensor
    present: Tensor
    counted: Tensor
    wanted: Wanted | None = None

    def middle(self, values: Tensor) -> Tensor:
        """Return the rows of what the second convolution sees, of values of all superpixels."""
        return values if self.wanted is None else values[self.wanted.middle]

    def last(self, values: Tensor) -> Tensor:
        """Return the rows of those that are wanted, of values of all superpixels."""
        return values if self.wanted is None else values[self.wanted.last]

    def summed(self, x: Tensor) -> Tensor:
        """Add up features (superpixels, ...) of each superpixel in the middle and its neighbours."""
        return self.adjacency @ x + x if self.wanted is None else self.wanted.first @ x

    def second(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Add up features (middle, members, channels) around what is wanted; returns these sums and its own."""
        around = x * self.middle(self.present).unsqueeze(-1)
        if self.wanted is None:
            return self.adjacency @ around, x
        return self.wanted.second @ around, self.wanted.themselves @ x

    def of(self, some: slice) -> "External":
        """Return the graph as some of the members see it."""
        mine = {name: getattr(self, name)[:, some] for name in ("scaling", "present", "counted")}
        return replace(self, **mine)


def initial_members(seeds: list[int], *sizes: object) -> Stacked:
    """Initial parameters of one member per seed, stacked; ``sizes`` are the arguments of `definition.TwoBranch`."""
    # Trained members are read without PyTorch Geometric, whose import takes longer than that of PyTorch.
    from geohalo.network.definition import TwoBranch

    states = []
    for seed in seeds:
        torch.manual_seed(seed)
        states.append(TwoBranch(*sizes).state_dict())  # type: ignore[arg-type]
    return {name: torch.stack([state[name] for state in states]) for name in states[0]}


#: Ends of the names of what a state holds beside trained parameters: running statistics and constants.
_CONSTANTS = ("running_mean", "running_var", "num_batches_tracked", "prior", "order", "gate")


def is_trained(name: str) -> bool:
    """Tell parameters from the running statistics of batch normalisation and constants."""
    return not (name.endswith(_CONSTANTS) or name.startswith("linear."))


def branches_of(state: Stacked, variant: str) -> tuple[str, ...]:
    """Return the branches that a state has: those of its variant, and the linear term where there is one."""
    return branches_in(variant, "covariates.head.1.weight" in state, "linear.weight" in state)


def class_count(state: Stacked) -> int:
    """Return the number of classes; a linear term alone has two."""
    return next((value.shape[1] for name, value in state.items() if name.endswith("head.3.bias")), 2)


def feature_gate(state: Stacked, preset: Preset) -> Tensor:
    """Return the gate (members, features) of the graph branch: bins and contrast follow their element."""
    return state["gate"].repeat(1, 1 + preset.contrast).repeat_interleave(max(1, preset.encoding), 1)


def kept_features(state: Stacked, preset: Preset) -> Tensor | None:
    """Return the features of the graph branch that any member keeps, (features,) ascending; None without a gate.

    All others are multiplied with 0: members that keep four elements each need a few columns of the cube.
    """
    return torch.nonzero(feature_gate(state, preset).any(0)).flatten() if "gate" in state else None


class Engine:
    """Forward pass of stacked members.

    Parameters
    ----------
    state : dict of Tensor (members, ...)
        Stacked `definition.TwoBranch.state_dict()`.
    preset : Preset
    branches : tuple of str
        See `branches_of`.
    masks : Masks, optional
        What this step of training drops; batch statistics are then those of the data. None in evaluation.
    mixed : bool
        Convolutions along the spectrum in bfloat16.
    """

    def __init__(
        self,
        state: Stacked,
        preset: Preset,
        branches: tuple[str, ...],
        masks: Masks | None = None,
        mixed: bool = False,
    ):
        self.state, self.preset, self.branches, self.masks = state, preset, branches, masks
        self.mixed = mixed

    @property
    def training(self) -> bool:
        """Whether parameters are being learned."""
        return self.masks is not None

    def linear(self, name: str, x: Tensor, bias: str | None = None) -> Tensor:
        """Apply each member's linear layer to features (nodes, members, channels)."""
        weight = self.state[f"{name}.weight"]
        bias = f"{name}.bias" if bias is None else bias
        out = torch.einsum("nmi,moi->nmo", x, weight)
        return out + self.state[bias] if bias in self.state else out

    def head_dropout(self, name: str, nodes: Tensor, channels: int) -> Tensor | None:
        """Factors (nodes, members, channels) of the dropout before a head; None where there is none."""
        if self.masks is None or not self.preset.dropout:
            return None
        return self.masks.factors(name, nodes, channels, self.preset.dropout)

    def head(
        self, name: str, x: Tensor, nodes: Tensor | None = None, factors: Tensor | None = None
    ) -> Tensor:
        """Classify features (nodes, members, channels); returns logits (nodes, members, classes).

        Dropout takes the ``factors`` where they are given, and those of the numbers of the ``nodes`` (in their order
        when left out) otherwise.
        """
        if factors is None:
            nodes = torch.arange(len(x), device=x.device) if nodes is None else nodes
            factors = self.head_dropout(name, nodes, x.shape[2])
        x = x if factors is None else x * factors
        return self.linear(f"{name}.head.3", self.linear(f"{name}.head.1", x).relu())

    def gated(self, x: Tensor) -> Tensor:
        """Values (..., members, elements) of the elements that each member keeps; 0 for all others."""
        return x * self.state["gate"] if "gate" in self.state else x

    def first_weight(self, scale: int, features: Tensor | None = None) -> Tensor:
        """Weight and, as last column, bias of the first SGConv: (members, channels, features + 1).

        What a gate keeps of the features it keeps of the weights. With ``features`` (features,) of int64 the weights of
        these alone, such as `kept_features`.
        """
        name = f"internal.{scale}.conv_1.lin"
        weight = self.state[f"{name}.weight"]
        if "gate" in self.state:
            weight = weight * feature_gate(self.state, self.preset).unsqueeze(1)
        if features is not None:
            weight = weight[:, :, features]
        return torch.cat([weight, self.state[f"{name}.bias"].unsqueeze(-1)], dim=2)

    def internal(self, scale: int, second: Tensor) -> Tensor:
        """Rest of the internal branch after propagation of ``second`` = A^3 H W2 (pixels, members, channels)."""
        bias = self.state[f"internal.{scale}.conv_2.lin.bias"]
        return self.head(f"internal.{scale}", (second + bias).relu())

    def second_weight(self, scale: int, hidden: Tensor) -> Tensor:
        """Multiply with the weight of the second SGConv, (nodes, members, channels)."""
        return torch.einsum("nmi,moi->nmo", hidden, self.state[f"internal.{scale}.conv_2.lin.weight"])

    def norm(self, name: str, x: Tensor, counted: Tensor) -> Tensor:
        """Normalise superpixel features (superpixels, members, channels) over the superpixels ``counted``."""
        weight, bias = self.state[f"{name}.weight"], self.state[f"{name}.bias"]
        if self.training:
            out, mean, variance = normalised(x, weight, bias, counted, self.preset.epsilon)
            self._keep_statistics(name, mean, variance, counted)
            return out
        mean, variance = self.state[f"{name}.running_mean"], self.state[f"{name}.running_var"]
        slope = (variance + self.preset.epsilon).rsqrt() * weight
        return torch.addcmul(bias - mean * slope, x, slope)

    @torch.no_grad()
    def _keep_statistics(self, name: str, mean: Tensor, variance: Tensor, counted: Tensor) -> None:
        """Add mean and variance (members, channels) of this step to the running averages."""
        count = counted.sum(0).clamp(min=1).unsqueeze(-1)
        steps = self.state[f"{name}.num_batches_tracked"].add_(1)
        rate = running_rate(int(steps[0]))  # members are trained together from the first step on
        self.state[f"{name}.running_mean"].lerp_(mean, rate)
        self.state[f"{name}.running_var"].lerp_(variance * count / (count - 1).clamp(min=1), rate)

    def external(self, scale: int, graph: External, means: Tensor) -> Tensor:
        """External branch: logits (wanted, members, classes) from means (superpixels, members, channels).

        On the CPU as many members at a time as fit into its cache: the branch is a chain of passes over its features.
        """
        superpixels, members, channels = means.shape
        at_once = max(1, EXTERNAL_BYTES // (4 * superpixels * channels))
        if means.device.type != "cpu" or at_once >= members:
            return self._external(scale, graph, means)
        of_scale = {key: value for key, value in self.state.items() if key.startswith(f"external.{scale}.")}
        apart = {key: value.split(at_once) for key, value in of_scale.items()}
        parts = []
        for k, some in enumerate(means.split(at_once, dim=1)):
            state = {key: values[k] for key, values in apart.items()}
            mine = slice(k * at_once, k * at_once + at_once)
            masks = None if self.masks is None else self.masks.of(mine)
            engine = Engine(state, self.preset, self.branches, masks)
            parts.append(engine._external(scale, graph.of(mine), some))
        return torch.cat(parts, dim=1)

    def _external(self, scale: int, graph: External, means: Tensor) -> Tensor:
        name, scaling = f"external.{scale}", graph.scaling.unsqueeze(-1)
        x = self.norm(f"{name}.norm_0", means, graph.counted)
        if self.preset.attention:
            x = graph.middle(self.attention(f"{name}.conv_1", graph, x)[0])
        else:
            x = graph.summed(x * scaling) * graph.middle(scaling)
            x = self.linear(f"{name}.conv_1.lin", x, bias=f"{name}.conv_1.bias")
        x = self.norm(f"{name}.norm_1", x.relu(), graph.middle(graph.counted))
        around, x = graph.second(x)
        x = self.linear(f"{name}.conv_2.lin_rel", around) + self.linear(f"{name}.conv_2.lin_root", x)
        x = self.norm(f"{name}.norm_2", x.relu(), graph.last(graph.counted))
        return self.head(name, x, graph.last(graph.number))

    def attention(self, name: str, graph: External, x: Tensor) -> tuple[Tensor, Tensor]:
        """Attend to the superpixels around each one and to itself (GATv2).

        Returns
        -------
        features : Tensor (superpixels, members, channels)
        attention : Tensor (edges, members)
            Attention of each edge's second superpixel to its first; with the attention to itself they add up to 1.
        """
        source, target = graph.edges
        left, right = self.linear(f"{name}.lin_l", x), self.linear(f"{name}.lin_r", x)
        directions = torch.einsum("ed,mod->emo", graph.directions, self.state[f"{name}.lin_edge.weight"])
        weigh = self.state[f"{name}.att"].squeeze(1).squeeze(1)
        along = (F.leaky_relu(left[source] + right[target] + directions, 0.2) * weigh).sum(-1)
        itself = (F.leaky_relu(left + right, 0.2) * weigh).sum(-1)
        along = along.masked_fill(graph.present[source] == 0, -torch.inf)
        index = target.unsqueeze(1).expand_as(along)
        # Any shift leaves a softmax as it is; the largest score keeps it in range.
        largest = itself.detach().scatter_reduce(0, index, along.detach(), "amax")
        along, itself = (along - largest[target]).exp(), (itself - largest).exp()
        total = itself.index_add(0, target, along)
        along, itself = along / total[target], itself / total
        messages = torch.zeros_like(left).index_add(0, target, left[source] * along.unsqueeze(-1))
        return messages + left * itself.unsqueeze(-1) + self.state[f"{name}.bias"], along

    def spectrum(self, x: Tensor, factors: Tensor | None = None) -> Tensor:
        """Spectrum branch of pixels (pixels, members, elements); returns logits (pixels, members, classes).

        On the CPU one member goes after another, which is faster than grouped convolutions (twice, at 33 members), by
        products of matrices where layers are narrow (`windows`) and by frequencies where they are wide (`fourier`). On
        a GPU the launches would cost more than the work. Elements are put in the order of the first member. For
        ``factors`` see `head`.
        """
        x = self.gated(x)[..., self.state["spectrum.order"][0]]
        layers = [
            (self.state[f"spectrum.convs.{k}.weight"], self.state[f"spectrum.convs.{k}.bias"])
            for k in range(len(self.preset.spectrum))
        ]
        kernels = self.preset.kernels(x.shape[2])
        if x.device.type != "cpu":
            features = self._grouped(x, layers)
        elif not self.mixed and are_narrow(self.preset.spectrum, kernels):
            features = convolved(x, layers, kernels)
        else:
            # Taken apart at once: the gradient of a slice of one member would be as large as all members'.
            apart = [[stacked.unbind() for stacked in layer] for layer in layers]
            each = [
                self._of_member(one, [(weight[m], bias[m]) for weight, bias in apart])
                for m, one in enumerate(x.unbind(1))
            ]
            features = torch.stack(each, dim=1)
        return self.head("spectrum", features, factors=factors)

    def _of_member(self, x: Tensor, layers: list[tuple[Tensor, Tensor]]) -> Tensor:
        """Convolutions of one member: (pixels, elements) to (pixels, channels * positions)."""
        kernels = self.preset.kernels(x.shape[1])
        fast = layers_by_frequency(len(x), x.shape[1], self.preset.spectrum, kernels)
        if self.mixed or not any(fast):
            one = [(weight.unsqueeze(0), bias.unsqueeze(0)) for weight, bias in layers]
            return self._grouped(x.unsqueeze(1), one).squeeze(1)
        return convolutions(x, layers, [stride for _, stride in kernels], fast)

    def _grouped(self, x: Tensor, layers: list[tuple[Tensor, Tensor]]) -> Tensor:
        """Convolutions of some members, side by side as groups: (pixels, members, elements) to (..., channels)."""
        members = x.shape[1]
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.mixed):
            for (weight, bias), (_, stride) in zip(layers, self.preset.kernels(x.shape[2]), strict=True):
                x = F.conv1d(x, weight.flatten(0, 1), bias.flatten(), stride=stride, groups=members).relu_()
        return x.float().flatten(1).unflatten(1, (members, -1))

    def covariates(self, x: Tensor, factors: Tensor | None = None) -> Tensor:
        """Branch of the covariates, the last columns of pixels (pixels, members, columns); see `head`."""
        last = self.state["covariates.head.1.weight"].shape[2]
        return self.head("covariates", self.gated(x)[..., -last:], factors=factors)

    def linear_term(self, x: Tensor) -> Tensor:
        """Linear term of pixels (pixels, members, columns); returns logits (pixels, members, 2)."""
        halo = torch.einsum("nmb,mb->nm", x, self.state["linear.weight"]) + self.state["linear.bias"]
        return torch.stack([torch.zeros_like(halo), halo], dim=2)

    def parts(self, n_scales: int) -> list[tuple[str, int]]:
        """Branch and scale of each part, in the order of `weights`."""
        return network_parts(self.branches, n_scales)

    def weights(self) -> Tensor:
        """Weights (members, parts) of the logits of `parts`."""
        return part_weights(self.state["prior"], self.state.get("fusion"))
