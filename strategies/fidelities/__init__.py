"""Searches that train most architectures for a few epochs only."""
