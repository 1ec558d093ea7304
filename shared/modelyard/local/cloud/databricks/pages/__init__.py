"""Pages for a browser: runs, jobs and clusters. No scripts and nothing from elsewhere."""
