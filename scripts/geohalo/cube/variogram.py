"""Variograms of log concentrations: estimated robustly, and fitted with a model that kriging can use."""

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeWarning
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    import gstools as gs

Array = NDArray[np.float64]

#: Families of models with their names in GSTools, the one that is preferred in a tie first.
FAMILIES = {"exponential": "Exponential", "spherical": "Spherical", "gaussian": "Gaussian"}
#: Samples that a variogram is estimated from at most: pairs grow with the square.
MOST_SAMPLES = 1200
#: Samples of a patch of neighbours, for the short lags of a large survey.
PATCH = 25
#: The greatest lag in sample spacings; kriging from near samples uses no longer ones.
REACH = 32
#: Each class of lags is wider than the one before by this factor.
WIDER = 1.4
#: Classes of fewer pairs say nothing.
FEWEST_PAIRS = 30
#: Least variance (ln ppm)², for an element that does not vary.
LEAST_SILL = 1e-12
#: A Gaussian model without a nugget makes systems that no machine solves; least nugget as a share of the sill.
LEAST_NUGGET = {"gaussian": 1e-3}


@dataclass(frozen=True)
class Variogram:
    """A fitted variogram: nugget + partial_sill (1 - correlation(lag / length)).

    Attributes
    ----------
    family : {"exponential", "spherical", "gaussian"}
    nugget, partial_sill : float
        In squared units of the values.
    length : float
        Length scale of the model in metres, along the long axis where there is one.
    """

    family: str
    nugget: float
    partial_sill: float
    length: float

    @property
    def sill(self) -> float:
        """Nugget and partial sill together."""
        return self.nugget + self.partial_sill

    @property
    def range(self) -> float:
        """Distance in metres at which the model without its nugget reaches 95 % of its partial sill."""
        return float(self.model().percentile_scale(0.95))

    def scaled(self, factor: float) -> "Variogram":
        """Multiply nugget and partial sill, which changes the variance of kriging and none of its weights."""
        return replace(self, nugget=self.nugget * factor, partial_sill=self.partial_sill * factor)

    def model(self, ratio: float = 1.0, bearing: float = 0.0) -> "gs.CovModel":
        """Return the covariance model in two dimensions.

        Parameters
        ----------
        ratio, bearing : float
            Long axis over short axis, and the bearing of the long axis in degrees clockwise from north.
        """
        # GSTools turns the long axis counter-clockwise from east.
        return _family(
            self.family,
            var=self.partial_sill,
            len_scale=self.length,
            nugget=self.nugget,
            anis=1 / ratio,
            angles=np.radians(90 - bearing),
        )


def _family(name: str, **settings: Any) -> "gs.CovModel":
    """Return a model of a family in two dimensions."""
    import gstools as gs  # slow to import, and most surveys are interpolated without it

    return getattr(gs, FAMILIES[name])(dim=2, **settings)


def fit_variogram(points: Array, values: Array, family: str = "exponential") -> Variogram:
    """Estimate the variogram of one element and fit a model to it.

    Estimated by Cressie and Hawkins' estimator, which a few outliers do not move, on at most `MOST_SAMPLES` samples;
    classes of lags widen with the lag, so that short ones, which kriging is about, count as much as long ones.

    Parameters
    ----------
    points : ndarray (samples, 2)
        Coordinates in metres; where there is anisotropy, `geohalo.cube.inverse_distance.stretched`.
    values : ndarray (samples,)
        Usually log concentrations; no NaN.
    family : str
        One of `FAMILIES`, or ``fit`` for the one that fits best.

    Returns
    -------
    Variogram
        A value that does not vary, or varies without any relation between neighbours, gets a model as well: one in
        which all neighbours weigh (nearly) alike.
    """
    lag, gamma = empirical_variogram(points, values)
    names = list(FAMILIES) if family == "fit" else [family]
    if lag.size < 3 or gamma.max() <= LEAST_SILL:
        reach = float(lag.max()) if lag.size else 1.0
        spread = max(float(np.var(values)), LEAST_SILL)
        return Variogram(names[0], *_split(spread / 2, spread / 2, names[0]), reach)
    fits = [_fit(name, lag, gamma) for name in names]
    best = min(range(len(fits)), key=lambda k: fits[k][1])
    return fits[best][0]


