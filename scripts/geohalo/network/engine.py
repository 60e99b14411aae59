"""Many members of the network at once: the mathematics of `definition`, stacked.

Folds, seeds and draws are *members* of one architecture on one graph. Their parameters are stacked along a first
dimension, features have the shape (nodes, members, channels), and one sparse product serves all members. What does not
change during training is computed once: the first SGConv's propagation (A^3 X, stored with the graph) and the rows of
A^3 that end in labelled pixels.

While a member trains, superpixels that hold any cell of its held-out region are cut from the external graph, so that
nothing of that region reaches a training cell; for prediction the graph is whole again.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from geohalo.network.definition import TwoBranch
from geohalo.network.presets import Preset
from geohalo.network.sparse import SparseMatrix, adjacency, averaging, normalised_adjacency, selection

Stacked = dict[str, Tensor]


@dataclass
class ScaleGraph:
    """The graph of one scale, or of the part of it that a computation needs.

    Attributes
    ----------
    propagated : Tensor (pixels, elements)
        A^3 X, rows of the pixels at hand.
    superpixel : Tensor (pixels,) of int64
    mean : SparseMatrix (superpixels, pixels)
    adjacency : SparseMatrix (superpixels, superpixels)
        Without loops.
    propagation : SparseMatrix (pixels, pixels)
        Normalised, with loops.
    """

    propagated: Tensor
    superpixel: Tensor
    mean: SparseMatrix
    adjacency: SparseMatrix
    propagation: SparseMatrix

    @classmethod
    def from_arrays(cls, graph: dict, device: torch.device) -> "ScaleGraph":
        """Read the arrays of one scale (see `geohalo.superpixels.graph.SuperpixelGraph`)."""
        superpixel = torch.as_tensor(graph["assignment"]).long()
        pixels, count = superpixel.numel(), int(superpixel.max()) + 1
        return cls(
            torch.as_tensor(graph["propagated"]).to(device),
            superpixel.to(device),
            averaging(superpixel, count).to(device),
            adjacency(graph["external_edges"], count).to(device),
            normalised_adjacency(graph["internal_edges"], pixels).to(device),
        )


def initial_members(seeds: list[int], *sizes: object) -> Stacked:
    """Initial parameters of one member per seed, stacked; ``sizes`` are the arguments of `definition.TwoBranch`."""
    states = []
    for seed in seeds:
        torch.manual_seed(seed)
        states.append(TwoBranch(*sizes).state_dict())  # type: ignore[arg-type]
    return {name: torch.stack([state[name] for state in states]) for name in states[0]}


def is_trained(name: str) -> bool:
    """Tell parameters from the running statistics of batch normalisation."""
    return not name.endswith(("running_mean", "running_var", "num_batches_tracked"))


class Engine:
    """Forward pass of stacked members.

    Parameters
    ----------
    state : dict of Tensor (members, ...)
        Stacked `definition.TwoBranch.state_dict()`.
    preset : Preset
    branches : tuple of str
        See `presets.VARIANTS`.
    training : bool
        Dropout on, batch statistics from the data.
    """

    def __init__(self, state: Stacked, preset: Preset, branches: tuple[str, ...], training: bool = False):
        self.state, self.preset, self.branches, self.training = state, preset, branches, training

    def linear(self, name: str, x: Tensor, bias: str | None = None) -> Tensor:
        """Apply each member's linear layer to features (nodes, members, channels)."""
        weight = self.state[f"{name}.weight"]
        bias = f"{name}.bias" if bias is None else bias
        out = torch.einsum("nmi,moi->nmo", x, weight)
        return out + self.state[bias] if bias in self.state else out

    def head(self, name: str, x: Tensor) -> Tensor:
        """Classify features (nodes, members, channels); returns logits (nodes, members, classes)."""
        x = F.dropout(x, self.preset.dropout, self.training)
        return self.linear(f"{name}.head.3", self.linear(f"{name}.head.1", x).relu())

    def hidden(self, scale: int, propagated: Tensor) -> Tensor:
        """First layer of the internal branch, (pixels, members, channels), from A^3 X (pixels, elements)."""
        name = f"internal.{scale}.conv_1.lin"
        weight, bias = self.state[f"{name}.weight"], self.state[f"{name}.bias"]
        propagated = F.dropout(propagated, self.preset.input_dropout, self.training)
        # One product for all members, since they share the pixels.
        out = torch.addmm(bias.flatten(), propagated, weight.flatten(0, 1).t())
        return out.relu().unflatten(1, weight.shape[:2])

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
        mean, variance = self.state[f"{name}.running_mean"], self.state[f"{name}.running_var"]
        if self.training:
            mean, variance = self._batch_statistics(name, x, counted)
        return (x - mean) * (variance + 1e-5).rsqrt() * weight + bias

    def _batch_statistics(self, name: str, x: Tensor, counted: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance over the superpixels counted, kept as running averages too."""
        there = counted.unsqueeze(-1)
        count = there.sum(0).clamp(min=1)
        mean = (x * there).sum(0) / count
        variance = ((x - mean).square() * there).sum(0) / count
        with torch.no_grad():
            self.state[f"{name}.running_mean"].lerp_(mean, 0.1)
            self.state[f"{name}.running_var"].lerp_(variance * count / (count - 1).clamp(min=1), 0.1)
        return mean, variance

    def external(
        self, scale: int, graph: ScaleGraph, means: Tensor, present: Tensor, counted: Tensor
    ) -> Tensor:
        """External branch.

        Parameters
        ----------
        means : Tensor (superpixels, members, channels)
        present : Tensor (superpixels, members)
            1, or 0 for superpixels that are cut out for a member.
        counted : Tensor (superpixels, members)
            1 for superpixels that the statistics of the normalisation are taken over, else 0.

        Returns
        -------
        Tensor (superpixels, members, classes)
        """
        name = f"external.{scale}"
        degree = (graph.adjacency @ present) + 1
        scaling = (present * degree.rsqrt()).unsqueeze(-1)
        x = self.norm(f"{name}.norm_0", means, counted) * scaling
        x = (graph.adjacency @ x + x) * scaling
        x = self.linear(f"{name}.conv_1.lin", x, bias=f"{name}.conv_1.bias").relu()
        x = self.norm(f"{name}.norm_1", x, counted)
        neighbours = graph.adjacency @ (x * present.unsqueeze(-1))
        x = self.linear(f"{name}.conv_2.lin_rel", neighbours) + self.linear(f"{name}.conv_2.lin_root", x)
        return self.head(name, self.norm(f"{name}.norm_2", x.relu(), counted))

    def spectrum(self, x: Tensor) -> Tensor:
        """Spectrum branch of pixels (pixels, members, elements); returns logits (pixels, members, classes)."""
        members = x.shape[1]
        x = F.dropout(x, self.preset.input_dropout, self.training)
        for k, (_, stride) in enumerate(self.preset.kernels(x.shape[2])):
            weight, bias = self.state[f"spectrum.convs.{k}.weight"], self.state[f"spectrum.convs.{k}.bias"]
            flat = x.flatten(1, 2) if x.dim() == 4 else x
            x = F.conv1d(flat, weight.flatten(0, 1), bias.flatten(), stride=stride, groups=members).relu()
            x = x.unflatten(1, (members, -1))
        return self.head("spectrum", x.flatten(2))


@dataclass
class LabelledScale:
    """What training needs of one scale: the receptive field of the labelled pixels.

    Attributes
    ----------
    graph : ScaleGraph
        Pixels of the superpixels within two external hops of a labelled pixel.
    rows : SparseMatrix (labelled, pixels)
        Rows of A^3 of the distinct labelled pixels.
    pick : Tensor (members, cells) of int64
        Row of ``rows`` of each member's labelled pixels.
    superpixel : Tensor (members, cells) of int64
    present : Tensor (superpixels, members)
        0 where a superpixel is cut out for a member.
    counted : Tensor (superpixels, members)
        1 where a superpixel counts in the statistics of the normalisation.
    """

    graph: ScaleGraph
    rows: SparseMatrix
    pick: Tensor
    superpixel: Tensor
    present: Tensor
    counted: Tensor


def labelled_scale(graph: ScaleGraph, cells: Tensor, held_out: Tensor, whole: bool) -> LabelledScale:
    """Prepare one scale for training.

    Parameters
    ----------
    graph : ScaleGraph
        The whole map.
    cells : Tensor (members, cells) of int64
        Labelled pixels of each member.
    held_out : Tensor (members, pixels) of bool
        Held-out region of each member.
    whole : bool
        Keep the whole map, and normalise over it, instead of the receptive field and the labelled superpixels.
    """
    distinct, pick = torch.unique(cells, return_inverse=True)
    rows = selection(distinct, graph.superpixel.numel())
    for _ in range(3):
        rows = rows.after(graph.propagation)
    cut = (graph.mean @ held_out.t().float()) > 0
    field = torch.zeros(graph.mean.shape[0], 1, device=cells.device)
    field[graph.superpixel[distinct]] = 1
    for _ in range(2):
        field += graph.adjacency @ field
    keep = torch.nonzero((field[graph.superpixel, 0] > 0) | whole).flatten()
    part = ScaleGraph(
        graph.propagated[keep],
        graph.superpixel[keep],
        averaging(graph.superpixel[keep], graph.mean.shape[0]),
        graph.adjacency,
        graph.propagation,
    )
    columns = rows.after(selection(keep, graph.superpixel.numel()).transpose())
    present = (~cut).float()
    superpixel = graph.superpixel[cells]
    labelled = torch.zeros_like(present).scatter_(0, superpixel.t(), 1.0)
    return LabelledScale(part, columns, pick, superpixel, present, present if whole else present * labelled)


def _labelled_logits(engine: Engine, number: int, scale: LabelledScale) -> tuple[Tensor, Tensor]:
    """Spatial logits (cells, members, classes) of the labelled pixels at one scale, and whether theirs is cut out."""
    members = torch.arange(scale.pick.shape[0], device=scale.pick.device)
    hidden = engine.hidden(number, scale.graph.propagated)
    parts = []
    if "internal" in engine.branches:
        near = scale.rows @ hidden
        parts.append(engine.internal(number, engine.second_weight(number, near[scale.pick.t(), members])))
    if "external" in engine.branches:
        logits = engine.external(number, scale.graph, scale.graph.mean @ hidden, scale.present, scale.counted)
        parts.append(logits[scale.superpixel.t(), members])
    return torch.stack(parts).mean(0), scale.present[scale.superpixel.t(), members]


def training_logits(engine: Engine, x: Tensor, scales: list[LabelledScale]) -> tuple[Tensor, Tensor]:
    """Logits of the labelled pixels.

    Parameters
    ----------
    engine : Engine
    x : Tensor (cells, members, elements)
        Spectra of each member's labelled pixels.
    scales : list of LabelledScale

    Returns
    -------
    logits : Tensor (cells, members, classes)
    usable : Tensor (cells, members)
        0 for pixels whose superpixel is cut out at every scale.
    """
    parts = []
    usable = torch.ones(x.shape[:2], device=x.device)
    if engine.branches != ("spectrum",):
        logits, there = zip(*(_labelled_logits(engine, k, s) for k, s in enumerate(scales)), strict=True)
        present = torch.stack(there).unsqueeze(-1)
        count = present.sum(0)
        usable = (count > 0).float().squeeze(-1)
        parts.append((torch.stack(logits) * present).sum(0) / count.clamp(min=1))
    if "spectrum" in engine.branches:
        parts.append(engine.spectrum(x))
    return torch.stack(parts).mean(0), usable
