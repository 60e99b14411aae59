"""From samples that stand for ground elsewhere, a catchment or ground up-ice, to the cells that they come from."""
