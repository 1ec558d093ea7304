"""Clusters, instance pools, policies and libraries."""
