"""Jobs and their runs, really executed (``/api/2.0/jobs``, ``2.1``, ``2.2``)."""
