"""Small logistic regressions with a normal prior, for what is fitted rather than trained."""

import numpy as np
from scipy.special import expit


def fit_logistic(
    inputs: np.ndarray,
    halo: np.ndarray,
    weight: np.ndarray,
    centre: np.ndarray,
    precision: np.ndarray,
    least: np.ndarray,
) -> np.ndarray:
    r"""Fit the coefficients of a weighted logistic regression.

    .. math:: \min_{a \ge l} \sum_i w_i \log(1 + e^{-s_i \sum_k a_k z_{ik}})
              + \frac{1}{2} \sum_k \lambda_k (a_k - m_k)^2

    with s = 1 for halo and -1 for background. It is convex, and is minimised by L-BFGS-B (Byrd et al. 1995, A limited
    memory algorithm for bound constrained optimization, SIAM J. Sci. Comput. 16, doi:10.1137/0916069).

    Parameters
    ----------
    inputs : (M, K) array
        A column of ones makes its coefficient a bias.
    halo : (M,) bool array
    weight : (M,) array
        Weight w of each cell; cells without weight do not count.
    centre, precision : (K,) arrays
        Mean m and precision lambda of the normal prior of each coefficient.
    least : (K,) array
        Lower bound l of each coefficient; -inf for none.

    Returns
    -------
    (K,) array
    """
    from scipy.optimize import minimize  # slow to import, and of use to training alone

    counted = weight > 0
    sign, weight = np.where(halo[counted], 1.0, -1.0), weight[counted]
    signed = inputs[counted] * sign[:, None]

    def objective(found: np.ndarray) -> tuple[float, np.ndarray]:
        margin, off = signed @ found, found - centre
        value = weight @ np.logaddexp(0.0, -margin) + 0.5 * precision @ off**2
        return float(value), precision * off - signed.T @ (weight * expit(-margin))

    bounds = [(low, None) for low in least]
    start = np.maximum(centre, least)
    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000}
    return minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
