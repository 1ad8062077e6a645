"""Architectures as rows of numbers, for models that predict.

`make_encoding` finds an encoding by name; `Encoding` is what all of them can do.
`FeatureTable` brings numbers that were computed before, and `proxy_features` reads the
scores of zero-cost proxies from a table.
"""

from surrogates.encodings.encoding import Encoding, Features
from surrogates.encodings.feature_table import FeatureTable
from surrogates.encodings.named import (
    as_encoding,
    encoding_names,
    make_encoding,
    make_encodings,
)
from surrogates.encodings.proxy_features import features_of, proxy_features

__all__ = [
    "Encoding",
    "FeatureTable",
    "Features",
    "as_encoding",
    "encoding_names",
    "features_of",
    "make_encoding",
    "make_encodings",
    "proxy_features",
]
