"""What the templates are filled with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from leaderboards.columns import SEARCHES
from leaderboards.ranking import rank_board
from leaderboards.report import wording
from leaderboards.searches import told_repeats
from leaderboards.site.content import SiteBoard
from leaderboards.site.ensemble_view import ensemble_tables
from leaderboards.site.metric import BEST_KNOWN, judged, name_of
from leaderboards.site.names import file_names
from leaderboards.site.rank_view import rank_view
from leaderboards.site.ranking_rows import cells_of, headings, ranking_rows
from leaderboards.site.repeat_data import has_repeats
from leaderboards.site.statistics_view import BoardStatistics
from leaderboards.site.styles_of_lines import looks
from leaderboards.site.walk_data import with_accuracies
from nasbench.errors import NasbenchError
from tabular.table import Table

if TYPE_CHECKING:
    import pandas as pd

BOOTSTRAP_SEED = 0


@dataclass(frozen=True, eq=False)
class SiteViews:
    """The views of one board; what several pages need is computed once.

    Attributes:
        site: The board.
    """

    site: SiteBoard

    @cached_property
    def judged(self) -> pd.DataFrame:
        """The board, with the metric where rankings look for it."""
        return judged(self.site.board, self.site.metric)

    @cached_property
    def ranking(self) -> pd.DataFrame:
        """The ranking of every benchmark; its quantity goes by the metric's name."""
        rng = np.random.default_rng(BOOTSTRAP_SEED)
        ranking = rank_board(self.judged, rng, self.site.baseline)
        if self.site.metric == BEST_KNOWN:
            return ranking
        return ranking.assign(ranked_by=name_of(self.judged, self.site.metric))

    @cached_property
    def ranking_file(self) -> pd.DataFrame:
        """The ranking as its CSV file has it, columns named for what they hold."""
        if self.site.metric == BEST_KNOWN:
            return self.ranking
        own = self.site.metric if self.site.metric != "hypervolume" else "missed"
        columns = list(map(str, self.ranking.columns))
        kept = [c for c in columns if not c.startswith("validation_regret_")]
        names = {c: c.replace("test_regret_", f"{own}_") for c in kept}
        return self.ranking[kept].rename(columns=names)

    @cached_property
    def walks(self) -> pd.DataFrame:
        """The runs that are kept whole, with the accuracies of their steps."""
        return with_accuracies(self.site.walks, self.site.benchmarks)

    @cached_property
    def statistics(self) -> BoardStatistics:
        """What is computed of all runs together."""
        return BoardStatistics(self.judged, self.site.unit, self.site.metric)

    @cached_property
    def benchmarks(self) -> list[str]:
        """Names of the benchmarks, in the order of the board."""
        return list(dict.fromkeys(map(str, self.ranking["benchmark"])))

    @cached_property
    def strategies(self) -> list[str]:
        """Names of the strategies, in the order of the board, which sets the looks."""
        return list(dict.fromkeys(map(str, self.site.board["strategy"])))

    @cached_property
    def looks(self) -> dict[str, dict[str, Any]]:
        """Colour, dashes and marker by strategy."""
        return looks(self.strategies)

    @cached_property
    def strategy_slugs(self) -> dict[str, str]:
        """The names of strategies in addresses."""
        return file_names(self.strategies)

    @cached_property
    def benchmark_slugs(self) -> dict[str, str]:
        """The names of benchmarks in addresses."""
        return file_names(self.benchmarks)

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The tables among the benchmarks that can be opened here."""
        opened = self.site.benchmarks.items()
        return {name: one for name, one in opened if isinstance(one, Table)}

    def order(self) -> dict[str, list[str]]:
        """Return the strategies by rank, for every benchmark."""
        return {
            name: list(map(str, self.of(name)["strategy"])) for name in self.benchmarks
        }

    def of(self, benchmark: str) -> pd.DataFrame:
        """Return the ranking of one benchmark."""
        return self.ranking[self.ranking["benchmark"] == benchmark]

    def shared(self) -> dict[str, Any]:
        """Return what every page shows."""
        links = {
            *self.site.files,
            *(f"csv/{name}.csv" for name in ("board", "ranking")),
        }
        return {"title": self.site.title, "sources": self.site.sources, "links": links}

    def board_page(self, has_fronts: bool) -> dict[str, Any]:
        """Return what the page of the board is filled with."""
        seeds = int(self.ranking["seeds"].iloc[0])
        return {
            **self.shared(),
            "lead": _lead(len(self.strategies), seeds, self.benchmarks),
            "sections": [self._section(name) for name in self.benchmarks],
            "ranks": rank_view(self.ranking, self.statistics.tests),
            "tests": self.statistics.test_lines(),
            "across": self.statistics.tests is not None,
            "fronts": has_fronts,
            "ensembles": ensemble_tables(self.site.ensembles),
            "strategies": [
                {"name": name, "slug": self.strategy_slugs[name]}
                for name in sorted(self.strategies)
            ],
            "rules": self.site.rules,
            "repeats": list(told_repeats(self.site.board)),
            "quantity": wording.quantity(self.site.metric, bool(self.site.constraints)),
            "baseline": self.site.baseline,
        }

    def statistics_page(self) -> dict[str, Any]:
        """Return what the page of the statistics is filled with."""
        shared = self.shared()
        told = "leaderboards.measures on these results, bootstraps from a generator of "
        source = ("Statistics computed by", f"{told}the seed 0")
        sources = (*shared["sources"], source)
        return {**shared, **self.statistics.page(), "sources": sources}

    def explorer_page(self, benchmark: str, csv: str) -> dict[str, Any]:
        """Return what the page of a table is filled with."""
        table = self.tables[benchmark]
        lead = (
            f"{table.space.name}: {table.space.size:,} combinations, {len(table):,} "
            f"classes of architectures that are the same function, "
            f"{len(table.seeds)} seed{'s' if len(table.seeds) > 1 else ''}, "
            f"{table.epochs} epochs of training."
        )
        slug = self.benchmark_slugs[benchmark]
        own: dict[str, Any] = {"table": benchmark, "slug": slug, "lead": lead}
        own |= {"csv": csv, "repeats": has_repeats(table)}
        digest = ("Content digest of this table", table.digest)
        shared = self.shared()
        command = f"nasbench query {benchmark} ARCHITECTURE"
        more = (digest, ("One architecture in a terminal", command))
        return {**shared, **own, "sources": (*shared["sources"], *more)}

    def strategy_page(self, strategy: str) -> dict[str, Any]:
        """Return what the page of a strategy is filled with."""
        own = self.ranking[self.ranking["strategy"] == strategy]
        results = []
        for line in own.to_dict("records"):
            cells = cells_of({str(key): value for key, value in line.items()})
            shown = ["rank", "mean", "iqm", "median", "improvement"]
            if SEARCHES.name in own:
                shown.insert(1, "searches")
            chosen = [cells[key] for key in shown]
            results.append({"benchmark": line["benchmark"], "cells": chosen})
        return {
            **self.shared(),
            "strategy": strategy,
            "slug": self.strategy_slugs[strategy],
            "look": self.looks[strategy],
            "summary": summary_of(strategy),
            "results": results,
            "repeats": SEARCHES.name in own,
            "whole": not self.site.walks.empty,
            "baseline": self.site.baseline,
        }

    def _section(self, benchmark: str) -> Mapping[str, Any]:
        ranking = self.of(benchmark)
        ranked_by = str(ranking["ranked_by"].iloc[0])
        columns = headings(ranking, self.site.baseline, self.site.metric)
        slug = self.benchmark_slugs[benchmark]
        facts = {one.name: one for one in self.site.facts}.get(benchmark)
        if facts and self.site.constraints:
            board = self.site.board
            facts = facts.under_limits(board[board["benchmark"] == benchmark])
        return {
            "name": benchmark,
            "slug": slug,
            "verdict": wording.verdict(ranking),
            "ranked_by": ranked_by,
            "columns": columns,
            "rows": ranking_rows(ranking, self.strategy_slugs, self.looks, columns),
            "explorer": f"explorer-{slug}.html" if benchmark in self.tables else "",
            "facts": facts.pairs() if facts else (),
        }


def summary_of(strategy: str) -> str:
    """Return the first line of a strategy's own description; nothing if unknown."""
    from strategies import find_strategy

    try:
        described = find_strategy(strategy.partition("(")[0]).__doc__ or ""
    except NasbenchError:
        return ""
    return described.strip().partition("\n")[0]


def _lead(strategies: int, seeds: int, benchmarks: list[str]) -> str:
    def counted(count: int, one: str, many: str) -> str:
        return f"{count:,} {one if count == 1 else many}"

    return (
        f"{counted(strategies, 'search strategy', 'search strategies')}, "
        f"{counted(seeds, 'run', 'runs')} of each on "
        f"{counted(len(benchmarks), 'benchmark', 'benchmarks')}."
    )
