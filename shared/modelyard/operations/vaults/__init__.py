"""What the operations that read key vaults are made of."""
