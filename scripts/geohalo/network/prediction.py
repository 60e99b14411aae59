"""Prediction of the whole map by stacked members, band by band and over blocks of superpixels, in bounded memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from geohalo.network.encoding import Encoding
from geohalo.network.engine import Engine, class_count, kept_features
from geohalo.network.labelled import external_of
from geohalo.network.memory import BAND_CELLS
from geohalo.network.scales import Block, ScaleGraph
from geohalo.network.trained import Trained
from geohalo.network.values import Values, values_of

#: Bytes of the features that one block may take on its way through the network, on the CPU most of them in its cache.
BLOCK_BYTES = {"cpu": 1 << 24, "cuda": 1 << 27}


def row_blocks(n: int, size: int) -> Iterator[slice]:
    """Cut ``n`` rows into slices of at most ``size``."""
    for start in range(0, n, size):
        yield slice(start, min(n, start + size))


def band_logits(trained: Trained, band: slice) -> Tensor:
    """Logits of the cells of a band, before the temperature: Tensor (members, classes, cells), on the CPU."""
    engine, graphs = trained.engine(), trained.graphs
    spatial = {"internal", "external"} & set(engine.branches)
    parts = engine.parts(len(graphs) if spatial else 0)
    weights = dict(zip(parts, engine.weights().unbind(1), strict=True))
    logits = torch.zeros(trained.members, class_count(trained.state), band.stop - band.start)
    seen = [Seen.of(graph, band, "external" in engine.branches) for graph in (graphs if spatial else [])]
    scales = list(zip(graphs, seen, strict=False))
    fields = (graph.pixels(one.field) for graph, one in scales)
    values = values_of(trained.values, chain([torch.arange(band.start, band.stop)], fields))
    encode = trained.encode if values is trained.values else replace(trained.encode, values=values)
    for scale, (graph, one) in enumerate(scales):
        _add_scale(engine, scale, graph, one, encode, weights, logits)
    if "spectrum" in engine.branches:
        _add_spectrum(engine, values, band, weights["spectrum", 0], logits)
    if "covariates" in engine.branches:
        _add_covariates(engine, values, band, weights["covariates", 0], logits)
    if "linear" in engine.branches:
        _add_linear(engine, values, band, weights["linear", 0], logits)
    return logits


@torch.no_grad()
def predict_logits(trained: Trained) -> Tensor:
    """Logits of every cell, before the temperature: Tensor (members, classes, cells), on the CPU."""
    bands = list(row_blocks(len(trained.values), BAND_CELLS))
    if len(bands) == 1:
        return band_logits(trained, bands[0])
    logits = torch.empty(trained.members, class_count(trained.state), len(trained.values))
    for band in bands:
        logits[:, :, band] = band_logits(trained, band)
    return logits


@torch.no_grad()
def predict_bands(trained: Trained) -> Iterator[tuple[slice, np.ndarray]]:
    """Probabilities band by band, each member with its temperature.

    Yields
    ------
    band : slice
        Cells, in their order.
    score : ndarray (members, scores, cells of the band) of float32
        With two classes the probability of the second one (scores = 1), else of every class.
    """
    for band in row_blocks(len(trained.values), BAND_CELLS):
        logits = band_logits(trained, band)
        if trained.temperature is not None:
            logits /= trained.temperature.view(-1, 1, 1)
        if logits.shape[1] == 2:
            yield band, (logits[:, 1:] - logits[:, :1]).sigmoid_().numpy()
        else:
            yield band, logits.softmax(1).numpy()


def predict(trained: Trained) -> np.ndarray:
    """Probabilities of every cell, (members, scores, cells) of float32; see `predict_bands`."""
    return np.concatenate([score for _, score in predict_bands(trained)], axis=2)


@dataclass(frozen=True)
class Seen:
    """Superpixels of one scale that the logits of a band depend on.

    Attributes
    ----------
    band : slice
        Its cells.
    own : Tensor (superpixels,) of int64
        Those that hold a cell of the band, ascending numbers of the map.
    field : Tensor (superpixels,) of int64
        These and, with the external branch, those within two external steps, ascending.
    """

    band: slice
    own: Tensor
    field: Tensor

    @classmethod
    def of(cls, graph: ScaleGraph, band: slice, external: bool) -> "Seen":
        """Look at one scale."""
        there = torch.zeros(graph.n_superpixels, dtype=torch.bool, device=graph.start.device)
        there[graph.superpixel[band].long()] = True
        own = torch.nonzero(there).flatten()
        wider = external and len(own) < graph.n_superpixels
        return cls(band, own, graph.within(own, 2) if wider else own)


def superpixel_means(
    engine: Engine,
    scale: int,
    graph: ScaleGraph,
    encode: Encoding,
    visit: Callable[[Block, Tensor], None] | None = None,
    superpixels: Tensor | None = None,
) -> Tensor:
    """Means of the first hidden layer over each superpixel, block by block.

    Parameters
    ----------
    engine : Engine
    scale : int
    graph : ScaleGraph
    encode : Encoding
    visit : callable, optional
        Called with each block and its hidden layer (pixels, members, channels).
    superpixels : Tensor, optional
        Those that are wanted, ascending; all of the map when left out.

    Returns
    -------
    Tensor (superpixels, members, channels)
    """
    columns = kept_features(engine.state, engine.preset)
    weight = engine.first_weight(scale, columns)
    members, channels, features = weight.shape
    widest = members * channels * (1 if visit is None else 3) + 4 * features
    number = graph.n_superpixels if superpixels is None else len(superpixels)
    means, done = weight.new_empty(number, members, channels), 0
    flat = weight.flatten(0, 1).t()
    for block in graph.blocks(max(1024, BLOCK_BYTES[weight.device.type] // (4 * widest)), superpixels):
        x = block.propagate(encode.of_columns(block.pixels, columns))
        hidden = torch.addmm(flat[-1], x, flat[:-1]).relu_()
        rows = slice(done, done + len(block.superpixels))
        means[rows], done = block.means(hidden).unflatten(1, (members, channels)), rows.stop
        if visit is not None:
            visit(block, hidden.unflatten(1, (members, channels)))
    return means


def _add_scale(
    engine: Engine,
    scale: int,
    graph: ScaleGraph,
    seen: Seen,
    encode: Encoding,
    weights: dict[tuple[str, int], Tensor],
    logits: Tensor,
) -> None:
    """Add the weighted logits of the internal and external branch at one scale to those of a band."""
    band, own, field = seen.band, seen.own, seen.field

    def add_internal(block: Block, hidden: Tensor) -> None:
        second = engine.second_weight(scale, hidden)
        internal = engine.internal(scale, block.propagate(second)) * weights["internal", scale].view(-1, 1)
        inside = (block.pixels >= band.start) & (block.pixels < band.stop)
        whole = bool(inside.all())
        cells = block.pixels - band.start
        _add(logits, cells if whole else cells[inside], internal if whole else internal[inside])

    visit = add_internal if "internal" in engine.branches else None
    means = superpixel_means(engine, scale, graph, encode, visit, own)
    if "external" not in engine.branches:
        return
    place = torch.searchsorted(field, own)
    if len(own) < len(field):
        around = torch.ones(len(field), dtype=torch.bool, device=field.device)
        around[place] = False
        both = means.new_empty(len(field), *means.shape[1:])
        both[place] = means
        both[around] = superpixel_means(engine, scale, graph, encode, superpixels=field[around])
        means = both
    weight = weights["external", scale]
    external = engine.external(scale, external_of(graph, field, len(weight)), means) * weight.view(-1, 1)
    for rows in row_blocks(band.stop - band.start, 1 << 20):
        superpixel = graph.superpixel[band.start + rows.start : band.start + rows.stop].long()
        _add(logits, rows, external[torch.searchsorted(field, superpixel)])


def _add(logits: Tensor, cells: Tensor | slice, part: Tensor) -> None:
    """Add logits (cells, members, classes) of some cells."""
    where = cells.to(logits.device) if isinstance(cells, Tensor) else cells
    logits[:, :, where] += part.permute(1, 2, 0).to(logits.device)


def _spectra(values: Values, band: slice, weight: Tensor, widest: int) -> Iterator[tuple[slice, Tensor]]:
    """Spectra (cells, members, elements) of a band for each member alike, at ``widest`` bytes a cell."""
    size = max(256, BLOCK_BYTES[weight.device.type] // widest)
    for rows in row_blocks(band.stop - band.start, size):
        spectra = values[band.start + rows.start : band.start + rows.stop].to(weight.device)
        yield rows, spectra.unsqueeze(1).expand(-1, len(weight), -1)


def _add_spectrum(engine: Engine, values: Values, band: slice, weight: Tensor, logits: Tensor) -> None:
    """Add the weighted logits of the spectrum branch to those of a band."""
    widest = max(engine.preset.spectrum) * values.shape[1] * 8  # of one member: they go one after another
    for rows, spectra in _spectra(values, band, weight, widest):
        _add(logits, rows, engine.spectrum(spectra) * weight.view(-1, 1))


def _add_covariates(engine: Engine, values: Values, band: slice, weight: Tensor, logits: Tensor) -> None:
    """Add the weighted logits of the branch of the covariates to those of a band."""
    widest = 8 * len(weight) * values.shape[1]
    for rows, columns in _spectra(values, band, weight, widest):
        _add(logits, rows, engine.covariates(columns) * weight.view(-1, 1))


def _add_linear(engine: Engine, values: Values, band: slice, weight: Tensor, logits: Tensor) -> None:
    """Add the weighted logits of the linear term to those of a band."""
    widest = 8 * len(weight) * values.shape[1]
    for rows, spectra in _spectra(values, band, weight, widest):
        _add(logits, rows, engine.linear_term(spectra) * weight.view(-1, 1))
