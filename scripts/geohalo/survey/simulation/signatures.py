"""What rocks, halos and people do to each element, as shifts of the natural log concentration.

The numbers are rounded, textbook-like contrasts (a shift of 0.7 doubles a concentration, -0.7
halves it), damped to what the fine fraction of stream sediments keeps of them. None is fitted to a
survey, but for the strengths of halos, nugget and regional factors, which were set from what real
surveys have in common (docs/benchmarks.md).
"""

from types import MappingProxyType

import numpy as np

OXIDES = MappingProxyType(
    {"Al": "Al2O3", "Ca": "CaO", "Fe": "Fe2O3", "K": "K2O", "Mg": "MgO", "Na": "Na2O", "Si": "SiO2"}
)
ELEMENTS: tuple[str, ...] = (
    "Ag", "As", "Au", "B", "Ba", "Be", "Bi", "Cd", "Co", "Cr", "Cu", "F", "Hg", "La", "Li",
    "Mn", "Mo", "Nb", "Ni", "P", "Pb", "Sb", "Sn", "Sr", "Th", "Ti", "U", "V", "W", "Y", "Zn",
    "Zr", *OXIDES,
)  # fmt: skip
IN_PPB = frozenset({"Ag", "Au", "Cd", "Hg"})

Signature = dict[str, float]

# In the order of the codes of the truth layer `lithology`.
LITHOLOGIES: dict[str, Signature] = {
    "clastic": {
        "Si": 0.12, "Zr": 0.25, "B": 0.3, "Li": 0.1, "Ca": -0.35, "Na": -0.15, "Sr": -0.3,
        "Mg": -0.1,
    },
    "carbonate": {
        "Ca": 1.3, "Mg": 0.7, "Sr": 0.45, "Cd": 0.5, "F": 0.2, "Hg": 0.25, "Zn": 0.1, "Si": -0.4,
        "Al": -0.45, "Na": -0.9, "K": -0.4, "Ti": -0.35, "Th": -0.4, "Ba": -0.3, "Zr": -0.3,
        "Nb": -0.3, "Be": -0.25, "La": -0.25, "Sn": -0.2,
    },
    "mafic volcanic": {
        "Fe": 0.5, "Ti": 0.6, "V": 0.55, "Cr": 0.7, "Co": 0.6, "Ni": 0.6, "Mg": 0.55, "Cu": 0.6,
        "Mn": 0.4, "Zn": 0.25, "P": 0.3, "Ca": 0.3, "Sr": 0.15, "K": -0.5, "Th": -0.7, "U": -0.6,
        "La": -0.3, "Be": -0.4, "Li": -0.2, "Pb": -0.35, "Si": -0.15, "W": -0.3, "Sn": -0.2,
        "B": -0.3,
    },
    "black shale": {
        "Mo": 1.0, "V": 0.6, "U": 0.6, "Ag": 0.6, "As": 0.6, "Sb": 0.7, "Cd": 0.9, "Ni": 0.4,
        "Cu": 0.35, "Zn": 0.35, "Hg": 0.5, "P": 0.35, "Ba": 0.6, "Au": 0.2, "Na": -0.55,
        "Sr": -0.3, "Ca": -0.4,
    },
    "metamorphic": {
        "Na": 0.35, "Ca": 0.2, "Sr": 0.3, "Ba": 0.2, "Cr": 0.2, "Al": 0.05, "La": 0.15, "Y": 0.15,
        "B": -0.4, "As": -0.35, "Sb": -0.4, "Hg": -0.35, "Cd": -0.2, "Li": -0.2,
    },
    "granite": {
        "K": 0.3, "Na": 0.4, "Be": 0.5, "Li": 0.4, "Th": 0.65, "U": 0.65, "W": 0.7, "Sn": 0.65,
        "Bi": 0.85, "Nb": 0.45, "Y": 0.4, "La": 0.35, "Zr": 0.3, "F": 0.4, "Pb": 0.3, "Mo": 0.35,
        "Fe": -0.4, "Ti": -0.35, "V": -0.55, "Cr": -0.7, "Co": -0.55, "Ni": -0.7, "Cu": -0.35,
        "Mg": -0.6, "Ca": -0.3, "As": -0.2, "Au": -0.2, "Mn": -0.1,
    },
}  # fmt: skip

