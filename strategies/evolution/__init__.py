"""Searches that select and vary a population."""
