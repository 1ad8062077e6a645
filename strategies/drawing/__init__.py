"""How searches draw architectures: without repeats, within the limits."""
