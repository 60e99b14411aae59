"""Whether the analyses of a survey can be trusted: reference materials, blanks, duplicates, batches."""
