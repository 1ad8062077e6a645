"""Networks that write the weights of other networks.

`generated_supernet` runs what was written; `smash` and `graph_network` are the two
that write; `searches` are the searches by them.
"""
