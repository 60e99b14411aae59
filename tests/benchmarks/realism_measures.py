"""What a survey looks like to a method: quantities that a simulated survey must share with real ones.

All are measured at the samples, on centred log-ratios that are standardised and cut off as the cube's are, so that no
interpolation stands between. A value below a limit is half of it, a missing one the element's median.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from geohalo.cube.logratio import centred_logratio, standardise
from geohalo.evidence.schemes import group_deposits
from geohalo.pathfinders import group_consistency
from scipy.spatial import KDTree

CLIP = 5.0
#: Random places that as many groups of deposits of the same shapes are moved to: what chance gives.
MOVED = 40
#: Elements whose strength is told, the strongest first.
STRONGEST = (1, 2, 3, 5, 10)
#: Distances at which a factor is compared with itself, in sample spacings.
LAGS = np.arange(1.0, 31.0)


@dataclass(frozen=True)
class Survey:
    """A cleaned survey and its deposits.

    Attributes
    ----------
    values : (S, B) array
        Standardised centred log-ratios of B elements at S samples.
    names : list of str
        The elements.
    places : (S, 2) array
        Metric coordinates of the samples.
    censored : (S, B) bool array
        Below the limit.
    deposits : (D, 2) array
        Metric coordinates of the deposits inside.
    group : (D,) int array
        Group of each.
    radius, background_distance : float
        Samples within the one of a deposit are halo, farther than the other from all are background; metres.
    commodities : sequence of str
        What the deposits are known for.
    """

    values: np.ndarray
    names: list[str]
    places: np.ndarray
    censored: np.ndarray
    deposits: np.ndarray
    group: np.ndarray
    radius: float
    background_distance: float
    commodities: Sequence[str]

    @property
    def spacing(self) -> float:
        """Median distance in metres between neighbouring samples."""
        return float(np.median(KDTree(self.places).query(self.places, k=2)[0][:, 1]))


def survey_of(
    frame: pd.DataFrame, places: np.ndarray, deposits: np.ndarray, labels: dict, commodities: Sequence[str]
) -> Survey:
    """Make a survey of a table of cleaned samples (ppm, with ``<element>_censored`` columns).

    Parameters
    ----------
    frame : DataFrame
        Of S cleaned samples.
    places : (S, 2) array
        Their metric coordinates.
    deposits : (D, 2) array
        Metric coordinates; those with no sample within the label radius are left out.
    labels : dict
        ``radius``, ``background_distance`` and ``group_distance`` in metres.
    commodities : sequence of str
    """
    names = [name.removesuffix("_censored") for name in frame.columns if name.endswith("_censored")]
    logarithms = np.log(frame[names].to_numpy(dtype=float))
    median = np.nanmedian(logarithms, axis=0)
    logarithms = np.where(np.isnan(logarithms), median, logarithms)
    near = KDTree(places).query(deposits)[0] <= labels["radius"]
    return Survey(
        standardise(centred_logratio(np.exp(logarithms)), CLIP),
        names,
        places,
        frame[[f"{name}_censored" for name in names]].to_numpy(dtype=bool),
        deposits[near],
        group_deposits(deposits[near], labels["group_distance"]),
        labels["radius"],
        labels["background_distance"],
        commodities,
    )


def halo_labels(survey: Survey) -> tuple[np.ndarray, np.ndarray]:
    """Return label (1 halo, 0 background, -1 neither) and group of each sample; both (S,)."""
    distance, nearest = KDTree(survey.deposits).query(survey.places)
    label = np.where(distance <= survey.radius, 1, np.where(distance > survey.background_distance, 0, -1))
    return label, survey.group[nearest]


def group_profiles(survey: Survey) -> np.ndarray:
    """Return mean values of each group's samples less those of background (G, B), in background deviations."""
    label, group = halo_labels(survey)
    background = survey.values[label == 0]
    profiles = [
        survey.values[(label == 1) & (group == one)].mean(axis=0) for one in np.unique(group[label == 1])
    ]
    return (np.array(profiles) - background.mean(axis=0)) / background.std(axis=0)


def samples_of_a_group(survey: Survey) -> float:
    """Return the median over groups of how many samples lie within the label radius of a group's deposits."""
    label, group = halo_labels(survey)
    return float(np.median(np.unique(group[label == 1], return_counts=True)[1]))


def agreement(profiles: np.ndarray) -> float:
    """Return the mean correlation over pairs of groups of their profiles (G, B); NaN for a single group."""
    if len(profiles) < 2:
        return np.nan
    return float(np.corrcoef(profiles)[np.triu_indices(len(profiles), 1)].mean())


