"""Where the files stand that come with the package: the schema of the configuration, tables and templates."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent

#: The schema of the configuration.
SCHEMA_FILE = PACKAGE / "config.schema.yaml"
#: Tables of elements, deposit types and colours, and the templates of the pages.
RESOURCES = PACKAGE / "resources"
