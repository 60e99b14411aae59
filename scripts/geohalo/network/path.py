"""The line from the survey's mean spectrum to its cube, along which a score is attributed to elements."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from geohalo.network.encoding import Encoding
from geohalo.network.engine import Engine, class_count
from geohalo.network.scales import Block
from geohalo.network.trained import Trained

#: Bytes that the features of a block of pixels may take on their way: most of the time goes to passes over them.
BLOCK_BYTES = 1 << 24


@dataclass(frozen=True)
class Explained:
    """A trained network, as its map is explained.

    Attributes
    ----------
    engine : Engine
        In evaluation mode, with two classes.
    shares : Tensor (members, parts)
        What the logits of each part count for in the mean of the members' calibrated logits.
    steps : int
        Steps from the mean spectrum to the cube.
    """

    engine: Engine
    shares: Tensor
    steps: int

    @classmethod
    def of(cls, trained: Trained, steps: int) -> "Explained":
        """Put the members together with the temperature of each.

        Raises
        ------
        ValueError
            With more than two classes: there is no background that a class would differ from.
        """
        classes = class_count(trained.state)
        if classes != 2:
            raise ValueError(f"attribution takes two classes; this network has {classes}")
        engine = trained.engine()
        shares = engine.weights()
        if trained.temperature is not None:
            shares = shares / trained.temperature.to(shares).view(-1, 1)
        return cls(engine, shares / len(shares), steps)

    def share(self, branch: str, scale: int = 0) -> Tensor:
        """Shares (members,) of a branch at one scale."""
        spatial = {"internal", "external"} & set(self.engine.branches)
        others = len(self.engine.branches) - len(spatial)
        scales = (self.shares.shape[1] - others) // max(1, len(spatial))
        return self.shares[:, self.engine.parts(scales).index((branch, scale))]


class PathBlock:
    """A block of pixels on the way, in what the graph branch sees of them.

    Attributes
    ----------
    linear : bool
        Whether the features grow in proportion to the values.
    """

    def __init__(self, engine: Engine, scale: int, block: Block, encode: Encoding):
        self.block, self.encode = block, encode
        self.linear = encode.edges is None
        weight = engine.first_weight(scale)
        self.shape, self.flat = weight.shape[:2], weight.flatten(0, 1).t()

    @cached_property
    def full(self) -> Tensor:
        """Propagated features (pixels, features) of the cube itself."""
        return self.block.propagate(self.encode(self.block.pixels))

    def features(self, share: float) -> Tensor:
        """Propagated features (pixels, features) at a share of the way."""
        if self.linear or share == 1.0:
            return self.full if share == 1.0 else self.full * share
        return self.block.propagate(self.encode(self.block.pixels, share))

    def change(self, step: int, steps: int) -> Tensor:
        """By how much the features change in one of the steps, (pixels, features)."""
        if self.linear:
            return self.full / steps
        return self.features((step + 1) / steps) - self.features(step / steps)

    def first_layer(self, share: float) -> Tensor:
        """First layer before its ReLU, (pixels, members, channels), at a share of the way."""
        features, grown = (self.full, share) if self.linear else (self.features(share), 1.0)
        return torch.addmm(self.flat[-1], features, self.flat[:-1], alpha=grown).unflatten(1, self.shape)

    @cached_property
    def sizes(self) -> list[tuple[Tensor, Tensor, Tensor]]:
        """Superpixels of like size together, for products of one superpixel after another.

        For each class of size the superpixels (numbered within the block), their pixels (superpixels, most pixels),
        and for each of these 1 / the superpixel's size, or 0 where it fills a row up.
        """
        size = torch.bincount(self.block.local, minlength=len(self.block.superpixels))
        start = torch.cumsum(size, 0) - size
        classes = size.float().log2().ceil()
        found = []
        for one in classes.unique():
            some = torch.nonzero(classes == one).flatten()
            own = size[some].unsqueeze(1)
            place = torch.arange(int(own.max()), device=size.device)
            there = place < own
            found.append((some, torch.where(there, start[some].unsqueeze(1) + place, 0), there / own))
        return found
