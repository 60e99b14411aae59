"""What rocks, halos and people do to each element, as shifts of the natural log concentration.

The numbers are rounded, textbook-like contrasts (a shift of 0.7 doubles a concentration, -0.7
halves it), damped to what the fine fraction of stream sediments keeps of them. None is fitted to a
survey.
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
        "Fe": 0.18, "Ti": 0.2, "V": 0.22, "Cr": 0.24, "Co": 0.24, "Ni": 0.24, "Mn": 0.16,
        "Mg": 0.2, "Cu": 0.2, "Zn": 0.1, "P": 0.12, "Si": -0.04, "K": -0.08, "U": -0.06,
        "Th": -0.06,
    },
    "lithophile": {
        "K": 0.12, "Na": 0.16, "Be": 0.18, "La": 0.16, "Nb": 0.18, "Th": 0.2, "U": 0.2, "Y": 0.16,
        "Zr": 0.16, "Sn": 0.18, "W": 0.2, "Bi": 0.16, "Ba": 0.12, "F": 0.1, "Pb": 0.1,
        "Ca": -0.08, "Mg": -0.08,
    },
    "carbonate": {
        "Ca": 0.4, "Mg": 0.24, "Sr": 0.28, "Na": 0.08, "Si": -0.06, "Al": -0.06, "Zr": -0.08, "B": -0.08,
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

# Genetic types of deposits. A zone says how far from the deposit an element goes (core < main <
# front).
HALO_TYPES: dict[str, dict[str, Signature]] = {
    "gold": {
        "core": {"Au": 2.35, "Bi": 0.65, "W": 1.55, "Mo": 0.4},
        "main": {"Au": 1.55, "As": 1.45, "Ag": 0.5, "Cu": 0.4, "K": 0.3},
        "front": {"As": 0.65, "Sb": 1.95, "Hg": 1.7, "B": 0.5, "Ba": 0.3},
        "depleted": {"Na": -0.8, "Ca": -0.7, "Sr": -0.3, "Mg": -0.25, "Mn": -0.35, "Zr": -0.15},
    },
    "polymetallic": {
        "core": {"Cu": 1.55, "Bi": 1.95, "W": 0.65, "Mo": 1.45, "Sn": 1.05},
        "main": {"Pb": 1.8, "Zn": 1.55, "Ag": 1.55, "Cd": 1.95, "Mn": 0.8, "As": 0.45},
        "front": {"Sb": 0.6, "Hg": 0.4, "Au": 0.4, "F": 0.45, "Zn": 0.25},
        "depleted": {"Na": -0.6, "Sr": -0.8, "Ba": -0.4, "Ca": -0.25, "Co": -0.3, "Ni": -0.25},
    },
}
PATHFINDERS = ("Ag", "As", "Au", "Bi", "Cd", "Cu", "Hg", "Mo", "Pb", "Sb", "W", "Zn")
DEPLETED = ("Na", "Sr", "Ca")

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

# Standard deviation of sampling and analysis (natural log). Gold is the worst: few, discrete
# grains.
NUGGET_DEFAULT = 0.14
NUGGET: Signature = {
    "Au": 0.5, "Ag": 0.28, "Hg": 0.35, "Bi": 0.28, "W": 0.3, "Sn": 0.25, "Mo": 0.25, "Cd": 0.3,
    "Sb": 0.28, "As": 0.25, "B": 0.2, "Zr": 0.2, "Pb": 0.18, "Al": 0.05, "Fe": 0.07, "K": 0.06,
    "Na": 0.09, "Mg": 0.08, "Ca": 0.12, "Si": 0.03,
}  # fmt: skip

# Detection limits as a share of the upper-crust abundance; the other elements are far above theirs.
DETECTION_LIMIT_SHARE: Signature = {
    "Au": 0.5, "Hg": 0.45, "Bi": 0.55, "Mo": 0.5, "W": 0.6, "Sb": 0.5, "Cd": 0.5, "Ag": 0.6,
    "As": 0.45, "Sn": 0.5, "B": 0.5, "Be": 0.4, "U": 0.4,
}  # fmt: skip


def as_matrix(signatures: list[Signature]) -> np.ndarray:
    """Turn signatures into a (signature, element) array in the order of `ELEMENTS`, 0 where not named."""
    return np.array(
        [[signature.get(element, 0.0) for element in ELEMENTS] for signature in signatures],
        dtype=float,
    )
