"""Training of stacked members, and their predictions."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from geohalo.network.engine import (
    Engine,
    LabelledScale,
    ScaleGraph,
    Stacked,
    initial_members,
    is_trained,
    labelled_scale,
    training_logits,
)
from geohalo.network.presets import PRESETS, VARIANTS, Preset

#: Bytes that the features of the members trained or predicted together may take.
MEMORY = 1_500_000_000


@dataclass(frozen=True)
class Members:
    """Labelled cells of all members.

    Attributes
    ----------
    seeds : ndarray (members,) of int
        Seed of the initial weights.
    cells : ndarray (members, labelled) of int
        Labelled cells (row-major order inside the mask).
    labels : ndarray (members, labelled) of int
        Class of each; -1 fills up members with fewer cells.
    held_out : ndarray (members, cells) of bool
        Held-out region of each member's fold.
    """

    seeds: np.ndarray
    cells: np.ndarray
    labels: np.ndarray
    held_out: np.ndarray

    def __getitem__(self, part: slice) -> "Members":
        return Members(self.seeds[part], self.cells[part], self.labels[part], self.held_out[part])

    def __len__(self) -> int:
        return len(self.seeds)


@dataclass(frozen=True)
class Result:
    """Outcome of `train_and_predict`.

    Attributes
    ----------
    score : ndarray (members, cells) of float32
        Probability of the halo class.
    state : dict of Tensor
        Stacked parameters.
    history : ndarray (members, epochs) of float32
        Training loss.
    """

    score: np.ndarray
    state: Stacked
    history: np.ndarray


def choose_device(name: str) -> torch.device:
    """Resolve ``auto`` to a CUDA GPU when there is one, else the CPU.

    Raises
    ------
    RuntimeError
        If ``cuda`` is asked for and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise RuntimeError(
            "network.device is 'cuda', but torch finds no CUDA GPU. Set it to 'auto' or 'cpu'."
        )
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def class_weights(labels: Tensor, n_classes: int) -> Tensor:
    """Weight of each labelled cell, (members, labelled): classes weigh alike, a member's sum is 1, fillers are 0."""
    one_hot = torch.nn.functional.one_hot(labels.clamp(min=0), n_classes) * (labels >= 0).unsqueeze(-1)
    count = one_hot.sum(1, keepdim=True)
    present = (count > 0).sum(-1, keepdim=True)
    return (one_hot / (count.clamp(min=1) * present)).sum(-1)


def clip_members(gradients: list[Tensor], largest: float) -> None:
    """Scale each member's gradient down to a norm of at most ``largest``, in place."""
    norm = torch.stack([g.flatten(1).norm(dim=1) for g in gradients]).norm(dim=0)
    scale = (largest / (norm + 1e-6)).clamp(max=1)
    for gradient in gradients:
        gradient.mul_(scale.view(-1, *[1] * (gradient.dim() - 1)))


def _losses(
    engine: Engine, x: Tensor, labels: Tensor, weights: Tensor, scales: list[LabelledScale], n_classes: int
) -> Tensor:
    """Cross-entropy (on logits) of each member, with the preset's L1 penalty."""
    logits, usable = training_logits(engine, x, scales)
    weights = weights * usable
    each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    loss = (each.view_as(weights) * weights).sum(0) / weights.sum(0).clamp(min=1e-6)
    if engine.preset.l1_internal:
        inner = [p.abs().flatten(1).sum(1) for n, p in engine.state.items() if n.startswith("internal.")]
        loss = loss + engine.preset.l1_internal * sum(inner)
    return loss


