"""Know your table: what its numbers say, and how sure they are.

`analyse` computes everything from a `Table`; the other modules are its parts, pure
functions on arrays, one idea each. `sections` words an analysis, `to_json` writes it
for other programs, `render_card` makes the Markdown card of a table.
"""

from tabular.analysis.analysis import Analysis, SplitAnalysis, analyse

__all__ = ["Analysis", "SplitAnalysis", "analyse"]
