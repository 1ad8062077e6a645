"""Searches guided by zero-cost proxies of untrained networks."""
