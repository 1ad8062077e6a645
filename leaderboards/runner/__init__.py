"""Runs of strategies against benchmarks, on a simulated clock."""
