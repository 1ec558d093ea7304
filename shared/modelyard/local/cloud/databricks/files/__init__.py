"""The Files API: volumes and MLflow's artifacts (``/api/2.0/fs``)."""
