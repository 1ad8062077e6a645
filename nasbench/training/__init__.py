"""Training a network: the recipe, the reference trainer in torch, live benchmarks."""
