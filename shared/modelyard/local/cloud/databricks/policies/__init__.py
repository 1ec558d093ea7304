"""Cluster policies (``/api/2.0/policies/clusters``)."""
