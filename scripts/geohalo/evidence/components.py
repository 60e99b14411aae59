"""Principal components of the cube that a distance may be taken in."""

import numpy as np
from sklearn.decomposition import PCA

#: Components with less variance than this share of the average element's are left out.
LEAST_VARIANCE = 0.01


def varying_components(cube: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the principal components that vary.

    Log-ratios of a cell sum to 0, so that the covariance of the cube is singular: its last component is nothing but
    rounding and clipped values, which a Mahalanobis distance would blow up. So components with a variance of at
    most `LEAST_VARIANCE` times that of the average element are left out.

    Parameters
    ----------
    cube : (N, B) array
        Standardised values.

    Returns
    -------
    mean : (B,) array
    directions : (P, B) array
        Unit vectors, by falling variance; none if all cells are alike. The components are
        ``(cube - mean) @ directions.T``.
    """
    # The shares of variance, which are not used here, are 0/0 where all cells are alike.
    with np.errstate(invalid="ignore"):
        pca = PCA(svd_solver="covariance_eigh").fit(cube)
    variance = pca.explained_variance_
    return pca.mean_, pca.components_[variance > LEAST_VARIANCE * variance.mean()]
