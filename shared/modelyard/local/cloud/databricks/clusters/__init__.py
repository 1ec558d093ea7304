"""Clusters: a driver process each (``/api/2.0/clusters``, ``/api/2.1/clusters``)."""
