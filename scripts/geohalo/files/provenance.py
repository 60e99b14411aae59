"""What a table of samples tells about its own making."""

import json
from typing import Any

import pyarrow.parquet as pq


def provenance(samples: str) -> dict[str, Any]:
    """Return what the cleaning of samples counted, as their file tells it."""
    stored = (pq.read_schema(samples).metadata or {}).get(b"PANDAS_ATTRS", b"{}")
    return json.loads(stored)
