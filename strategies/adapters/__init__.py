"""Other libraries' searches as strategies of ours, and ours in theirs.

Reading order: `replayed` is what the adapters have in common; `optuna_sampler`,
`pymoo_algorithm` and `smac_facade` let those libraries search our spaces by their own
ask and tell; `strategy_as_sampler` puts a strategy of ours into an Optuna study;
`config_space` writes a space for all tools that read ConfigSpace. Each library is an
extra, imported when it is used.
"""
