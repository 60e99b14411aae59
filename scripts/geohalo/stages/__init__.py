"""The stages of the workflow: one module and one function for each rule, paths and settings in, files out."""
