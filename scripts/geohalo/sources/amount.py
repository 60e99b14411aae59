"""What a survey of streams or of till has too many samples for."""

from geohalo.errors import InputError

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
