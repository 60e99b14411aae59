"""The first import of a rule's script: what comes after is imported without garbage collection.

Imports make many objects and no garbage, and looking for some takes a sixth of their time. `geohalo.workflow.job`
turns collection on again before the work begins. Nothing else imports this module.
"""

import gc

gc.disable()
