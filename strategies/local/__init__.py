"""Searches that walk from an architecture to its neighbours."""
