"""What the table does not hold, predicted: surrogates, encodings, zero-cost proxies.

Surrogates will be benchmarks like any other, by the protocol of `nasbench.benchmark`;
no model ships yet.
"""
