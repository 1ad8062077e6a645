"""Searches that learn a policy of drawing architectures."""
