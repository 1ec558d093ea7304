"""What the operations about clusters share."""