# Loadings of the regional factors, grouped by geochemical affinity (Goldschmidt's classes and what
# moves
# together in sediments).
REGIONAL_FACTORS: dict[str, Signature] = {
    "ferromagnesian": {
        "Fe": 0.2, "Ti": 0.28, "V": 0.3, "Cr": 0.34, "Co": 0.34, "Ni": 0.34, "Mn": 0.22,
        "Mg": 0.2, "Cu": 0.28, "Zn": 0.14, "P": 0.16, "Si": -0.06, "K": -0.12, "U": -0.09,
        "Th": -0.09,
    },
    "lithophile": {
        "K": 0.12, "Na": 0.16, "Be": 0.18, "La": 0.16, "Nb": 0.18, "Th": 0.2, "U": 0.2, "Y": 0.16,
        "Zr": 0.16, "Sn": 0.18, "W": 0.2, "Bi": 0.16, "Ba": 0.12, "F": 0.1, "Pb": 0.1,
        "Ca": -0.08, "Mg": -0.08,
    },
    "carbonate": {
        "Ca": 0.15, "Mg": 0.1, "Sr": 0.2, "Na": 0.08, "Si": -0.06, "Al": -0.06, "Zr": -0.08, "B": -0.08,
    },
    "chalcophile": {
        "As": 0.32, "Sb": 0.36, "Hg": 0.36, "Au": 0.28, "Ag": 0.2, "Pb": 0.2, "Zn": 0.14,
        "Cd": 0.24, "Cu": 0.16, "Bi": 0.2, "W": 0.16, "Mo": 0.2, "Ba": 0.08,
    },
    "grain size": {
        "Al": 0.1, "K": 0.1, "Li": 0.2, "F": 0.16, "B": 0.24, "Be": 0.1, "V": 0.08, "Fe": 0.08,
        "Cu": 0.08, "Zn": 0.1, "Hg": 0.12, "Si": -0.06, "Zr": -0.24, "Na": -0.16, "Sr": -0.1,
    },
    "organic matter": {
        "Hg": 0.28, "Cd": 0.28, "P": 0.2, "Mn": 0.2, "Mo": 0.16, "U": 0.16, "Pb": 0.12, "Zn": 0.1,
        "Co": 0.1, "Ag": 0.12, "As": 0.08,
    },
}  # fmt: skip

# Types of deposits (`geohalo.simulated_deposits`): on real surveys few elements tell deposits from
# background, those that are mined among them. A zone says how far from the deposit an element goes
# (core < main < front). The strengths were set so that simulated deposits stand out as real ones do
# (docs/benchmarks.md, "Simulated against real surveys").
HALO_TYPES: dict[str, dict[str, Signature]] = {
    "nickel": {
        "core": {"Ni": 0.5, "Cu": 0.4},
        "main": {"Ni": 0.5, "Cu": 0.5, "Co": 0.4},
        "front": {},
        "depleted": {"Zr": -0.25},
    },
    "zinc-lead": {
        "core": {"Zn": 0.4, "Pb": 0.4},
        "main": {"Zn": 0.5, "Pb": 0.5, "Cd": 0.5},
        "front": {},
        "depleted": {"Sr": -0.25},
    },
    "massive sulphide": {
        "core": {"Cu": 0.5},
        "main": {"Cu": 0.4, "Zn": 0.5, "Ag": 0.5},
        "front": {},
        "depleted": {"Na": -0.25},
    },
    "gold": {
        "core": {"Au": 1.0},
        "main": {"Au": 1.0, "As": 0.8},
        "front": {"Sb": 0.5},
        "depleted": {"Na": -0.25},
    },
}
# The regional factor that the ground of a type's deposits moves along, too: many elements a
# little, as they move together elsewhere.
ALONG = MappingProxyType(
    {
        "nickel": "ferromagnesian",
        "zinc-lead": "chalcophile",
        "massive sulphide": "ferromagnesian",
        "gold": "chalcophile",
    }
)
# The rock that most camps of a type lie in; it holds far more barren ground than halos, and looks
# like them in part.
HOSTS = MappingProxyType(
    {
        "nickel": "mafic volcanic",
        "zinc-lead": "carbonate",
        "massive sulphide": "mafic volcanic",
        "gold": "black shale",
    }
)

