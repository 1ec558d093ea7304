"""Scoring endpoints: putting a model behind one, and asking it for predictions."""
