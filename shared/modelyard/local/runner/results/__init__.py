"""What a run leaves: its history, and the folder that keeps it."""
