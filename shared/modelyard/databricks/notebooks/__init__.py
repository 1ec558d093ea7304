"""Notebooks: importing them, and finding the line that failed."""