def same_sign(profiles: np.ndarray, elements: int = 3) -> float:
    """Return how often a group has the sign that the mean of the others has in their strongest elements.

    For each group (G of them, profiles (G, B)) the elements with the largest t over the other groups are taken, as
    `geohalo.pathfinders.group_consistency` does: 0.5 is chance.
    """
    if len(profiles) < 3:
        return np.nan
    agree = []
    for one in range(len(profiles)):
        others = np.delete(profiles, one, axis=0)
        error = others.std(axis=0, ddof=1) / np.sqrt(len(others))
        mean, scale = others.mean(axis=0), error + np.median(error)
        t = np.divide(mean, scale, out=mean.copy(), where=scale > 0)
        chosen = np.argsort(-np.abs(t), kind="stable")[:elements]
        agree.append((np.sign(profiles[one, chosen]) == np.sign(t[chosen])).mean())
    return float(np.mean(agree))


def deposit_measures(survey: Survey) -> dict[str, float]:
    """Measure how deposits differ from background: t over groups, strength, agreement, commodities."""
    label, group = halo_labels(survey)
    profiles = group_profiles(survey)
    t = np.abs(group_consistency(survey.values, label, group))
    strength = np.sort(np.abs(profiles.mean(axis=0)))[::-1]
    mean = profiles.mean(axis=0)
    found = {"largest t": t.max(), "elements with t over 1": float((t > 1).sum())}
    found |= {f"strength of element {k}": strength[k - 1] for k in STRONGEST if k <= len(strength)}
    found |= {"agreement of groups": agreement(profiles), "sign in another group": same_sign(profiles)}
    sought = [survey.names.index(name) for name in survey.commodities if name in survey.names]
    if sought:
        found["commodities, mean"] = float(mean[sought].mean())
        found["commodities, groups above"] = float((profiles[:, sought].mean(axis=1) > 0).mean())
        # Where the commodities stand among all elements by enrichment: 1 is first, 0.5 chance.
        rank = (mean[:, None] < mean[sought]).mean(axis=0) + 0.5 / len(mean)
        found["commodities, rank among elements"] = float(rank.mean())
    return {name: float(value) for name, value in found.items()}


def moved(survey: Survey, generator: np.random.Generator) -> Survey:
    """Move and turn each group of deposits to a random sample, its shape kept: deposits that are none."""
    deposits = np.empty_like(survey.deposits)
    tree = KDTree(survey.places)
    for one in np.unique(survey.group):
        members = survey.group == one
        shape = survey.deposits[members] - survey.deposits[members].mean(axis=0)
        for _ in range(100):
            angle = generator.uniform(0, 2 * np.pi)
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            places = survey.places[generator.integers(len(survey.places))] + shape @ turn
            if tree.query(places)[0].max() <= survey.radius:
                break
        deposits[members] = places
    # A group that found no room keeps the deposits that did.
    keep = tree.query(deposits)[0] <= survey.radius
    return replace(survey, deposits=deposits[keep], group=survey.group[keep])


def chance(
    survey: Survey, measure: Callable[[Survey], dict[str, float]], seed: int = 0
) -> dict[str, list[float]]:
    """Return what a measure gives for deposits at random places, `MOVED` times."""
    generator = np.random.default_rng(seed)
    found: dict[str, list[float]] = {}
    for _ in range(MOVED):
        for name, value in measure(moved(survey, generator)).items():
            found.setdefault(name, []).append(value)
    return found


def nugget_shares(survey: Survey) -> np.ndarray:
    """Return half the mean squared difference of nearest neighbours over the variance, (B,); 1 is noise."""
    nearest = KDTree(survey.places).query(survey.places, k=2)[1][:, 1]
    varied = survey.values.var(axis=0)
    halves = ((survey.values - survey.values[nearest]) ** 2).mean(axis=0) / 2
    return halves[varied > 0] / varied[varied > 0]