def train(
    state: Stacked,
    x: Tensor,
    members: Members,
    scales: list[LabelledScale],
    preset: Preset,
    variant: str,
    progress: Callable[[int, float], None],
) -> np.ndarray:
    """Train stacked members in place, full batch, for the preset's number of epochs.

    No held-out cell is used, not even to choose the epoch to keep.

    Parameters
    ----------
    state : dict of Tensor
        Stacked parameters; changed in place.
    x : Tensor (cells, elements)
        The cube.
    members : Members
    scales : list of LabelledScale
    preset : Preset
    variant : str
    progress : callable
        Called with epoch and mean loss.

    Returns
    -------
    ndarray (members, epochs)
        Training loss.
    """
    n_classes = next(p for name, p in state.items() if name.endswith("head.3.bias")).shape[1]
    labels = torch.as_tensor(members.labels, device=x.device).long()
    weights = class_weights(labels, n_classes).t().contiguous()
    labels = labels.clamp(min=0).t().contiguous()
    spectra = x[torch.as_tensor(members.cells, device=x.device).t()]
    trained = {name: p.requires_grad_() for name, p in state.items() if is_trained(name)}
    optimiser = torch.optim.Adam(
        trained.values(), lr=preset.learning_rate, weight_decay=preset.weight_decay, foreach=True
    )
    engine = Engine(state, preset, VARIANTS[variant], training=True)
    limits = {"internal.": preset.clip_internal, "external.": preset.clip_external}
    history = []
    for epoch in range(preset.epochs):
        optimiser.zero_grad()
        losses = _losses(engine, spectra, labels, weights, scales, n_classes)
        # Members share no parameters, so the gradient of the sum is each member's own.
        losses.sum().backward()
        for branch, largest in limits.items():
            if largest is not None:
                grads = [p.grad for n, p in trained.items() if n.startswith(branch) and p.grad is not None]
                clip_members(grads, largest) if grads else None
        optimiser.step()
        history.append(losses.detach().cpu().numpy())
        progress(epoch, float(losses.detach().mean()))
    for parameter in trained.values():
        parameter.requires_grad_(False)
    return np.stack(history, axis=1)


def _blocks(n: int, size: int) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, start + size)


