"""Deciding and merging (pure), and the run that acts on it."""
