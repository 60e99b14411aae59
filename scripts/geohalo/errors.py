"""The one exception that a user is meant to read."""


class InputError(ValueError):
    """Bad input from the user: a config key, a file, a column or a row.

    The message names what is wrong, where (file, column, row or key) and what to do about it; it is shown to the
    user as it stands, without a stack trace.
    """
