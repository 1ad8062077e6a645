"""Statistics and measured columns in a real browser: chosen, drawn, and right."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from leaderboards import RunSettings, compare
from leaderboards.site import SiteBoard, write_site
from nasbench.benchmark import make
from nasbench.search import Budget
from strategies import LocalSearch, RandomSearch
from tabular import Table

CELLS, LAYERS = "cell201-mini-digits-v1", "size-compound-digits-v1"
LARGE = "cell201-cifar10x8-v1"
SHIPPED = Path(str(files("tabular") / "data" / f"{LARGE}.h5"))


def written(folder, benchmarks, evaluations):
    factories = {"random": RandomSearch, "local": LocalSearch}
    board = compare(factories, benchmarks, RunSettings(Budget(evaluations)), seeds=4)
    columns = ["strategy", "benchmark", "seed", "architecture", "trained_epochs"]
    site = SiteBoard(
        title="Two strategies",
        board=board,
        walks=board.loc[board["seed"] == 0, columns],
        unit="evaluations",
        benchmarks={one.name: one for one in benchmarks},
    )
    write_site(site, folder)
    return folder


@pytest.fixture(scope="session")
def board_folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("statistics")
    return written(made, [make(CELLS), make(LAYERS)], 15)


@pytest.fixture(scope="session")
def measured_folder(tmp_path_factory):
    return written(tmp_path_factory.mktemp("measured"), [Table.open(SHIPPED)], 5)


def rows_of(folder, name):
    with (folder / "csv" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def choose(browser, selector, value):
    browser.run(
        f"(() => {{ const it = document.querySelector('{selector}');"
        f"it.value = '{value}'; it.dispatchEvent(new Event('change')); }})()"
    )


def texts(browser, selector):
    return browser.run(
        f"[...document.querySelectorAll('{selector}')].map(one => one.textContent)"
    )


def test_the_choice_of_a_benchmark_holds_for_all_sections(browser, board_folder):
    browser.open(board_folder / "statistics.html")
    browser.wait("document.querySelector('[data-targets] .main-svg') !== null")
    shown = "[data-scope-panel]:not([hidden])"
    panels = "[...document.querySelectorAll('%s')].map(p => p.dataset.scopePanel)"
    assert set(browser.run(panels % shown)) == {CELLS}
    choose(browser, "[data-scope]", "all-benchmarks")
    assert set(browser.run(panels % shown)) == {"all-benchmarks"}
    chosen = "[...document.querySelectorAll('[data-scope]')].map(s => s.value)"
    assert set(browser.run(chosen)) == {"all-benchmarks"}
    assert "A claim is about one benchmark" in texts(browser, shown)[-1]
    assert browser.errors == []


def test_drawn_shares_are_those_of_the_csv_files(browser, board_folder):
    browser.open(board_folder / "statistics.html")
    browser.wait("document.querySelector('[data-targets] .main-svg') !== null")
    choose(browser, "[data-scope]", LAYERS)
    lines = (
        "Object.fromEntries(document.querySelector('[%s]').data"
        ".filter(t => t.name).map(t => [t.name, t.y]))"
    )
    keys = {"scope": LAYERS, "strategy": "local"}
    own = [
        r for r in rows_of(board_folder, "profiles.csv") if keys.items() <= r.items()
    ]
    told = [100 * float(row["share"]) for row in own]
    browser.wait(f"({lines % 'data-profiles'}).local.length === {len(told)}")
    assert browser.run(lines % "data-profiles")["local"] == pytest.approx(told)
    for axis in ("evaluations", "seconds", "evaluations with restarts"):
        choose(browser, "[data-target-axis]", axis)
        wanted = {**keys, "axis": axis}
        rows = rows_of(board_folder, "targets.csv")
        told = [100 * float(r["share"]) for r in rows if wanted.items() <= r.items()]
        browser.wait(f"({lines % 'data-targets'}).local.length === {len(told)}")
        assert browser.run(lines % "data-targets")["local"] == pytest.approx(told)
    assert browser.errors == []


def open_large(browser, folder):
    browser.open(folder / f"explorer-{LARGE}.html")
    browser.wait("document.querySelector('[data-detail] .plot .main-svg') !== null")


def test_axes_list_all_latencies_with_unit_and_kind(browser, measured_folder):
    open_large(browser, measured_folder)
    latencies = Table.open(SHIPPED).latencies
    kinds = {held.kind for held in latencies.values()}
    assert kinds == {"measured", "simulated"}
    listed = texts(browser, "[data-axis=x] optgroup[label^=Latency] option")
    assert listed == [f"Latency on {n} ({h.kind})" for n, h in latencies.items()]
    labels = browser.run(
        "[...document.querySelectorAll('[data-axis=x] optgroup')].map(g => g.label)"
    )
    assert "Latency (ms, one image)" in labels
    for name in ("x86-ort-int8", "sim-systolic-os32"):
        held = latencies[name]
        choose(browser, "[data-axis=x]", f"latency:{name}")
        title = f"Latency on {name} ({held.kind}) (ms, one image)"
        browser.wait(
            "document.querySelector('[data-space]').layout.xaxis.title.text"
            f" === '{title}'"
        )
        known = held.median_ms()[Table.open(SHIPPED).read("classes/class_of")]
        drawn = browser.run("document.querySelector('[data-space]').data[0].x.length")
        assert drawn == np.isfinite(known).sum()
    assert browser.errors == []


def test_an_open_architecture_lists_its_latencies_with_their_spread(
    browser, measured_folder
):
    open_large(browser, measured_folder)
    index = browser.run("document.querySelector('[data-open-row]').dataset.openRow")
    choose(browser, "[data-open-text]", index)
    browser.run("document.querySelector('[data-open] button').click()")
    own = {r["index"]: r for r in rows_of(measured_folder, f"repeats-{LARGE}.csv")}
    for name, held in Table.open(SHIPPED).latencies.items():
        cells = texts(browser, f'[data-target="{name}"] td')
        if held.kind == "simulated":
            assert set(cells[1:]) == {"–"}
            continue
        rounds = [float(own[index][f"latency:{name}:{i + 1}"]) for i in range(4)]
        assert [float(cell) for cell in cells[2:]] == pytest.approx(rounds, rel=2e-3)
        low, high = map(float, cells[1].split(" to "))
        assert (low, high) == pytest.approx((min(rounds), max(rounds)), rel=2e-3)
    browser.run("location.hash = '#architecture=0'")
    told = "document.querySelector('[data-target=\"x86-ort-fp32\"]').textContent"
    browser.wait(f"{told}.includes('none: a constant network')")
    key = "document.querySelector('[data-key=\"latency:x86-ort-fp32\"]').textContent"
    assert browser.run(key).startswith("–")
