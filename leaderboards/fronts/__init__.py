"""Several objectives: exact fronts, and how near a search came to them."""
