"""The Databricks command line and its profiles."""
