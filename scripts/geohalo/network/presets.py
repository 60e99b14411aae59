"""Presets: the sizes and the training recipe of the two-branch network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from geohalo.errors import InputError

#: Branches of each variant. ``internal`` and ``external`` together are the spatial branch. With a preset that has a
#: linear term every variant has that as well, and none has a branch of covariates where there are none (`branches_in`).
VARIANTS: dict[str, tuple[str, ...]] = {
    "fusion": ("internal", "external", "spectrum", "covariates"),
    "spectrum": ("spectrum",),
    "spatial": ("internal", "external"),
    "internal": ("internal",),
    "external": ("external",),
    "linear": (),
    # Of a survey with covariates: what each kind of data finds alone. Superpixels are made from elements, so that what
    # knows covariates alone sees no graph of them.
    "geochemistry": ("internal", "external", "spectrum"),
    "covariates": ("covariates",),
}
#: Variants that see one kind of data alone; every survey with covariates has them.
KINDS = ("geochemistry", "covariates")


def branches_in(variant: str, covariates: bool, linear: bool) -> tuple[str, ...]:
    """Return the branches of a variant in a survey with or without covariates; where there is one, the linear term."""
    there = [name for name in VARIANTS[variant] if covariates or name != "covariates"]
    return (*there, "linear") if linear else tuple(there)


#: Weight decay, at most, with more than two classes: branches that a linear term is there for may be shrunk to
#: corrections, but those of several classes have none, and with 0.03 they forget what they learn.
CLASS_DECAY = 1e-2

Kernels = list[tuple[int, int]]


def published_kernels(n_elements: int) -> Kernels:
    """Kernel sizes of the published spectrum branch, for any number of elements.

    Four convolutions without padding reduce ``n_elements`` positions to one, so that their kernel sizes less one add up
    to ``n_elements - 1``: spread evenly, the remainder going to the last ones (10, 10, 11, 11 at 39 elements).

    Returns
    -------
    list of (kernel size, stride)

    Raises
    ------
    ValueError
        For fewer than 5 elements, where a kernel would have a single position.
    """
    steps, remainder = divmod(n_elements - 1, 4)
    if steps < 1:
        raise ValueError(
            f"preset 'reference' needs at least 5 elements for its four convolutions along the spectrum; "
            f"this cube has {n_elements}. Use network.preset: default."
        )
    return [(steps + 1 + (k >= 4 - remainder), 1) for k in range(4)]


def lean_kernels(n_elements: int) -> Kernels:
    """Kernel sizes of the lean spectrum branch: two strided convolutions, then one over all positions that are left.

    Returns
    -------
    list of (kernel size, stride)
    """
    kernels: Kernels = []
    positions = n_elements
    for _ in range(2):
        size = min(5, positions)
        kernels.append((size, 2))
        positions = (positions - size) // 2 + 1
    return [*kernels, (positions, 1)]


@dataclass(frozen=True)
class Preset:
    """Sizes and recipe of a network.

    Attributes
    ----------
    internal, external : (int, int)
        Channels of the two graph convolutions of each branch.
    spectrum : tuple of int
        Channels of the convolutions along the spectrum.
    kernels : callable
        From the number of elements to (kernel size, stride) of each of them.
    hidden : int
        Hidden units of each classifier head.
    dropout : float
        Share of the features dropped before each head.
    normalisation : {"map", "labelled"}
        Batch normalisation with statistics over the superpixels of the whole map (published), or over those that hold
        a labelled cell of the member: only the latter lets a network train on its receptive field, whatever the
        size of the map. Running averages are used for prediction in either case.
    epsilon : float
        Added to the variance in the normalisation. Channels that hardly vary over the labelled superpixels are else
        enlarged without bound wherever they do vary.
    epochs, learning_rate, weight_decay
        Adam, full batch.
    l1_internal : float
        L1 penalty on the parameters of the internal branch.
    clip_internal, clip_external : float or None
        Largest norm of the gradient of a branch.
    encoding : int
        Bins of the piecewise-linear encoding of each element before the graph branch; 0 for the value itself.
    contrast : bool
        Give the graph branch, beside each value, its difference from the mean of the coarsest superpixel.
    fusion : {"published", "learned", "validated"}
        Weights of the branches: fixed, learned from the published ones on, or fitted to the validation cells of inner
        members of the same fold and shrunk to the published ones (`geohalo.network.fusion`).
    attention : bool
        Weigh the neighbours of a superpixel by learned attention (GATv2) with their direction and distance, in place
        of the GCNConv.
    loss : {"cross_entropy", "positive_unlabelled"}
        The second holds that an unlabelled cell is of the halo class with probability ``prior``.
    separate_losses : bool
        Each part of the network (internal and external at each scale, spectrum) learns by the loss of its own logits.
        With the loss of the fused logits, the part that remembers the training cells soonest leaves the others
        nothing to learn.
    prior : float
        Share of the ground that is halo; for the positive-unlabelled loss.
    label_smoothing : float
        Probability that the cross-entropy gives to the other classes.
    group_weights : bool
        Every group of deposits weighs alike among the positives, however many cells it has.
    variance_penalty : float
        Weight of the variance of the loss over groups of deposits.
    input_dropout : float
        Share of the cube's values dropped while training, so that no element of a cell is relied on alone.
    pathfinders : int
        Elements that each member keeps in all of its branches: those by which its groups of deposits differ from
        background most alike (`geohalo.pathfinders`). 0 keeps all.
    linear : bool
        Add a linear term over the kept elements, fitted before training (`geohalo.network.linear_term`); the
        branches learn what it leaves over.
    """

    internal: tuple[int, int]
    external: tuple[int, int]
    spectrum: tuple[int, ...]
    kernels: Callable[[int], Kernels]
    hidden: int
    dropout: float
    normalisation: str
    epochs: int
    learning_rate: float
    epsilon: float = 1e-5
    weight_decay: float = 0.0
    l1_internal: float = 0.0
    clip_internal: float | None = None
    clip_external: float | None = None
    encoding: int = 0
    contrast: bool = False
    fusion: str = "published"
    attention: bool = False
    loss: str = "cross_entropy"
    separate_losses: bool = False
    prior: float = 0.05
    label_smoothing: float = 0.0
    group_weights: bool = False
    variance_penalty: float = 0.0
    input_dropout: float = 0.0
    pathfinders: int = 0
    linear: bool = False

    def features(self, n_elements: int) -> int:
        """Number of features that the graph branch sees of each cell."""
        return n_elements * (1 + self.contrast) * max(1, self.encoding)


#: What a preset alone decides: sizes, the kind of normalisation, and the rest of the published recipe. The number of
#: epochs has a config key of its own. All other fields are options of the config, `OPTIONS`.
FIXED = (
    *("internal", "external", "spectrum", "kernels", "hidden", "normalisation", "epochs"),
    *("l1_internal", "clip_internal", "clip_external"),
)
#: Fields that the config section ``network.options`` may change.
OPTIONS = tuple(field.name for field in fields(Preset) if field.name not in FIXED)

# The published branches and fusion at a fraction of the width, as corrections to a linear term over a few elements
# that all groups of deposits share: few deposits do not feed half a million weights.
_LEAN = Preset(
    internal=(32, 32),
    external=(32, 32),
    spectrum=(16, 32, 32),
    kernels=lean_kernels,
    hidden=16,
    dropout=0.5,
    input_dropout=0.5,
    normalisation="labelled",
    epochs=40,
    learning_rate=3e-3,
    # Without these, normalisation over a few dozen superpixels enlarges what hardly varies, and no decay shrinks it.
    epsilon=1.0,
    weight_decay=3e-2,
    separate_losses=True,
    group_weights=True,
    pathfinders=4,
    linear=True,
    fusion="validated",
)

PRESETS = {
    # Xu & Zuo (2024): sizes and recipe of the published experiment.
    "reference": Preset(
        internal=(128, 64),
        external=(128, 64),
        spectrum=(128, 256, 64, 32),
        kernels=published_kernels,
        hidden=16,
        dropout=0.5,
        normalisation="map",
        epochs=150,
        learning_rate=1e-3,
        l1_internal=1e-4,
        clip_internal=3.0,
        clip_external=2.0,
    ),
    "default": _LEAN,
    "learned_fusion": replace(_LEAN, fusion="learned"),
    "attention": replace(_LEAN, attention=True),
    "label_smoothing": replace(_LEAN, label_smoothing=0.1),
    "positive_unlabelled": replace(_LEAN, loss="positive_unlabelled"),
}


def check_task(preset: str, options: Mapping[str, Any], variant: str, n_classes: int) -> None:
    """Stop where a network is not made for its labels.

    Parameters
    ----------
    preset : str
        One of `PRESETS`.
    options : mapping
        Changes to it.
    variant : str
        One of `VARIANTS`.
    n_classes : int
        Classes of the labels.

    Raises
    ------
    InputError
        If the loss is for two classes and there are more, or the variant is a linear term that there is none of.
    """
    recipe = replace(PRESETS[preset], **options)
    if recipe.loss == "positive_unlabelled" and n_classes > 2:
        raise InputError(
            f"the loss positive_unlabelled is for two classes, and the labels have {n_classes}. Choose another "
            "network.preset, or set network.options.loss to cross_entropy."
        )
    if variant == "linear" and (not recipe.linear or n_classes > 2):
        raise InputError(
            f"the variant linear is a linear term alone: {preset} has none, or labels have more than two classes. Take "
            "linear out of network.variants, or set network.options.linear to true."
        )
