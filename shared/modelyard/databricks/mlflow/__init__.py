"""MLflow tracking of a workspace."""