def empirical_variogram(points: Array, values: Array) -> tuple[Array, Array]:
    """Estimate semivariances by classes of lags.

    Parameters
    ----------
    points, values
        See `fit_variogram`.

    Returns
    -------
    lag : ndarray (classes,)
        Mean distance of the pairs of a class in metres, as it is for places at random.
    gamma : ndarray (classes,)
        Semivariance in squared units of the values.
    """
    if len(points) < 3:
        return np.empty(0), np.empty(0)
    spacing = sample_spacing(points)
    chosen = _few(points)
    reach = min(float(np.ptp(points, axis=0).max()) / 3, REACH * spacing)
    classes = max(3, int(np.ceil(np.log(max(reach / spacing, 1.0)) / np.log(WIDER))))
    # The spacing itself lies in the middle of the second class, also where samples form a lattice.
    edges = np.concatenate([[0.0], spacing * WIDER ** (np.arange(classes + 1) - 0.5)])
    import gstools as gs  # slow to import, and most surveys are interpolated without it

    _, gamma, pairs = gs.vario_estimate(
        points[chosen].T, values[chosen], edges, estimator="cressie", return_counts=True
    )
    low, high = edges[:-1], edges[1:]
    lag = 2 / 3 * (high**3 - low**3) / (high**2 - low**2)
    enough = pairs >= min(FEWEST_PAIRS, len(points) // 2)
    return lag[enough], gamma[enough]


def sample_spacing(points: Array) -> float:
    """Return the median distance in metres from a sample to the nearest one at another place; 1 if there is none."""
    some = points[:: max(1, len(points) // MOST_SAMPLES)]
    distance, _ = cKDTree(np.unique(points, axis=0)).query(some, k=[2])
    found = distance[np.isfinite(distance)]
    return float(np.median(found)) if found.size else 1.0


def _few(points: Array) -> NDArray[np.intp]:
    """Choose samples: half of them at random for the long lags, half in patches of neighbours for the short ones."""
    if len(points) <= MOST_SAMPLES:
        return np.arange(len(points))
    generator = np.random.default_rng(0)
    scattered = generator.choice(len(points), MOST_SAMPLES // 2, replace=False)
    centres = generator.choice(len(points), MOST_SAMPLES // 2 // PATCH, replace=False)
    _, patches = cKDTree(points).query(points[centres], k=PATCH)
    return np.unique(np.concatenate([scattered, patches.ravel()]))


def _fit(family: str, lag: Array, gamma: Array) -> tuple[Variogram, float]:
    """Fit one family; returns it with the sum of squared residuals."""
    # Relative to the greatest ones, so that units make no difference to the search.
    unit, top = float(lag.max()), float(gamma.max())
    model: Any = _family(family)
    model.set_arg_bounds(var=[1e-6, 4.0], nugget=[0.0, 2.0], len_scale=[1e-3, 2.0])
    guess = {"var": 0.5, "nugget": 0.4, "len_scale": 0.3}
    try:
        with warnings.catch_warnings():
            # A parameter at its bound, such as no nugget, has no standard error, which is not used.
            warnings.simplefilter("ignore", OptimizeWarning)
            model.fit_variogram(lag / unit, gamma / top, init_guess=guess, max_eval=2000)
        found = model.nugget, model.var, model.len_scale
    except RuntimeError:
        # No optimum within the evaluations allowed: what can be read off the estimate.
        first = float(gamma[0] / top)
        found = min(first, 0.9), max(1 - first, 0.1), 0.3
    nugget, partial_sill = _split(found[0] * top, found[1] * top, family)
    fitted = Variogram(family, nugget, partial_sill, float(found[2] * unit))
    return fitted, float(((fitted.model().variogram(lag) - gamma) ** 2).sum())


def _split(nugget: float, partial_sill: float, family: str) -> tuple[float, float]:
    """Keep the nugget above the least that the family needs."""
    sill = max(nugget + partial_sill, LEAST_SILL)
    nugget = max(nugget, LEAST_NUGGET.get(family, 0.0) * sill)
    return float(nugget), float(max(sill - nugget, 1e-6 * sill))
