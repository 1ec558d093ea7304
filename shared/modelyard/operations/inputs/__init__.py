"""Inputs that several operations share."""
