"""What the table does not hold, predicted: surrogates, encodings, zero-cost proxies.

Reading order: `surrogates.model.Model` is what every model can do, one file per family
beside it; `surrogates.surrogate.Surrogate` joins a space, an encoding and a model;
`surrogates.scoring` says how good it is; `surrogates.benchmark.SurrogateBenchmark` is
searched like a table. Nothing is imported here, and XGBoost, scikit-learn and torch
only where something is fitted or scored with them.
"""
