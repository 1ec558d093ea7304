"""Registries, which hold assets for several workspaces."""
