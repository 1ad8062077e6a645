"""Networks that start from the weights of others, and compute the same at first.

`layer_morphism` widens layers and enlarges kernels, `deepening` inserts layers,
`cell_morphism` adds branches to cells; `morphism_search` climbs by them.
"""
