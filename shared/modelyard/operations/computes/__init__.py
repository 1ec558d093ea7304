"""The kinds of compute that aml-compute makes or attaches."""
