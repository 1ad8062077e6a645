"""Searches that take architectures in an order: random ones, and grids."""
