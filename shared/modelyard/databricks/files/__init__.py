"""Files: DBFS, Unity Catalog volumes, workspace files."""
