"""From clean samples or rasters to the standardised cube (element, y, x)."""
