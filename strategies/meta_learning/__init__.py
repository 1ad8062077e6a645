"""What many trainings teach: where to start, and how to descend.

`reptile` learns first weights that any architecture adapts from; `learned_optimiser`
descends by a rule with learned parts, and `meta_training` learns them.
"""
