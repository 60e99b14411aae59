"""Why here: how much each element adds to the score of every cell, by branch.

Integrated gradients (Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks) of the difference of the
logits, anomalous less background, along the straight line from the survey's mean spectrum (0 in the standardised cube)
to the cube. The whole map walks that line at once: what a cell owes to an element is what the values of that element
add in the cell itself and, through the graphs, in the cells around it. Steps are taken by secants (`secants`), so that
the elements add up to the change of the logit whatever the number of steps; more steps share it out more exactly.

The branches differ in what they need. The linear term says itself what each element adds. Of the spectrum branch a cell
sees itself alone, and one pass backward gives all elements. In the internal branch it sees A^3 of the pixels of its
superpixel: the gradient is taken back to the second convolution in the cell, and from there pair by pair. In the
external branch all elements are carried forward together, over superpixels, which are few.
"""

from collections.abc import Iterator
from dataclasses import replace

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from geohalo.network.encoding import Encoding
from geohalo.network.path import BLOCK_BYTES, Explained, PathBlock
from geohalo.network.prediction import predict_logits, row_blocks
from geohalo.network.scales import HOPS, Block, ScaleGraph
from geohalo.network.secants import difference, relu_slope
from geohalo.network.sparse import SparseMatrix
from geohalo.network.superpixel_steps import external_attribution
from geohalo.network.trained import Trained
from geohalo.network.values import Values

#: Steps from the mean spectrum to the cube.
STEPS = 8
#: Pixels within `HOPS` steps of one, itself included.
REACH = 2 * HOPS * (HOPS + 1) + 1


@torch.no_grad()
def attributions(trained: Trained, steps: int = STEPS) -> Iterator[tuple[str, Tensor]]:
    """Attribute the calibrated logit of every cell to the elements, branch by branch.

    Parameters
    ----------
    trained : Trained
        The mean of its members is explained.
    steps : int
        Steps from the mean spectrum to the cube.

    Yields
    ------
    branch : str
        Branches of the network (`engine.branches_of`), in their order.
    attribution : Tensor (cells, elements), on the CPU
        In log-odds, as it counts in the fused logit. Elements and branches add up to the difference of the two columns
        of `logit_differences`.

    Raises
    ------
    ValueError
        With more than two classes.
    """
    explained, values = Explained.of(trained, steps), trained.values
    for branch in trained.branches:
        total = torch.zeros(len(values), values.shape[1])
        if branch == "spectrum":
            _add_spectrum(explained, values, total)
        if branch == "covariates":
            _add_covariates(explained, values, total)
        if branch == "linear":
            weight = explained.share("linear") @ trained.state["linear.weight"]
            for rows in row_blocks(len(total), 1 << 18):
                torch.mul(values[rows], weight.to(values.device), out=total[rows])
        for scale, graph in enumerate(trained.graphs if branch in ("internal", "external") else []):
            if branch == "internal":
                _add_internal(explained, scale, graph, trained.encode, total)
            else:
                external = external_attribution(explained, scale, graph, trained.encode)
                for rows in row_blocks(len(total), 1 << 18):
                    total[rows] += external[graph.superpixel[rows].long().cpu()]
        yield branch, total


@torch.no_grad()
def logit_differences(trained: Trained) -> Tensor:
    """Mean calibrated logit, anomalous less background, of every cell at the mean spectrum and at its own.

    Returns
    -------
    Tensor (cells, 2), on the CPU
    """
    # The same quantiles at both ends of the line.
    nothing = torch.zeros(1, 1).expand(trained.values.shape)
    encode, temperature = trained.encode, trained.temperature
    means = None if encode.means is None else torch.zeros_like(encode.means)
    ends = []
    at_mean = replace(trained, values=nothing, encode=replace(encode, values=nothing, means=means))
    for end in (at_mean, trained):
        logits = predict_logits(end)
        if temperature is not None:
            logits /= temperature.to(logits).view(-1, 1, 1)
        ends.append((logits[:, 1] - logits[:, 0]).mean(0))
    return torch.stack(ends, dim=1)


