"""What a table's latencies say: Markdown, figures, predictors beside ceilings.

Reading order: `macs_line` says where multiply-adds mislead; `agreement` how alike two
targets order networks; `facts` puts them together, with predictors and transfer;
`markdown`, `figures` and `write` show them; `limits_figure` shows why the best
architectures under two limits differ.
"""

from leaderboards.latency_report.facts import LatencyFacts, latency_facts
from leaderboards.latency_report.write import write_latency_report

__all__ = ["LatencyFacts", "latency_facts", "write_latency_report"]
