"""What a survey of streams or of till has too many samples for."""

from geohalo.errors import InputError
from geohalo.input_warnings import InputWarning

#: Samples of different ground whose covariance is taken apart into eigenvectors.
MOST_SAMPLES = 4000


def check_law(law: str, samples: int) -> None:
    """Stop where masses of so many samples of different ground would have to be balanced.

    Parameters
    ----------
    law : {'logs', 'mass'}
        Config key ``sources.law``.
    samples : int

    Raises
    ------
    InputError
    """
    if law == "mass" and samples > MOST_SAMPLES:
        raise InputError(
            f"config key sources.law: masses are balanced for {MOST_SAMPLES:,} samples at most, and this survey has "
            f"{samples:,}. Set sources.law: logs."
        )


def without_variance(samples: int, source: str) -> list[InputWarning]:
    """Say that the maps of so many samples of different ground, in a file that messages name, have no variance."""
    if samples <= MOST_SAMPLES:
        return []
    what = (
        f"{samples:,} samples of different ground, and the variance of elements is computed for {MOST_SAMPLES:,} at "
        "most: elements.nc has none, and strengths are chosen on parts of the survey"
    )
    fix = "nothing, if you need no variance; else map parts of the survey in runs of their own (samples.keep)"
    return [InputWarning(what, fix, file=source)]