# Barren zones carry part of a deposit's signature: pathfinders without depletion, or depletion
# without pathfinders.
BARREN_TYPES: dict[str, Signature] = {
    "hot spring": {"As": 0.9, "Sb": 1.0, "Hg": 1.1, "F": 0.4, "Li": 0.3},
    "greisen": {"W": 1.0, "Sn": 0.9, "Bi": 1.1, "Mo": 0.6, "Be": 0.4, "F": 0.4},
    "placer": {"Au": 1.5, "Zr": 0.4, "Ti": 0.2, "Sn": 0.3},
    "manganese crust": {
        "Mn": 0.8,
        "Co": 0.6,
        "Ba": 0.5,
        "Zn": 0.5,
        "Cd": 0.6,
        "Pb": 0.5,
        "Ni": 0.3,
        "Mo": 0.4,
    },
    "feldspar destruction": {"Na": -0.6, "Sr": -0.45, "Ca": -0.4, "K": 0.12, "Al": 0.05},
    "sulphide schist": {"Cu": 0.7, "Zn": 0.5, "Ag": 0.6, "Fe": 0.15, "Co": 0.3, "As": 0.5},
}

# Sources of contamination; what they emit settles roundish around them and depletes nothing.
ANTHROPOGENIC_TYPES: dict[str, Signature] = {
    "town": {
        "Pb": 0.8, "Zn": 0.7, "Cu": 0.5, "Hg": 1.1, "Cd": 0.7, "Sn": 0.7, "Sb": 0.5, "Ag": 0.6,
        "P": 0.4, "Cr": 0.2,
    },
    "smelter": {
        "Pb": 1.1, "Zn": 0.9, "Cd": 1.3, "Cu": 0.6, "As": 0.8, "Sb": 0.8, "Hg": 0.6, "Ag": 0.6,
        "Bi": 0.5,
    },
}  # fmt: skip
ANTHROPOGENIC_ELEMENTS = tuple(sorted(set().union(*ANTHROPOGENIC_TYPES.values())))

# Transported cover: well mixed, near the crust's mean, a little quartz- and carbonate-rich, poor in
# pathfinders.
OVERBURDEN: Signature = {
    "Si": 0.06, "Zr": 0.3, "Ca": 0.25, "Sr": 0.1, "Na": 0.1, "As": -0.1, "Sb": -0.2, "Hg": -0.3,
    "Au": -0.2, "Ag": -0.2, "Cd": -0.2, "Bi": -0.2, "Mo": -0.2, "W": -0.1, "Cu": -0.1, "Pb": -0.1,
    "Zn": -0.1,
}  # fmt: skip

# Standard deviation of what differs from one sample to the next (natural log): sampling, analysis and
# what the ground changes within a sample spacing. Gold is the worst: few, discrete grains.
NUGGET_DEFAULT = 0.29
NUGGET: Signature = {
    "Au": 0.6, "Ag": 0.34, "Hg": 0.42, "Bi": 0.34, "W": 0.36, "Sn": 0.3, "Mo": 0.3, "Cd": 0.36,
    "Sb": 0.34, "As": 0.3, "B": 0.24, "Zr": 0.24, "Pb": 0.22, "Al": 0.06, "Fe": 0.084, "K": 0.072,
    "Na": 0.11, "Mg": 0.096, "Ca": 0.14, "Si": 0.036,
}  # fmt: skip

# Detection limits as a share of the upper-crust abundance; the other elements are far above theirs.
DETECTION_LIMIT_SHARE: Signature = {
    "Au": 0.38, "Hg": 0.26, "Bi": 0.3, "Mo": 0.26, "W": 0.38, "Sb": 0.3, "Cd": 0.26, "Ag": 0.3,
    "As": 0.22, "Sn": 0.3, "B": 0.26, "Be": 0.22, "U": 0.22,
}  # fmt: skip


def as_matrix(signatures: list[Signature]) -> np.ndarray:
    """Turn signatures into a (signature, element) array in the order of `ELEMENTS`, 0 where not named."""
    return np.array(
        [[signature.get(element, 0.0) for element in ELEMENTS] for signature in signatures],
        dtype=float,
    )
