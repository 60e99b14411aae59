"""The two-branch network: definition, training, prediction. Imports numpy, scipy, torch and torch_geometric alone."""
