"""Published tables as benchmarks.

A `Mapping` says what the columns of a published file mean; `import_csv` reads the file
by it and writes a table file; `PublishedTable` opens that file.
"""

from tabular.importers.import_csv import import_csv
from tabular.importers.mapping import Mapping, load_mapping, mapping_names
from tabular.importers.metric import Metric
from tabular.importers.published_table import PublishedTable

__all__ = [
    "Mapping",
    "Metric",
    "PublishedTable",
    "import_csv",
    "load_mapping",
    "mapping_names",
]
