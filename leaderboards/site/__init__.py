"""The page: a board, its spaces and its searches as a folder of static files.

`write_site` writes HTML, one script, one style sheet, Plotly, and the numbers, both
packed for the script and as CSV files. Everything opens from disk without a network,
and the same results give the same bytes. The libraries that render are imported when
a site is written.
"""

from leaderboards.site.content import SiteBoard
from leaderboards.site.write import write_site

__all__ = ["SiteBoard", "write_site"]