@torch.no_grad()
def predict(state: Stacked, x: Tensor, graphs: list[ScaleGraph], preset: Preset, variant: str) -> Tensor:
    """Probability of the classes in every cell, for stacked members.

    Returns
    -------
    Tensor (cells, members, classes)
    """
    engine = Engine(state, preset, VARIANTS[variant])
    n_members = next(iter(state.values())).shape[0]
    parts: list[Tensor] = []
    if variant != "spectrum":
        parts.append(
            torch.stack([_predict_scale(engine, k, g, n_members) for k, g in enumerate(graphs)]).mean(0)
        )
    if "spectrum" in engine.branches:
        widest = max(preset.spectrum) * x.shape[1] * n_members * 8
        blocks = [
            engine.spectrum(x[rows].unsqueeze(1).expand(-1, n_members, -1))
            for rows in _blocks(len(x), max(256, MEMORY // 2 // widest))
        ]
        parts.append(torch.cat(blocks))
    return torch.stack(parts).mean(0).softmax(-1)


def _predict_scale(engine: Engine, scale: int, graph: ScaleGraph, n_members: int) -> Tensor:
    """Logits (cells, members, classes) of the spatial branch at one scale."""
    hidden = engine.hidden(scale, graph.propagated)
    parts = []
    if "internal" in engine.branches:
        second = engine.second_weight(scale, hidden)
        for _ in range(3):
            second = graph.propagation @ second
        parts.append(engine.internal(scale, second))
    if "external" in engine.branches:
        present = torch.ones(graph.mean.shape[0], n_members, device=hidden.device)
        parts.append(engine.external(scale, graph, graph.mean @ hidden, present, present)[graph.superpixel])
    return torch.stack(parts).mean(0)


def member_bytes(
    n_cells: int, n_elements: int, n_labelled: int, n_scales: int, variant: str, preset: Preset
) -> int:
    """Estimate the memory that one member's features take in training.

    Three copies (value, result of ReLU, gradient) of the hidden layer of every pixel at every scale, and of the
    activations along the spectrum of every labelled pixel.
    """
    spatial = n_cells * preset.internal[0] * n_scales
    spectrum, positions = 0, n_elements
    if "spectrum" in VARIANTS[variant]:
        for channels, (size, stride) in zip(preset.spectrum, preset.kernels(n_elements), strict=True):
            positions = (positions - size) // stride + 1
            spectrum += n_labelled * channels * positions
    return 3 * 4 * (spatial + spectrum)


@contextmanager
def repeatable() -> Iterator[None]:
    """Sum gradients in one order, so that threads do not change their rounding; the former state comes back."""
    before, warn = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    # Without warn_only a GPU would need a setting of its own before the program starts.
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn)


def train_and_predict(
    values: np.ndarray,
    graphs: list[dict],
    members: Members,
    preset: str = "default",
    variant: str = "fusion",
    epochs: int | None = None,
    device: str = "auto",
    report: Callable[[str], None] = print,
) -> Result:
    """Train all members and predict the whole map with each.

    Parameters
    ----------
    values : ndarray (cells, elements)
        Standardised cube inside the mask.
    graphs : list of dict
        Arrays of each scale (see `geohalo.superpixels.graph.SuperpixelGraph`).
    members : Members
    preset, variant : str
    epochs : int, optional
        Instead of the preset's own number.
    device : {"auto", "cpu", "cuda"}
    report : callable
        Receives lines of progress.

    Returns
    -------
    Result
    """
    where = choose_device(device)
    recipe = PRESETS[preset]
    if epochs is not None:
        recipe = replace(recipe, epochs=epochs)
    x = torch.as_tensor(values, dtype=torch.float32, device=where)
    scales = [ScaleGraph.from_arrays(graph, where) for graph in graphs] if variant != "spectrum" else []
    n_cells, n_elements = values.shape
    each = member_bytes(n_cells, n_elements, members.cells.shape[1], len(scales), variant, recipe)
    # Parts of like size, so that no member is left to train alone.
    parts = math.ceil(len(members) / max(1, MEMORY // each))
    size = math.ceil(len(members) / parts)
    report(f"{len(members)} members of {variant} ({preset}), {size} at once, on {where}")
    results = []
    for part in _blocks(len(members), size):
        report(f"members {part.start + 1} to {min(part.stop, len(members))}")
        with repeatable():
            results.append(_train_part(x, scales, members[part], recipe, variant, report))
    return Result(
        np.concatenate([r.score for r in results]),
        {name: torch.cat([r.state[name] for r in results]) for name in results[0].state},
        np.concatenate([r.history for r in results]),
    )


def _train_part(
    x: Tensor,
    scales: list[ScaleGraph],
    members: Members,
    recipe: Preset,
    variant: str,
    report: Callable[[str], None],
) -> Result:
    """Train and predict with members that fit into memory together."""
    start = time.perf_counter()
    state = initial_members([int(s) for s in members.seeds], x.shape[1], len(scales), recipe, variant)
    state = {name: p.to(x.device) for name, p in state.items()}
    cells = torch.as_tensor(members.cells, device=x.device).long()
    held_out = torch.as_tensor(members.held_out, device=x.device)
    whole = recipe.normalisation == "map"
    labelled = [labelled_scale(graph, cells, held_out, whole) for graph in scales]

    def progress(epoch: int, loss: float) -> None:
        if (epoch + 1) % max(1, recipe.epochs // 10) == 0:
            spent = time.perf_counter() - start
            left = spent / (epoch + 1) * (recipe.epochs - epoch - 1)
            report(f"epoch {epoch + 1} of {recipe.epochs}: loss {loss:.3f}, {spent:.0f} s, {left:.0f} s left")

    torch.manual_seed(int(members.seeds[0]))
    history = train(state, x, members, labelled, recipe, variant, progress)
    score = predict(state, x, scales, recipe, variant)[..., 1].t().contiguous()
    return Result(score.cpu().numpy(), {name: p.cpu() for name, p in state.items()}, history)
