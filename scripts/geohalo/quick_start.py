"""The first import of a rule's script: what comes after is imported without garbage collection, and without Dask.

Imports make many objects and no garbage, and looking for some takes a sixth of their time. `geohalo.workflow.job`
turns collection on again before the work begins. xarray imports Dask with the first file that it opens wherever Dask is
installed, which takes a quarter of a second; no rule uses it. Nothing else imports this module.
"""

import gc
import sys

gc.disable()
# To all who ask from now on it is not installed; `geohalo.cube.geosoft_bands` imports a library that cannot do without.
sys.modules.setdefault("dask", None)  # type: ignore[arg-type]
