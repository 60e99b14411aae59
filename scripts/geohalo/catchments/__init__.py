"""Catchments of stream samples: terrain, flow directions, snapping, nested catchments and their quality."""
