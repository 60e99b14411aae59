"""Checkpoints: a killed training resumes where it was, and ends with the very result of an unbroken one."""

import hashlib
import threading
import time
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import FunctionType

import numpy as np
import torch
from torch import Tensor

from geohalo.atomic_files import atomic_write, read_back, remove_stale
from geohalo.network.values import StoredValues

Tensors = dict[str, Tensor]


def fingerprint(parts: Iterable[object]) -> str:
    """Digest of arrays and settings, so that a checkpoint of other data or settings is not resumed from.

    Each part is let go before the next one is asked for.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(str((part.shape, part.dtype)).encode())
            for row in np.array_split(part, max(1, part.nbytes >> 26)) if part.ndim else [part]:
                digest.update(np.ascontiguousarray(row).data)
        elif isinstance(part, StoredValues):
            digest.update(str((part.shape, np.dtype(np.float32))).encode())
            for block in part.blocks():
                digest.update(block.contiguous().numpy().data)
        else:
            digest.update(_described(part).encode())
    return digest.hexdigest()


def _described(part: object) -> str:
    """Describe a setting alike in every process: ``repr`` of a function holds its address in memory."""
    if is_dataclass(part):
        return str([(field.name, _described(getattr(part, field.name))) for field in fields(part)])
    return part.__qualname__ if isinstance(part, FunctionType) else repr(part)


class Checkpoint:
    """State of training on disk: tensors only, written beside and renamed.

    Parameters
    ----------
    path : str or Path, optional
        Nothing is kept without one.
    identity : str
        See `fingerprint`.
    seconds : float
        Time between two writes.
    """

    def __init__(self, path: str | Path | None = None, identity: str = "", seconds: float = 60.0):
        self.path = Path(path) if path else None
        self.identity, self.seconds = identity, seconds
        self.start, self.written = time.monotonic(), dict[str, float]()
        # Parts that are trained side by side write to one file.
        self.lock = threading.Lock()
        self.found = self._read()

    def _read(self) -> dict[str, Tensors | dict]:
        if self.path is None or not self.path.exists():
            return {}
        try:
            read_back(self.path)  # torch reads damaged numbers in silence
            content = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception:  # torch's reader raises whatever damaged bytes lead it to
            return {}  # an unreadable checkpoint is none: training starts anew
        known = isinstance(content, dict) and content.get("identity") == self.identity
        return content["parts"] if known else {}

    def due(self, part: str) -> bool:
        """Tell whether it is time to write the state of a part."""
        written = self.written.get(part, self.start)
        return self.path is not None and time.monotonic() - written >= self.seconds

    def get(self, part: str) -> dict | None:
        """State of one part of the work, if there is one."""
        return self.found.get(part)

    def put(self, part: str, state: dict) -> None:
        """Write the state of one part beside those of the others; nothing of it may change from now on."""
        if self.path is None:
            return
        with self.lock:
            self.found[part] = state
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(self.path) as temporary:
                torch.save({"identity": self.identity, "parts": self.found}, temporary)
            self.written[part] = time.monotonic()

    def remove(self) -> None:
        """Remove the file: the work is done."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            remove_stale(self.path)
