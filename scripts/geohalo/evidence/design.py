"""Designs of experiments: which levels of several choices to run when there is no time for all combinations."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import qmc

#: Exchanges that are tried for each level of each run.
EXCHANGES = 20


def space_filling_design(n_levels: Sequence[int], n_runs: int, seed: int) -> np.ndarray:
    """Choose the runs of a comparison over several choices.

    All combinations (full factorial) where there are no more of them than runs. Else a Latin hypercube is mapped to
    levels, and the levels of one choice are exchanged between two runs as long as that repeats no more runs and makes
    the design more uniform (wrap-around discrepancy of the levels' midpoints). Uniform designs hold all pairs of
    levels about equally often, so that the effects of the choices can be told apart.

    Parameters
    ----------
    n_levels : sequence of int
        Number of levels of each of C choices, at least 1.
    n_runs : int
        Runs at most.
    seed : int
        Seed of the draws. Another seed is another design.

    Returns
    -------
    (R, C) int array
        Level of each choice in each run, from 0. **Every level of a choice occurs equally often, within one run.**

    Raises
    ------
    ValueError
        Without choices or runs, or for a choice without a level.

    References
    ----------
    McKay, Beckman & Conover (1979), A comparison of three methods for selecting values of input variables in the
    analysis of output from a computer code, Technometrics 21, 239-245. Fang, Lin, Winker & Zhang (2000), Uniform
    design: theory and application, Technometrics 42, 237-248.
    """
    levels = np.asarray(n_levels, dtype=np.int64)
    if levels.size == 0 or levels.min() < 1 or n_runs < 1:
        raise ValueError(f"{n_runs} runs over choices with {list(n_levels)} levels make no design")
    if float(np.prod(levels.astype(float))) <= n_runs:
        return np.stack(np.meshgrid(*map(np.arange, levels), indexing="ij"), axis=-1).reshape(-1, len(levels))
    generator = np.random.default_rng(seed)
    hypercube = qmc.LatinHypercube(len(levels), scramble=False, seed=generator).random(n_runs)
    # The strata of a hypercube, one for each run, are dealt to the levels in equal shares.
    design = np.floor(hypercube * n_runs).astype(np.int64) * levels // n_runs
    return _more_uniform(design, levels, generator)


def _more_uniform(design: np.ndarray, levels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Exchange levels between runs, which leaves each level as often as it is."""
    best = _unevenness(design, levels)
    for _ in range(EXCHANGES * design.size if len(design) > 1 else 0):
        choice = generator.integers(len(levels))
        one, other = generator.choice(len(design), 2, replace=False)
        if design[one, choice] == design[other, choice]:
            continue
        changed = design.copy()
        changed[[one, other], choice] = design[[other, one], choice]
        unevenness = _unevenness(changed, levels)
        if unevenness <= best:
            design, best = changed, unevenness
    return design


def _unevenness(design: np.ndarray, levels: np.ndarray) -> tuple[int, float]:
    """Return how many runs are repeated, and the discrepancy."""
    repeated = len(design) - len(np.unique(design, axis=0))
    return repeated, float(qmc.discrepancy((design + 0.5) / levels, method="WD"))
