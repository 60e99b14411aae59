"""SLIC superpixels of the cube and the graphs built on them."""
