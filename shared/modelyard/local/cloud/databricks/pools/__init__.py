"""Instance pools (``/api/2.0/instance-pools``)."""
