"""Read the YAML files of the package, by libyaml where PyYAML has it: it takes an eighth of the time."""

from pathlib import Path
from typing import Any

import yaml


def read_yaml(file: Path) -> Any:
    """Return what a YAML file of the package holds."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(file.read_text(encoding="utf-8"))
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
