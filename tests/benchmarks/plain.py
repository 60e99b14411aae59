"""The published mathematics as a reader would first write it: what the library is compared with.

The network in PyTorch Geometric's layers on the whole map, one member at a time, everything computed anew in every
step. Nothing is slowed down on purpose, and nothing is taken from the library but the definition of the network.
"""

import torch
from geohalo.network.definition import TwoBranch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch_geometric.data import HeteroData


class PlainRun:
    """One member of the published experiment.

    Parameters
    ----------
    network : TwoBranch
        With its initial weights.
    values : Tensor (cells, elements)
    graphs : list of HeteroData
    train, test : (Tensor, Tensor)
        Labelled cells and their classes.
    """

    def __init__(
        self,
        network: TwoBranch,
        values: Tensor,
        graphs: list[HeteroData],
        train: tuple[Tensor, Tensor],
        test: tuple[Tensor, Tensor],
    ):
        self.network, self.values, self.graphs = network, values, graphs
        self.labelled = {"train": train, "test": test}
        self.optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)

    def step(self) -> float:
        """Take one training step over the whole map; returns the loss."""
        self.network.train()
        self.optimiser.zero_grad()
        cells, classes = self.labelled["train"]
        logits = self.network(self.values, self.graphs)
        loss = cross_entropy(logits[cells], classes)
        loss = loss + 1e-4 * sum(parameter.abs().sum() for parameter in self.network.internal.parameters())
        loss.backward()
        clip_grad_norm_(self.network.external.parameters(), 2)
        clip_grad_norm_(self.network.internal.parameters(), 3)
        self.optimiser.step()
        return float(loss.detach())

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Accuracy on training and on test cells, from a forward pass over the whole map."""
        predicted = self.predict().argmax(1)
        return {
            use: float((predicted[cells] == classes).float().mean())
            for use, (cells, classes) in self.labelled.items()
        }

    @torch.no_grad()
    def predict(self) -> Tensor:
        """Probability of the classes in every cell, (cells, classes)."""
        self.network.eval()
        return self.network(self.values, self.graphs).softmax(1)
