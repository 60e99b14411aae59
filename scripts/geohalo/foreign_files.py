"""Files of other programs: whatever their library raises of a damaged one becomes one message."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geohalo.errors import InputError


@contextmanager
def readable(path: str | Path, what: str, advice: str = "") -> Iterator[None]:
    """Tell of anything that a library raises while it reads a file as a fault of that file.

    Libraries raise errors of their own and of those beneath them (of decompression, of XML, of missing parts), and no
    list of them is complete. Nothing but calls of the library belongs into the block.

    Parameters
    ----------
    path : str or Path
    what : str
        What the file should be, such as ``workbook``.
    advice : str
        What can be done about it, beside giving another file.

    Raises
    ------
    InputError
        Names the file and the library's reason. A message of our own, a want of memory and a want of rights go on as
        they are.
    """
    try:
        yield
    except (InputError, MemoryError, PermissionError):
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:500] or type(error).__name__
        raise InputError(
            f"{path}: this is not a readable {what}: {reason}{f'; {advice}' if advice else ''}"
        ) from error