def _add_internal(
    explained: Explained, scale: int, graph: ScaleGraph, encode: Encoding, total: Tensor
) -> None:
    """Add the attribution of the internal branch at one scale."""
    engine = explained.engine
    members, channels, columns = engine.first_weight(scale).shape
    each = 4 * (2 * explained.steps * members * channels + REACH * (3 * channels + 2 * columns))
    for block in graph.blocks(max(256, BLOCK_BYTES // each)):
        part = _internal_block(explained, scale, PathBlock(engine, scale, block, encode))
        total[block.pixels.to(total.device)] += part.to(total.device)


def _internal_block(explained: Explained, scale: int, path: PathBlock) -> Tensor:
    """Attribution of the internal branch for the pixels of a block, (pixels, elements)."""
    engine, share = explained.engine, explained.share("internal", scale)
    weight = engine.first_weight(scale)[:, :, :-1]
    rows, columns, gather = _third_power(path.block)
    slopes, gradients = _internal_path(explained, scale, path)
    out = path.features(1.0).new_zeros(len(path.block.pixels), weight.shape[2])
    linear = path.linear
    for member, own in enumerate(weight):
        pairs = torch.zeros(len(rows), own.shape[0], device=own.device)
        for k, (slope, gradient) in enumerate(zip(slopes, gradients, strict=True)):
            pairs.addcmul_(
                gradient[:, member].index_select(0, rows), slope[:, member].index_select(0, columns)
            )
            if not linear:
                change = path.change(k, explained.steps).index_select(0, columns)
                out.add_(gather @ (pairs @ own).mul_(change), alpha=float(share[member]))
                pairs.zero_()
        if linear:  # each step changes the features alike
            change = path.change(0, explained.steps).index_select(0, columns)
            out.add_(gather @ (pairs @ own).mul_(change), alpha=float(share[member]))
    return path.encode.by_element(out)


def _third_power(block: Block) -> tuple[Tensor, Tensor, SparseMatrix]:
    """Pairs of pixels that A^3 joins, and the matrix (pixels, pairs) that adds the pairs of a pixel up with it."""
    once = block.propagation()
    cubed = once
    for _ in range(HOPS - 1):
        cubed = once.after(cubed)
    rows, columns, values = cubed.entries()
    crow = cubed.matrix.crow_indices()
    number = torch.arange(len(values), device=values.device)
    shape = (len(block.pixels), len(values))
    return rows, columns, SparseMatrix(torch.sparse_csr_tensor(crow, number, values, shape))


def _internal_path(explained: Explained, scale: int, path: PathBlock) -> tuple[list[Tensor], list[Tensor]]:
    """Follow a block along the path.

    Returns
    -------
    slopes : list of Tensor (pixels, members, channels)
        Of the first hidden layer, for each step.
    gradients : list of Tensor (pixels, members, channels)
        Of the difference of the logits of a pixel by its own row of A^3 times the first hidden layer.
    """
    engine, state, name = explained.engine, explained.engine.state, f"internal.{scale}"
    second, bias = state[f"{name}.conv_2.lin.weight"], state[f"{name}.conv_2.lin.bias"]
    hidden, last = state[f"{name}.head.1.weight"], difference(engine, name)[0]
    slopes, gradients, before = [], [], None
    for k in range(explained.steps + 1):
        first = path.first_layer(k / explained.steps)
        middle = path.block.propagate(engine.second_weight(scale, first.relu())) + bias
        top = engine.linear(f"{name}.head.1", middle.relu())
        if before is not None:
            gradient = relu_slope(before[2], top) * last
            gradient = torch.einsum("nmj,mji->nmi", gradient, hidden) * relu_slope(before[1], middle)
            gradients.append(torch.einsum("nmo,moi->nmi", gradient, second))
            slopes.append(relu_slope(before[0], first))
        before = (first, middle, top)
    return slopes, gradients


def _add_spectrum(explained: Explained, values: Values, total: Tensor) -> None:
    """Add the attribution of the spectrum branch."""
    engine, share = explained.engine, explained.share("spectrum")
    order = engine.state["spectrum.order"][0]
    gate = engine.state["gate"][:, order] if "gate" in engine.state else None
    positions = engine.preset.kernels(len(order))
    widest = max(engine.preset.spectrum) * len(order) * (2 * len(positions) + 2) * 4
    for rows in row_blocks(len(values), max(256, BLOCK_BYTES // widest)):
        spectra = values[rows].to(share.device)[:, order]
        part = torch.zeros_like(spectra)
        for member in range(len(share)):
            seen = spectra * gate[member] if gate is not None else spectra
            part.add_(_spectrum_block(explained, member, seen), alpha=float(share[member]))
        total[rows, order.to(total.device)] += part.to(total.device)


def _spectrum_block(explained: Explained, member: int, spectra: Tensor) -> Tensor:
    """Attribution (cells, elements) of one member's spectrum branch to spectra (cells, elements) in its order."""
    engine, state = explained.engine, explained.engine.state
    strides = [stride for _, stride in engine.preset.kernels(spectra.shape[1])]
    weights = [state[f"spectrum.convs.{k}.weight"][member] for k in range(len(strides))]
    biases = [state[f"spectrum.convs.{k}.bias"][member] for k in range(len(strides))]
    hidden, hidden_bias = (state[f"spectrum.head.1.{part}"][member] for part in ("weight", "bias"))
    last = difference(engine, "spectrum")[0][member]
    once = F.conv1d(spectra.unsqueeze(1), weights[0], stride=strides[0])
    gathered, before = torch.zeros_like(once), None
    for k in range(explained.steps + 1):
        layers = [once * (k / explained.steps) + biases[0].unsqueeze(1)]
        for weight, bias, stride in zip(weights[1:], biases[1:], strides[1:], strict=True):
            layers.append(F.conv1d(layers[-1].relu(), weight, bias, stride))
        top = torch.addmm(hidden_bias, layers[-1].relu().flatten(1), hidden.t())
        if before is not None:
            slopes = [relu_slope(*ends) for ends in zip(before[0], layers, strict=True)]
            gradient = (relu_slope(before[1], top) * last) @ hidden
            gradient = gradient.view_as(layers[-1]) * slopes[-1]
            for level in range(len(strides) - 1, 0, -1):
                back = _transposed(gradient, weights[level], strides[level], layers[level - 1].shape[2])
                gradient = back.mul_(slopes[level - 1])
            gathered += gradient
        before = (layers, top)
    back = _transposed(gathered, weights[0], strides[0], spectra.shape[1])
    return back.squeeze(1) * spectra / explained.steps


def _add_covariates(explained: Explained, values: Values, total: Tensor) -> None:
    """Add the attribution of the branch of the covariates."""
    engine, state, share = explained.engine, explained.engine.state, explained.share("covariates")
    weight, bias = state["covariates.head.1.weight"], state["covariates.head.1.bias"]
    last, columns = difference(engine, "covariates")[0], weight.shape[2]
    for rows in row_blocks(len(values), max(256, BLOCK_BYTES // (16 * weight.shape[:2].numel()))):
        seen = values[rows].to(share.device).unsqueeze(1).expand(-1, len(share), -1)
        seen = engine.gated(seen)[..., -columns:]
        once = torch.einsum("nmi,moi->nmo", seen, weight)
        before, gathered = bias.expand_as(once), torch.zeros_like(once)
        for k in range(1, explained.steps + 1):
            top = once * (k / explained.steps) + bias
            gathered += relu_slope(before, top)
            before = top
        gradient = torch.einsum("nmo,moi->nmi", gathered * last, weight) / explained.steps
        part = torch.einsum("nmi,m->ni", gradient * seen, share)
        total[rows, total.shape[1] - columns :] += part.to(total.device)


def _transposed(gradient: Tensor, weight: Tensor, stride: int, length: int) -> Tensor:
    """Take a gradient back through a convolution, to its ``length`` positions."""
    rest = (length - weight.shape[2]) % stride
    return F.conv_transpose1d(gradient, weight, stride=stride, output_padding=rest)
