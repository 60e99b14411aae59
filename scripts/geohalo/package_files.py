"""Where the files stand that come with the package: the schema of the configuration, tables and templates."""

from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent

#: The schema of the configuration.
SCHEMA_FILE = PACKAGE / "config.schema.yaml"
#: Tables of elements, deposit types and colours, and the templates of the pages.
RESOURCES = PACKAGE / "resources"


def read_yaml(file: Path) -> Any:
    """Return what a YAML file of the package holds, read by libyaml where PyYAML has it: an eighth of the time."""
    import yaml  # of use to few of those that look here for a file

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(file.read_text(encoding="utf-8"))
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
