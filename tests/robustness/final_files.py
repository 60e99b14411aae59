"""What files of results say, so that those of two runs can be compared: without the time at which they were made."""

import hashlib
import os
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import torch
import xarray as xr

#: What a report says of its making: how long each job took, and when.
TIMES = re.compile(r"Run times:.*?</table>|Made by GeoHalo on [^.]*", re.DOTALL)


def content(file: Path) -> str:
    """Return a digest of what a file says."""
    digest = hashlib.sha256()
    if file.suffix == ".nc":
        with xr.open_dataset(file) as data:
            for name, variable in sorted(data.variables.items(), key=lambda item: str(item[0])):
                digest.update(f"{name} {variable.dims} {variable.shape} {variable.dtype}".encode())
                values = variable.to_numpy()
                digest.update(str(values.tolist()).encode() if values.dtype == object else values.tobytes())
    elif file.suffix == ".pt":
        for name, tensor in sorted(torch.load(file, weights_only=True).items()):
            digest.update(name.encode() + tensor.numpy().tobytes())
    elif file.suffix == ".gpkg":
        for layer in sorted(name for name, _ in pyogrio.list_layers(file)):
            frame = pyogrio.read_dataframe(file, layer=layer)
            frame = pd.DataFrame(frame.to_wkt()) if isinstance(frame, gpd.GeoDataFrame) else frame
            digest.update(
                layer.encode() + frame.drop(columns="update_time", errors="ignore").to_csv().encode()
            )
    elif file.suffix == ".html":
        digest.update(TIMES.sub("", file.read_text(encoding="utf-8")).encode())
    else:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def hidden(file: Path, folder: Path) -> bool:
    """Tell whether a file below a folder, or a folder in between, has a name that begins with a dot."""
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


class Contents:
    """Digests of the files of a folder of results, each read again only when it has changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[Path, tuple[tuple[int, int], str]] = {}

    def now(self) -> dict[str, str]:
        """Return the digest of each file, by its path; of files of checksums, whether they are right."""
        files = sorted(file for file in (self.folder / "results").rglob("*") if file.is_file())
        return {str(file.relative_to(self.folder)): self._of(file) for file in files}

    def final(self) -> dict[str, str]:
        """Return the digests of those files that have their final name."""
        return {name: said for name, said in self.now().items() if not hidden(Path(name), Path())}

    def _of(self, file: Path) -> str:
        if file.suffix == ".sha256":
            return "right" if _right(file) else "wrong"
        status = file.stat()
        stamp = status.st_mtime_ns, status.st_size
        if self._known.get(file, (None, ""))[0] != stamp:
            try:
                said = content(file)
            except Exception as error:  # whatever the format's library raises of half a file
                said = f"cannot be read: {type(error).__name__}: {error}"
            self._known[file] = stamp, said
        return self._known[file][1]


def _right(sums: Path) -> bool:
    """Tell whether all files have the checksums that are kept of them."""
    for line in sums.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        file = Path(os.path.normpath(sums.parent / name))
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            return False
    return True


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """Return one line for each file that is missing, left over or different."""
    wrong = [f"{name}: missing" for name in sorted(expected.keys() - found.keys())]
    wrong += [f"{name}: left behind" for name in sorted(found.keys() - expected.keys())]
    return wrong + changed(expected, found)


def changed(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """Return one line for each file of both that differs."""
    both = sorted(expected.keys() & found.keys())
    return [
        f"{name}: {found[name] if ' ' in found[name] else 'differs'}"
        for name in both
        if expected[name] != found[name]
    ]
