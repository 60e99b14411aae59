"""Files of results: everything that opens or writes one."""
