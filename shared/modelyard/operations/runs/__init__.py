"""What the operations that run something share."""
