"""Memory of training and prediction, estimated before it is allocated."""

import math

import torch
from torch import Tensor

from geohalo.errors import InputError
from geohalo.network.labelled import receptive_field
from geohalo.network.presets import VARIANTS, Preset
from geohalo.network.scales import ScaleGraph

#: Copies of a branch's features (value, result of ReLU, dropout, gradients) that a training step holds: of the external
#: branch before its first convolution, for all superpixels of the field, and from there on for those in the middle.
COPIES = {"internal": 8, "external": 6, "middle": 10, "spectrum": 3}

#: ... of a spectrum branch whose members go one after another, with its features at all frequencies.
COPIES_APART = 7

#: Bytes of the features of a spectrum branch from which on members do not fit into a processor's cache together.
APART_BYTES = 1 << 23

#: Copies of a superpixel's features for each of its neighbours with attention, and how many neighbours there are: those
#: of squares that touch by side or corner.
ATTENTION_COPIES = {"training": 6, "prediction": 3}
NEIGHBOURS = 8

#: Cells of a band that is predicted at a time: logits, the superpixels that it sees and their spectra are held at once.
BAND_CELLS = 1 << 19
#: Superpixels that a band sees, in terms of those that lie in it.
BAND_SHARE = 1.5


def spectrum_activations(n_elements: int, preset: Preset) -> int:
    """Numbers that the convolutions along the spectrum of one cell put out."""
    total, positions = 0, n_elements
    for channels, (size, stride) in zip(preset.spectrum, preset.kernels(n_elements), strict=True):
        positions = (positions - size) // stride + 1
        total += channels * positions
    return total


def spectrum_apart(device: torch.device, n_labelled: int, n_elements: int, preset: Preset) -> bool:
    """Tell whether the spectrum branch is trained one member after another: on the CPU, where it is large enough."""
    return device.type == "cpu" and 4 * n_labelled * spectrum_activations(n_elements, preset) >= APART_BYTES


def training_bytes(
    fields: list[tuple[int, int, int]],
    n_elements: int,
    n_labelled: int,
    variant: str,
    preset: Preset,
    apart: int | None = None,
    n_kept: int | None = None,
) -> tuple[int, int]:
    """Memory of a training step.

    Parameters
    ----------
    fields : list of (pixels, superpixels, middle)
        Receptive field of each scale, and the superpixels in it that the second external convolution sees.
    n_elements, n_labelled : int
    variant : str
    preset : Preset
    apart : int, optional
        How many members go through the spectrum branch at a time, where that are not all of them.
    n_kept : int, optional
        Elements that any member keeps; all when left out.

    Returns
    -------
    shared, each : int
        Bytes that all members share, and bytes for each member.
    """
    branches, (first, second) = VARIANTS[variant], preset.internal
    disturbed = 2 if preset.input_dropout else 1
    features = preset.features(n_elements if n_kept is None else n_kept) + 1
    # Spectra of the field, and later the random numbers of what is dropped of them.
    shared, each = 4 * n_elements * max((pixels for pixels, *_ in fields), default=0), 0
    for pixels, superpixels, middle in fields:
        shared += 4 * pixels * features * (1 + disturbed)
        if "internal" in branches:
            each += 4 * n_labelled * (first + second) * COPIES["internal"]
        if "external" in branches:
            copies = COPIES["external"] + NEIGHBOURS * ATTENTION_COPIES["training"] * preset.attention
            each += 4 * (superpixels * copies + middle * COPIES["middle"]) * max(first, *preset.external)
    if "spectrum" in branches:
        spectra = 4 * n_labelled * spectrum_activations(n_elements, preset)
        if apart is None:
            each += spectra * COPIES["spectrum"]
        else:
            shared += spectra * COPIES_APART * apart
    return shared, each


def prediction_bytes(
    superpixels: list[int], n_cells: int, n_classes: int, variant: str, preset: Preset
) -> int:
    """Memory of the prediction of one member: logits and scores of a band, features of its superpixels at a scale."""
    copies = 6 + NEIGHBOURS * ATTENTION_COPIES["prediction"] * preset.attention
    external = max(superpixels, default=0) * max(preset.internal[0], *preset.external) * copies
    return 4 * (2 * n_cells * n_classes + (external if "external" in VARIANTS[variant] else 0))


def predicted_at_once(
    graphs: list[ScaleGraph], n_cells: int, n_classes: int, variant: str, preset: Preset, memory: float
) -> int:
    """How many members to predict together: as many as fit into memory (gigabytes), and one where none does."""
    share = min(1.0, BAND_SHARE * BAND_CELLS / n_cells)
    superpixels = [math.ceil(share * graph.n_superpixels) for graph in graphs]
    each = prediction_bytes(superpixels, min(n_cells, BAND_CELLS), n_classes, variant, preset)
    return max(1, int(memory * 1e9 // each))


def members_at_once(
    n_members: int,
    cells: Tensor,
    graphs: list[ScaleGraph],
    n_elements: int,
    variant: str,
    preset: Preset,
    memory: float,
    n_kept: int = 0,
) -> int:
    """How many members to train together: as many as fit into memory, or fewer where all parts then move fewer bytes.

    Parameters
    ----------
    cells : Tensor (members, labelled) of int64
        Labelled cells.
    n_elements : int
    variant : str
    preset : Preset
    memory : float
        Gigabytes that features may take.
    n_kept : int
        Elements that a member keeps, at most; 0 for all.

    Raises
    ------
    InputError
        If a single member does not fit; the message names what to change.
    """
    apart = "spectrum" in VARIANTS[variant] and spectrum_apart(
        cells.device, cells.shape[1], n_elements, preset
    )
    at_a_time = min(n_members, torch.get_num_threads()) if apart else None

    def bytes_of(some: Tensor) -> int:
        """Bytes of the training of members with these labelled cells."""
        fields, size = [_field(graph, some, preset) for graph in graphs], len(some)
        kept = min(n_elements, n_kept * size) if n_kept else n_elements
        shared, each = training_bytes(fields, n_elements, cells.shape[1], variant, preset, at_a_time, kept)
        return shared + size * each

    # On a large map every member has ground of its own: fewer of them see less of that of the others, for nothing.
    best, least, needed = 0, math.inf, 0
    for size in sorted({math.ceil(n_members / parts) for parts in range(1, n_members + 1)}, reverse=True):
        each_part = [bytes_of(some) for some in cells.split(size)]
        needed = max(each_part)
        if needed <= memory * 1e9 and sum(each_part) < least:
            best, least = size, sum(each_part)
        if best and cells.device.type != "cpu":
            break  # a GPU is faster the more it has to do at once
    if best:
        return best
    raise InputError(
        f"one member of {variant} needs about {needed / 1e9:.2g} GB, and network.memory allows {memory:g} GB. Raise "
        "network.memory if the machine has more, or choose smaller superpixels (larger superpixels.n_segments), "
        "fewer scales, a larger grid.cell, or network.preset: default."
    )


def _field(graph: ScaleGraph, cells: Tensor, preset: Preset) -> tuple[int, int, int]:
    """Size of what the labelled cells (members, labelled) of some members see at one scale; see `training_bytes`."""
    kept = receptive_field(graph, cells, preset)
    middle = len(kept)
    if preset.normalisation != "map":
        middle = len(graph.within(torch.unique(graph.superpixel[cells].long()), 1))
    return int(torch.diff(graph.start)[kept].sum()), len(kept), middle
