"""Splits that hold out deposits by what they are: when they were found, whether they are mines, of which type."""

#: Of each split the fact that it asks for: a key of the config section `deposits` that names a column, and a column of
#: the cleaned deposits.
FACT_SCHEMES = {"time": "year", "status": "status", "type": "type"}
#: The key of the config section `labels` that parts the deposits, where it takes one.
PARTING_KEYS = {"time": "known_before", "type": "learn_type"}
