"""Personal access tokens, made and revoked by their owners (``/api/2.0/token``)."""
