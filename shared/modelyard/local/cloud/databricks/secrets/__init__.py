"""Secret scopes (``/api/2.0/secrets``)."""
