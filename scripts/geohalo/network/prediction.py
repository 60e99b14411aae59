"""Prediction of the whole map by stacked members, streamed over blocks of superpixels in bounded memory."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from geohalo.network.encoding import Encoding
from geohalo.network.engine import Engine, class_count
from geohalo.network.labelled import external_of_map
from geohalo.network.scales import Block, ScaleGraph
from geohalo.network.trained import Trained

#: Bytes of the features that one block may take on its way through the network.
BLOCK_BYTES = 1 << 27


def row_blocks(n: int, size: int) -> Iterator[slice]:
    """Cut ``n`` rows into slices of at most ``size``."""
    for start in range(0, n, size):
        yield slice(start, min(n, start + size))


@torch.no_grad()
def predict_logits(trained: Trained) -> Tensor:
    """Logits of every cell, before the temperature: Tensor (members, classes, cells), on the CPU."""
    engine, values, graphs = trained.engine(), trained.values, trained.graphs
    spatial = {"internal", "external"} & set(engine.branches)
    parts = engine.parts(len(graphs) if spatial else 0)
    weights = dict(zip(parts, engine.weights().unbind(1), strict=True))
    logits = torch.zeros(trained.members, class_count(trained.state), len(values))
    for scale, graph in enumerate(graphs if spatial else []):
        _add_scale(engine, scale, graph, trained.encode, weights, logits)
    if "spectrum" in engine.branches:
        _add_spectrum(engine, values, weights["spectrum", 0], logits)
    if "covariates" in engine.branches:
        _add_covariates(engine, values, weights["covariates", 0], logits)
    if "linear" in engine.branches:
        _add_linear(engine, values, weights["linear", 0], logits)
    return logits


@torch.no_grad()
def predict(trained: Trained) -> np.ndarray:
    """Probabilities of every cell, each member with its temperature.

    Returns
    -------
    ndarray (members, scores, cells) of float32
        With two classes the probability of the second one (scores = 1), else of every class.
    """
    logits = predict_logits(trained)
    if trained.temperature is not None:
        logits /= trained.temperature.view(-1, 1, 1)
    if logits.shape[1] == 2:
        return (logits[:, 1:] - logits[:, :1]).sigmoid_().numpy()
    return logits.softmax(1).numpy()


def superpixel_means(
    engine: Engine,
    scale: int,
    graph: ScaleGraph,
    encode: Encoding,
    visit: Callable[[Block, Tensor], None] | None = None,
) -> Tensor:
    """Means of the first hidden layer over each superpixel of the map, block by block.

    Parameters
    ----------
    engine : Engine
    scale : int
    graph : ScaleGraph
    encode : Encoding
    visit : callable, optional
        Called with each block and its hidden layer (pixels, members, channels).

    Returns
    -------
    Tensor (superpixels, members, channels)
    """
    weight = engine.first_weight(scale)
    members, channels, features = weight.shape
    widest = members * channels * (1 if visit is None else 3) + 4 * features
    means = weight.new_empty(graph.n_superpixels, members, channels)
    flat = weight.flatten(0, 1).t()
    for block in graph.blocks(max(1024, BLOCK_BYTES // (4 * widest))):
        x = block.propagate(encode(block.pixels))
        hidden = torch.addmm(flat[-1], x, flat[:-1]).relu_()
        means[block.superpixels] = block.means(hidden).unflatten(1, (members, channels))
        if visit is not None:
            visit(block, hidden.unflatten(1, (members, channels)))
    return means


def _add_scale(
    engine: Engine,
    scale: int,
    graph: ScaleGraph,
    encode: Encoding,
    weights: dict[tuple[str, int], Tensor],
    logits: Tensor,
) -> None:
    """Add the weighted logits of the internal and external branch at one scale."""

    def add_internal(block: Block, hidden: Tensor) -> None:
        second = engine.second_weight(scale, hidden)
        internal = engine.internal(scale, block.propagate(second))
        _add(logits, block.pixels, internal * weights["internal", scale].view(-1, 1))

    visit = add_internal if "internal" in engine.branches else None
    means = superpixel_means(engine, scale, graph, encode, visit)
    if "external" in engine.branches:
        weight = weights["external", scale]
        external = engine.external(scale, external_of_map(graph, len(weight)), means) * weight.view(-1, 1)
        for rows in row_blocks(len(graph.superpixel), 1 << 20):
            _add(logits, rows, external[graph.superpixel[rows].long()])


def _add(logits: Tensor, cells: Tensor | slice, part: Tensor) -> None:
    """Add logits (cells, members, classes) of some cells."""
    where = cells.to(logits.device) if isinstance(cells, Tensor) else cells
    logits[:, :, where] += part.permute(1, 2, 0).to(logits.device)


def _add_spectrum(engine: Engine, values: Tensor, weight: Tensor, logits: Tensor) -> None:
    """Add the weighted logits of the spectrum branch."""
    device, members = weight.device, len(weight)
    widest = max(engine.preset.spectrum) * values.shape[1] * members * 8
    for rows in row_blocks(len(values), max(256, BLOCK_BYTES // widest)):
        spectra = values[rows].to(device).unsqueeze(1).expand(-1, members, -1)
        _add(logits, rows, engine.spectrum(spectra) * weight.view(-1, 1))


def _add_covariates(engine: Engine, values: Tensor, weight: Tensor, logits: Tensor) -> None:
    """Add the weighted logits of the branch of the covariates."""
    for rows in row_blocks(len(values), max(256, BLOCK_BYTES // (8 * len(weight) * values.shape[1]))):
        columns = values[rows].to(weight.device).unsqueeze(1).expand(-1, len(weight), -1)
        _add(logits, rows, engine.covariates(columns) * weight.view(-1, 1))


def _add_linear(engine: Engine, values: Tensor, weight: Tensor, logits: Tensor) -> None:
    """Add the weighted logits of the linear term."""
    for rows in row_blocks(len(values), max(256, BLOCK_BYTES // (8 * len(weight) * values.shape[1]))):
        spectra = values[rows].to(weight.device).unsqueeze(1).expand(-1, len(weight), -1)
        _add(logits, rows, engine.linear_term(spectra) * weight.view(-1, 1))
