"""The page of a table's analysis, in the look of the board's page.

The same table gives the same bytes. The libraries that draw and render are imported
when a page is written.
"""

from leaderboards.table_report.write import write_table_report

__all__ = ["write_table_report"]
