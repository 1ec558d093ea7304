"""Notebooks, files and folders of the workspace (``/api/2.0/workspace``)."""
