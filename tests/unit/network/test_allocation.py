"""Memory that is kept: pages that a process asks the system for again and again."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from geohalo.network import allocation

REPEATED = """
import resource, sys
import numpy as np
from geohalo.network.allocation import keep_freed_memory

assert keep_freed_memory()

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

np.ones(5_000_000)
before = faults()
for _ in range(20):
    np.ones(5_000_000)  # 40 MB: more than the C library keeps of itself
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_memory_that_is_freed_is_not_asked_for_again():
    """20 times 40 MB are 195,000 pages of 4 kB, or 400 of 2 MB."""
    scripts = Path(allocation.__file__).resolve().parents[2]
    found = subprocess.run(
        [sys.executable, "-c", REPEATED],
        env=os.environ | {"PYTHONPATH": str(scripts)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(found.stdout) < 40


def test_other_c_libraries_go_on_as_they_are(monkeypatch):
    monkeypatch.setattr(allocation.ctypes, "CDLL", lambda name: object())
    assert allocation.keep_freed_memory() is False
