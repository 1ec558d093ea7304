"""Libraries of clusters, really installed (``/api/2.0/libraries``)."""
