"""Azure Databricks over its REST API: functions that take a connected session."""