def correlogram(places: np.ndarray, values: np.ndarray, spacing: float, pairs: int = 400_000) -> np.ndarray:
    """Return the correlation of values (S,) at the distances `LAGS` (in spacings, bins of one), of random pairs."""
    generator = np.random.default_rng(0)
    tree = KDTree(places)
    some = generator.permutation(len(places))[:1500]
    scaled = (values - values.mean()) / values.std()
    distance, product = [], []
    for one in some:
        near = np.asarray(tree.query_ball_point(places[one], (LAGS[-1] + 0.5) * spacing))
        near = generator.permutation(near)[: max(1, pairs // len(some))]
        near = near[near != one]
        distance.append(np.sqrt(((places[near] - places[one]) ** 2).sum(axis=1)) / spacing)
        product.append(scaled[near] * scaled[one])
    lag = np.rint(np.concatenate(distance)).astype(int)
    products = np.concatenate(product)
    return np.array([products[lag == k].mean() if (lag == k).any() else np.nan for k in LAGS.astype(int)])


def folding_length(correlation: np.ndarray) -> float:
    """Return the distance in spacings at which a correlogram has fallen to 1/e of its value at one spacing."""
    level = correlation[0] / np.e
    below = np.flatnonzero(correlation < level)
    if not len(below):
        return float(LAGS[-1])
    k = int(below[0])
    before, after = correlation[k - 1], correlation[k]
    return float(LAGS[k - 1] + (before - level) / (before - after) * (LAGS[k] - LAGS[k - 1]))


def unexplained(learned: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Return what is left of each element of some samples (T, B) by the other elements.

    A ridge regression (penalty 0.1 standardised variances) is fitted to the samples (S, B) that are learned from and
    applied to those that are judged; each part is centred on its own mean.
    """
    learned, judged = learned - learned.mean(axis=0), judged - judged.mean(axis=0)
    product, left = learned.T @ learned / len(learned), np.empty_like(judged)
    for one in range(product.shape[0]):
        rest = np.arange(product.shape[0]) != one
        penalised = product[np.ix_(rest, rest)] + 0.1 * np.eye(rest.sum())
        left[:, one] = judged[:, one] - judged[:, rest] @ np.linalg.solve(penalised, product[rest, one])
    return left


def explained_by_others(learned: np.ndarray, judged: np.ndarray) -> float:
    """Return the median over elements of the variance of some samples that the other elements explain."""
    left = (unexplained(learned, judged) ** 2).mean(axis=0)
    return float(np.median(1 - left / judged.var(axis=0)))


def left_over_measures(survey: Survey) -> dict[str, float]:
    """Measure deposits by what is left of each element by the others, which a linear score of many elements sees."""
    left = unexplained(survey.values, survey.values)
    found = deposit_measures(replace(survey, values=left / left.std(axis=0)))
    kept = ("largest t", "strength of element 1", "agreement of groups", "commodities, mean")
    return {f"left over, {name}": found[name] for name in kept if name in found}


def halves_measures(survey: Survey) -> dict[str, float]:
    """Measure how alike the halves of a survey are (east and west, north and south), against halves at random."""
    generator = np.random.default_rng(0)
    upper = np.triu_indices(survey.values.shape[1], 1)
    found: dict[str, list[float]] = {}
    for axis in (0, 1):
        far = survey.places[:, axis] > np.median(survey.places[:, axis])
        for split, name in ((far, "other half"), (generator.permutation(far), "random half")):
            one, other = survey.values[split], survey.values[~split]
            patterns = [np.corrcoef(part.T)[upper] for part in (one, other)]
            found.setdefault(f"correlations, {name}", []).append(np.corrcoef(patterns)[0, 1])
            explained = explained_by_others(one, other) + explained_by_others(other, one)
            found.setdefault(f"explained, {name}", []).append(explained / 2)
            level = np.abs(one.mean(axis=0) - other.mean(axis=0)).mean()
            found.setdefault(f"level, {name}", []).append(level)
    return {name: float(np.mean(values)) for name, values in found.items()}


def ground_measures(survey: Survey) -> dict[str, float]:
    """Measure what no label is needed for: factors, their length, nugget, tails and censoring."""
    centred = survey.values - survey.values.mean(axis=0)
    _, singular, components = np.linalg.svd(centred, full_matrices=False)
    share = singular**2 / (singular**2).sum()
    found = {
        "first component": share[0],
        "five components": share[:5].sum(),
        "ten components": share[:10].sum(),
    }
    spacing = survey.spacing
    grams = [correlogram(survey.places, centred @ row, spacing) for row in components[:5]]
    found["factors at one spacing"] = float(np.mean([gram[0] for gram in grams]))
    found["factors at five spacings"] = float(np.mean([gram[4] for gram in grams]))
    found["factors at fifteen spacings"] = float(np.nanmean([gram[14] for gram in grams]))
    found["length of factors, spacings"] = float(np.mean([folding_length(gram) for gram in grams]))
    found |= halves_measures(survey)
    nugget = nugget_shares(survey)
    found |= {f"nugget, {q} %": np.quantile(nugget, q / 100) for q in (10, 50, 90)}
    far = np.abs(survey.values - np.median(survey.values, axis=0)) > 3
    found["beyond 3 deviations, %"] = 100 * far.mean()
    below = survey.censored.mean(axis=0)
    found["censored, % of values"] = 100 * below.mean()
    found["elements censored over 5 %, %"] = 100 * (below > 0.05).mean()
    found["elements censored over 20 %, %"] = 100 * (below > 0.2).mean()
    return {name: float(value) for name, value in found.items()}
