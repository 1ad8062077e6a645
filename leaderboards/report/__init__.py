"""The report of a board: CSV files, figures and one HTML page.

Everything in it follows from the board: the same board gives the same bytes. The
libraries that draw and render are imported when a report is written.
"""

from leaderboards.report.facts import BenchmarkFacts
from leaderboards.report.write import write_report

__all__ = ["BenchmarkFacts", "write_report"]
