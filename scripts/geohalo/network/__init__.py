"""The two-branch network: definition, training, prediction. Imports numpy, torch and torch_geometric alone."""
