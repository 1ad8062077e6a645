"""What the table does not hold, predicted: surrogates, encodings, zero-cost proxies.

Empty so far: the contracts that surrogates will meet are those of `nasbench.benchmark`.
"""
