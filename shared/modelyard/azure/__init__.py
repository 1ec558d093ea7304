"""Azure itself: identity and Resource Manager."""
