"""Searches named after physics and filters, on relaxed decisions; baselines."""
