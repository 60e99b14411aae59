"""What the user takes away: figures, maps, targets and the report."""
