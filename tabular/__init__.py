"""Every architecture trained once, kept in one HDF5 file.

`Table.open` opens a file; ``table[architecture]`` takes the text form, the tuple or
the index. `tabular.build.build` makes a table. Querying imports neither torch nor
pandas.
"""

from tabular.entry import Entry
from tabular.schema import TableError
from tabular.table import Table

__all__ = ["Entry", "Table", "TableError"]
