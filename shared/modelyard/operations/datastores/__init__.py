"""What aml-datastore is asked for."""
