"""Who may call the workspace's API, and what clients ask before they sign in."""
