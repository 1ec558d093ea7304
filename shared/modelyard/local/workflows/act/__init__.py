"""act, the program that runs workflows: found, started, and what it says."""
