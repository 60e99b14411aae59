"""Layers beside geochemistry, brought to the grid of the survey: rasters, polygons, lines, points, sample columns."""
