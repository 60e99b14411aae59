"""Memory that a step of training frees is kept for the next one.

Each step takes and frees the same arrays. The C library would give larger ones back to the system and ask for them
again, and the system fills each with zeros: on one core, a fourteenth of the time of training.
"""

import ctypes

#: Parameters of glibc's mallopt: below which size an array is no mapping of its own, and how much is kept.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
#: Bytes of both.
KEPT = 1 << 28


def keep_freed_memory() -> bool:
    """Let this process keep up to `KEPT` bytes of what it frees; tells whether its C library can."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl and macOS have none, Windows has no such library
        return False
    return bool(mallopt(_MMAP_THRESHOLD, KEPT) and mallopt(_TRIM_THRESHOLD, KEPT))
