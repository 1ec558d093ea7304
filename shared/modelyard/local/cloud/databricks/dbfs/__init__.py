"""DBFS: files on disk behind ``/api/2.0/dbfs``."""
