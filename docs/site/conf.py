"""Settings of the documentation site (Sphinx)."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

project = "GeoHalo"
author = "The GeoHalo authors"
project_copyright = author
release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
version = ".".join(release.split(".")[:2])

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
root_doc = "README"
html_theme = "furo"
html_title = f"GeoHalo {release}"
html_show_copyright = False

# Pages are Markdown as a repository shows it: headings can be linked to, and a link to a file gives the file.
myst_heading_anchors = 6
myst_links_external_new_tab = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
add_module_names = False
numpydoc_show_class_members = False
# What stands between single backticks is a name of the library where there is one of that name.
default_role = "py:obj"


def skip_what_others_wrote(app, what, name, obj, skip, options):
    """Leave out names that a module imports and methods that a class inherits from another library."""
    module = getattr(obj, "__module__", None)
    return True if module and not re.match(r"geohalo(\.|$)", str(module)) else skip


def setup(app):
    """Connect what is left out of the reference."""
    app.connect("autodoc-skip-member", skip_what_others_wrote)
