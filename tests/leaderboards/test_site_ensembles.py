"""Ensembles stand beside a board on its page, in rows of their own and unranked."""

from __future__ import annotations

import csv
import io
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from leaderboards.boards.results import read_results
from leaderboards.ensembles import MARK
from leaderboards.site import write_site
from leaderboards.site.from_results import site_of_results
from strategies.growth.growth_file import shipped_growths

MINI = "cell201-mini-digits-v1"


@pytest.fixture(scope="module")
def site():
    folder = Path(str(files("leaderboards"))) / "results" / "ci-small"
    return site_of_results(read_results(folder))


@pytest.fixture(scope="module")
def page(site, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    write_site(site, folder)
    return folder


def test_an_ensemble_has_at_every_moment_what_its_last_round_left(site):
    growths = [g for g in shipped_growths() if g.identity.space == "cell201-mini"]
    frame = site.ensembles[MINI]
    for moment, shown in zip(frame["seconds"], frame[f"adanet {MARK}"], strict=True):
        stands = [
            [r.test_accuracy for r in growth.rounds if r.seconds <= moment][-1:]
            for growth in growths
        ]
        if all(stands):
            assert shown == pytest.approx(np.mean(stands))
        else:
            assert np.isnan(shown)
    assert len(growths) == 3


def test_the_file_holds_every_number_of_the_page(site, page):
    text = (page / "csv" / "ensembles.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    frame = site.ensembles[MINI]
    assert len(rows) == len(frame) * (len(frame.columns) - 1)
    html = (page / "index.html").read_text(encoding="utf-8")
    section = html[html.index('id="ensembles"') : html.index('id="ranks"')]
    for row in rows:
        if row["accuracy"]:
            assert f"<td>{100 * float(row['accuracy']):.1f}</td>" in section


def test_ensembles_are_not_ranked(page):
    ranking = (page / "csv" / "ranking.csv").read_text(encoding="utf-8")
    assert MARK not in ranking
    assert "adanet" not in ranking
