"""Pipelines of SDK v1: graphs of modules that are submitted, published, and really run."""
