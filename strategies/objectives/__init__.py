"""Searches for fronts of several objectives, and under limits."""
