"""Searches guided by small networks that learn to predict accuracy."""
