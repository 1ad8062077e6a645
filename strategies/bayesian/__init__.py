"""Model-based search: Bayesian optimisation, density ratios, ensembles."""
