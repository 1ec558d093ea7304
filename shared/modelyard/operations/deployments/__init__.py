"""What model-deploy does, by target."""
