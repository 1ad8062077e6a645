"""A training engine for small cell networks: one core, one network, all in cache.

Images lie innermost: an activation is ``(blocks, channels, pixels, 16) float32``, and
every inner loop is a full vector without shuffles, whatever the size of the image.
Read in this order: `kernels`, `network` (an architecture as a list of nodes), `forward`
and `backward` (the nodes as kernel calls), `plan`, `interpreter` (runs the calls) and
`engine`.
"""
