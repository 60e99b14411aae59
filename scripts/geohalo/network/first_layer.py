"""The first layer of the internal branch and what is read from it, in one pass over blocks of pixels.

The hidden layer of all pixels and members is the largest array of the network and the only one that grows with the map,
but only two things are read from it: its means over superpixels, and its neighbourhood (rows of A^3) around labelled
pixels. Here it lives a block at a time, small enough for the processor's cache. For the gradient it is computed again,
which takes less time than to keep where ReLU was open, and no memory.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from geohalo.network.sparse import product

#: Bytes of the hidden layer of one block, on the CPU (of its cache) and on a GPU.
BLOCK_BYTES = {"cpu": 1 << 20, "cuda": 1 << 27}


@dataclass(frozen=True)
class FieldBlock:
    """A run of superpixels of the receptive field.

    Attributes
    ----------
    pixels, superpixels, pairs : slice
        Its rows among the pixels and superpixels of the field and among the pairs of labelled cell and member.
    mean : Tensor (superpixels, pixels)
        Sparse, with its transpose in ``mean_transposed``.
    near : Tensor (pairs, pixels * members) or None
        Sparse, rows of A^3; transpose in ``near_transposed``.
    """

    pixels: slice
    superpixels: slice
    pairs: slice
    mean: Tensor
    mean_transposed: Tensor
    near: Tensor | None
    near_transposed: Tensor | None


def _room(blocks: list[FieldBlock], weight: Tensor) -> Tensor:
    """Memory for the hidden layer of any one block: what is written again and again stays in the cache."""
    return weight.new_empty(max(block.pixels.stop - block.pixels.start for block in blocks), len(weight))


class _FirstLayer(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, weight: Tensor, features: Tensor, blocks: list[FieldBlock], channels: int
    ) -> tuple[Tensor, Tensor]:
        means = weight.new_empty(blocks[-1].superpixels.stop, len(weight))
        near = weight.new_empty(blocks[-1].pairs.stop, channels)
        room = _room(blocks, weight)
        for block in blocks:
            seen = features[block.pixels]
            hidden = torch.mm(seen, weight.t(), out=room[: len(seen)]).relu_()
            product(block.mean, hidden, means[block.superpixels])
            if block.near is not None:
                product(block.near, hidden.view(-1, channels), near[block.pairs])
        ctx.save_for_backward(weight, features)
        ctx.blocks = blocks
        return means, near

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        of_means, of_near = gradients[0].contiguous(), gradients[1].contiguous()
        weight, features = ctx.saved_tensors
        total, room, more = torch.zeros_like(weight), _room(ctx.blocks, weight), _room(ctx.blocks, weight)
        for block in ctx.blocks:
            seen = features[block.pixels]
            gradient = product(block.mean_transposed, of_means[block.superpixels], room[: len(seen)])
            if block.near_transposed is not None:
                gradient.view(-1, of_near.shape[1]).addmm_(block.near_transposed, of_near[block.pairs])
            hidden = torch.mm(seen, weight.t(), out=more[: len(seen)])  # where this is positive ReLU was open
            torch.ops.aten.threshold_backward.grad_input(gradient, hidden, 0, grad_input=gradient)
            total.addmm_(gradient.t(), seen)
        return total, None, None, None


def first_layer(weight: Tensor, features: Tensor, blocks: list[FieldBlock]) -> tuple[Tensor, Tensor]:
    """Apply ReLU(X W) and read its superpixel means and the neighbourhood of labelled pixels.

    Parameters
    ----------
    weight : Tensor (members, channels, features + 1)
        The last column is the bias.
    features : Tensor (pixels, features + 1)
        A^3 X of the field; the last column is 1.
    blocks : list of FieldBlock

    Returns
    -------
    means : Tensor (superpixels, members, channels)
    near : Tensor (pairs, channels)
        Rows of A^3 ReLU(X W) for each pair of a labelled cell and a member.
    """
    means, near = _FirstLayer.apply(weight.flatten(0, 1), features, blocks, weight.shape[1])
    return means.unflatten(1, weight.shape[:2]), near
