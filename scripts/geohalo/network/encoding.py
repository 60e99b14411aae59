"""What the graph branch sees of a cell: its values, encoded over their quantiles, with their local contrast."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from geohalo.network.presets import Preset
from geohalo.network.scales import ScaleGraph
from geohalo.network.values import Values

#: Cells that quantiles are computed from, evenly spread over the map.
QUANTILE_CELLS = 200_000


@dataclass(frozen=True)
class Encoding:
    """From the cube's values to the features of the graph branch.

    Attributes
    ----------
    values : Tensor (cells, elements) or StoredValues
        The cube; may be memory-mapped.
    edges : Tensor (inputs, bins + 1) or None
        Quantiles of each input.
    means : Tensor (superpixels, elements) or None
        Means of the coarsest superpixels, for the local contrast.
    superpixel : Tensor (cells,) or None
        Coarsest superpixel of each cell.
    """

    values: Values
    edges: Tensor | None = None
    means: Tensor | None = None
    superpixel: Tensor | None = None

    def of_columns(self, pixels: Tensor, columns: Tensor | None) -> Tensor:
        """Some of the features of some pixels, (pixels, columns); all of them when left out."""
        features = self(pixels)
        return features if columns is None else features[:, columns]

    def __call__(self, pixels: Tensor, share: float = 1.0) -> Tensor:
        """Features (pixels, features) of some pixels: the bins of one element lie side by side.

        With ``share`` those of a cube whose values are all that much of what they are; 0 is the mean spectrum.
        """
        inputs = self._inputs(pixels)
        inputs = inputs if share == 1.0 else inputs * share
        return inputs if self.edges is None else piecewise_linear(inputs, self.edges).flatten(1)

    def _inputs(self, pixels: Tensor) -> Tensor:
        values = self.values[pixels.to(self.values.device)].to(pixels.device)
        if self.means is None or self.superpixel is None:
            return values
        return torch.cat([values, values - self.means[self.superpixel[pixels].long()]], dim=1)

    def by_element(self, features: Tensor) -> Tensor:
        """Add up features (..., features) that belong to the same element, (..., elements)."""
        elements = self.values.shape[1]
        if features.shape[-1] == elements:
            return features
        bins = 1 if self.edges is None else self.edges.shape[1] - 1
        return features.unflatten(-1, (-1, elements, bins)).sum((-3, -1))

    @classmethod
    def of(cls, values: Values, graphs: list[ScaleGraph], preset: Preset) -> "Encoding":
        """Fit the encoding of a preset; sees every cell and no label."""
        encoding = cls(values)
        if preset.contrast and graphs:
            coarsest = min(graphs, key=lambda graph: graph.n_superpixels)
            encoding = cls(values, None, superpixel_means(values, coarsest), coarsest.superpixel)
        if preset.encoding and graphs:
            device = graphs[0].superpixel.device
            some = torch.arange(0, len(values), max(1, len(values) // QUANTILE_CELLS), device=device)
            edges = quantiles(encoding._inputs(some).cpu().numpy(), preset.encoding)
            encoding = cls(values, edges.to(device), encoding.means, encoding.superpixel)
        return encoding


def quantiles(inputs: np.ndarray, bins: int) -> Tensor:
    """Edges (inputs, bins + 1) of bins that hold the same number of cells."""
    edges = np.quantile(inputs, np.linspace(0, 1, bins + 1), axis=0)
    return torch.as_tensor(np.ascontiguousarray(edges.T), dtype=torch.float32)


def piecewise_linear(inputs: Tensor, edges: Tensor) -> Tensor:
    r"""Encode each input piecewise-linearly over its quantiles.

    Bin t of an input x is 0 below its lower edge, 1 above its upper edge and linear between (Gorishniy et al. 2022, On
    Embeddings for Numerical Features in Tabular Deep Learning, eq. 1); less 1/2, so that features centre on 0.

    Parameters
    ----------
    inputs : Tensor (pixels, inputs)
    edges : Tensor (inputs, bins + 1)
        Ascending; equal edges (ties) make a step.

    Returns
    -------
    Tensor (pixels, inputs, bins)
    """
    lower, width = edges[:, :-1], torch.diff(edges, dim=1).clamp(min=1e-6)
    return ((inputs.unsqueeze(-1) - lower) / width).clamp_(0, 1).sub_(0.5)


def superpixel_means(values: Values, graph: ScaleGraph) -> Tensor:
    """Means (superpixels, elements) of the values over each superpixel."""
    sums = torch.zeros(graph.n_superpixels, values.shape[1], device=graph.superpixel.device)
    for block in graph.blocks(1 << 18):
        sums[block.superpixels] = block.means(values[block.pixels.to(values.device)].to(sums.device))
    return sums
