"""The page in a real browser: it loads, sorts, filters, opens, walks, and is right."""

from __future__ import annotations

import csv
import time

import pytest

from leaderboards import RunSettings, tabulate
from leaderboards.fronts.front_table import front_table
from leaderboards.report import BenchmarkFacts
from leaderboards.runner.all_runs import run_all
from leaderboards.site import SiteBoard, write_site
from nasbench.benchmark import make
from nasbench.search import Budget, Objective
from strategies import LocalSearch, RandomSearch, RegularizedEvolution
from strategies.objectives.nsga2 import NSGA2

CELLS, LAYERS = "cell201-mini-digits-v1", "size-compound-digits-v1"
OBJECTIVES = (
    Objective("validation_accuracy", maximise=True),
    Objective("flops", maximise=False),
)
DRAWN = "document.querySelector('[data-curves] .main-svg') !== null"


def walks_of(board):
    own = board[board["seed"] == 0]
    columns = ["strategy", "benchmark", "seed", "architecture", "trained_epochs"]
    return own[columns].astype({"strategy": str, "benchmark": str})


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The site of three strategies on two tables."""
    benchmarks = [make(CELLS), make(LAYERS)]
    factories = {
        "random": RandomSearch,
        "local": LocalSearch,
        "evolution": RegularizedEvolution,
    }
    runs = run_all(factories, benchmarks, RunSettings(Budget(15)), 5)
    board = tabulate(runs, benchmarks)
    site = SiteBoard(
        title="Three strategies",
        board=board,
        walks=walks_of(board),
        unit="evaluations",
        facts=tuple(BenchmarkFacts.of(one) for one in benchmarks),
        benchmarks={one.name: one for one in benchmarks},
    )
    made = tmp_path_factory.mktemp("site")
    write_site(site, made)
    return made


def rows_of(folder, name):
    with (folder / "csv" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def check_quiet(browser):
    """No console error, and nothing asked for that is not on disk."""
    assert browser.errors == []
    kinds = {address.partition(":")[0] for address in browser.requests}
    assert kinds <= {"file", "data", "about", "blob"}


def open_board(browser, folder, **how):
    browser.open(folder / "index.html", **how)
    browser.wait(DRAWN)


def open_explorer(browser, folder, name=CELLS, **how):
    browser.open(folder / f"explorer-{name}.html", **how)
    browser.wait("document.querySelector('[data-detail] .plot .main-svg') !== null")


def ranking_order(browser):
    return browser.run(
        "[...document.querySelectorAll('[data-benchmark-panel]:not([hidden]) "
        "tbody tr:not([hidden])')].map(row => row.dataset.strategy)"
    )


def sort_by(browser, heading):
    browser.run(
        "[...document.querySelectorAll('[data-benchmark-panel]:not([hidden]) "
        f"thead button')].find(b => b.textContent.startsWith('{heading}')).click()"
    )


def choose(browser, selector, value, event="change"):
    browser.run(
        f"(() => {{ const it = document.querySelector('{selector}');"
        f"it.value = '{value}'; it.dispatchEvent(new Event('{event}')); }})()"
    )


def detail_numbers(browser):
    return browser.run(
        "Object.fromEntries([...document.querySelectorAll('[data-numbers] dd')]"
        ".map(dd => [dd.dataset.key, Number(dd.dataset.value)]))"
    )


def opened_form(browser):
    return browser.run("document.querySelector('[data-form]').textContent")


@pytest.mark.parametrize(
    "page",
    [
        "index",
        "statistics",
        f"explorer-{CELLS}",
        f"explorer-{LAYERS}",
        "strategy-evolution",
    ],
)
@pytest.mark.parametrize("width, scheme", [(1280, "light"), (390, "dark")])
def test_every_page_loads_quietly_and_fits_the_window(
    browser, folder, page, width, scheme
):
    browser.open(folder / f"{page}.html", width=width, scheme=scheme)
    browser.wait("document.querySelector('.plot .main-svg') !== null")
    check_quiet(browser)
    assert browser.run("document.documentElement.scrollWidth") == width
    background = browser.run("getComputedStyle(document.body).backgroundColor")
    expected = {"light": "rgb(246, 248, 250)", "dark": "rgb(13, 17, 23)"}
    assert background == expected[scheme]


def test_what_is_there_is_painted_before_plotly_is_asked_for(browser, folder):
    open_explorer(browser, folder)
    painted, asked = browser.run(
        "[performance.getEntriesByName('first-contentful-paint')[0].startTime,"
        "performance.getEntriesByName('plotly is asked for')[0].startTime]"
    )
    assert painted <= asked


def test_headings_sort_both_ways_as_the_csv_file_says(browser, folder):
    open_board(browser, folder)
    rows = [r for r in rows_of(folder, "ranking.csv") if r["benchmark"] == CELLS]
    assert ranking_order(browser) == [row["strategy"] for row in rows]
    sort_by(browser, "Mean valid.")
    column = "validation_regret_points_mean"
    rows.sort(key=lambda row: float(row[column]))
    assert ranking_order(browser) == [row["strategy"] for row in rows]
    sort_by(browser, "Strategy")
    assert ranking_order(browser) == ["evolution", "local", "random"]
    sort_by(browser, "Strategy")
    assert ranking_order(browser) == ["random", "local", "evolution"]
    sort_by(browser, "Better than")  # random has no value, and stays below
    assert ranking_order(browser)[-1] == "random"
    sort_by(browser, "Better than")
    assert ranking_order(browser)[-1] == "random"


def test_the_ranking_filters_by_name_and_changes_with_the_benchmark(browser, folder):
    open_board(browser, folder)
    choose(browser, "[data-filter]", "LO", "input")
    assert ranking_order(browser) == ["local"]
    counted = browser.run("document.querySelector('[data-count]').textContent")
    assert counted == "1 of 3 strategies"
    choose(browser, "[data-filter]", "", "input")
    choose(browser, "[data-benchmark]", LAYERS)
    rows = [r for r in rows_of(folder, "ranking.csv") if r["benchmark"] == LAYERS]
    assert ranking_order(browser) == [row["strategy"] for row in rows]


def test_drawn_curves_end_where_the_csv_file_says_and_can_be_switched(browser, folder):
    open_board(browser, folder)
    ends = browser.run(
        "Object.fromEntries(document.querySelector('[data-curves]').data"
        ".filter(t => t.customdata).map(t => [t.name, t.customdata.at(-1)[0]]))"
    )
    for row in rows_of(folder, "ranking.csv"):
        if row["benchmark"] == CELLS:
            mean = float(row["ranked_points_mean"])
            assert ends[row["strategy"]] == pytest.approx(mean, abs=1e-4)
    count = "document.querySelector('[data-curves]').data.length"
    assert browser.run(count) == 3 * 3  # a line and two bounds of each
    browser.run("document.querySelector('[data-bands=none]').click()")
    browser.wait(f"{count} === 3")
    box = "li[data-strategy=local] [data-toggle=shown]"
    browser.run(f"document.querySelector('{box}').click()")
    browser.wait(f"{count} === 2")
    choose(browser, "[data-curve-unit]", "seconds")
    browser.wait(
        "document.querySelector('[data-curves]').layout.xaxis.title.text"
        " === 'simulated CPU seconds'"
    )
    check_quiet(browser)


def test_the_explorer_opens_an_architecture_with_the_numbers_of_the_csv(
    browser, folder
):
    open_explorer(browser, folder)
    row = rows_of(folder, f"architectures-{CELLS}.csv")[33]
    choose(browser, "[data-open-text]", row["architecture"])
    browser.run("document.querySelector('[data-open] button').click()")
    assert opened_form(browser) == row["architecture"]
    numbers = detail_numbers(browser)
    assert set(numbers) == set(row) - {"architecture", "index", "members"}
    for key, value in numbers.items():
        assert value == pytest.approx(float(row[key]), rel=1e-6, abs=1e-6)
    drawn = browser.run("document.querySelector('[data-detail] svg title').textContent")
    assert row["architecture"] in drawn
    final = browser.run(
        "document.querySelector('[data-detail] .detail .plot').data"
        ".filter(t => t.name.startsWith('test')).map(t => t.y.at(-1))"
    )
    assert len(final) == 3  # seeds
    mean = sum(final) / 300
    assert mean == pytest.approx(float(row["test_accuracy"]), abs=1e-6)
    check_quiet(browser)


def test_an_address_opens_its_architecture_and_a_wrong_one_is_told(browser, folder):
    page = (folder / f"explorer-{CELLS}.html").resolve().as_uri()
    table = make(CELLS)
    browser.open(f"{page}#architecture=77")
    browser.wait("document.querySelector('[data-form]') !== null")
    text = table.space.format(table.space.architecture_at(77))
    assert opened_form(browser) == text
    choose(browser, "[data-open-text]", "<b>nonsense</b>")
    browser.run("document.querySelector('[data-open] button').click()")
    told = browser.run("document.querySelector('[data-detail] .notice').textContent")
    assert "<b>nonsense</b>" in told


def test_text_forms_are_those_of_the_space(browser, folder):
    for name in (CELLS, LAYERS):
        open_explorer(browser, folder, name)
        space = make(name).space
        rows = rows_of(folder, f"architectures-{name}.csv")
        listed = browser.run(
            "[...document.querySelectorAll('[data-open-row]')]"
            ".map(b => [Number(b.dataset.openRow), b.textContent])"
        )
        assert len(listed) == 20
        for index, text in listed:
            assert text == space.format(space.architecture_at(index))
        best = max(float(row["test_accuracy"]) for row in rows)
        first = {row["index"]: row for row in rows}[str(listed[0][0])]
        assert float(first["test_accuracy"]) == best


def shown(browser):
    return browser.run("document.querySelector('[data-shown]').textContent")


def test_filters_leave_what_they_say(browser, folder):
    open_explorer(browser, folder)
    assert shown(browser) == "125 of 125 shown."
    choose(browser, '[data-decision="0"]', "3")
    assert shown(browser) == "25 of 125 shown."
    choose(browser, "[data-text]", "skip_connect~1", "input")
    assert shown(browser) == "5 of 125 shown."
    browser.run("document.querySelector('[data-reset]').click()")
    choose(browser, "[data-points]", "classes")
    assert shown(browser) == "60 of 60 shown."
    rows = rows_of(folder, f"architectures-{CELLS}.csv")
    good = sum(float(row["test_accuracy"]) >= 0.6 for row in rows)
    choose(browser, '[data-range="y-low"]', "60", "input")
    assert shown(browser) == f"{good} of 60 shown."
    points = "document.querySelector('[data-space]').data[0].x.length"
    browser.wait(f"{points} === {good}")
    check_quiet(browser)


def test_arrow_keys_walk_from_point_to_point(browser, folder):
    open_explorer(browser, folder, LAYERS)
    browser.run("document.querySelector('[data-space]').focus()")
    before = detail_numbers(browser)["flops"]
    browser.press("ArrowRight")
    after = detail_numbers(browser)["flops"]
    flops = sorted(
        int(row["flops"]) for row in rows_of(folder, f"architectures-{LAYERS}.csv")
    )
    assert after == flops[flops.index(before) + 1]
    browser.press("ArrowLeft")
    assert detail_numbers(browser)["flops"] == before


def test_a_click_on_a_point_opens_it(browser, folder):
    open_explorer(browser, folder, LAYERS)
    choose(browser, "[data-axis=x]", "parameters")
    place = browser.wait(
        "(() => { const plot = document.querySelector('[data-space]');"
        "if (plot.layout.xaxis.title.text.indexOf('Parameters') < 0) return null;"
        "plot.scrollIntoView({behavior: 'instant', block: 'center'});"
        "const box = plot.getBoundingClientRect(), axes = plot._fullLayout;"
        "const i = plot.data[0].x.indexOf(Math.max(...plot.data[0].x));"
        "const x = plot.data[0].x[i], y = plot.data[0].y[i];"
        "return [box.left + axes.xaxis._offset + axes.xaxis.d2p(x),"
        "box.top + axes.yaxis._offset + axes.yaxis.d2p(y), x]; })()"
    )
    browser.click(place[0], place[1])
    browser.wait(
        "Number(document.querySelector('[data-key=parameters]').dataset.value)"
        f" === {place[2]}"
    )


def test_a_run_is_walked_step_by_step(browser, folder):
    browser.open(folder / "strategy-local.html")
    browser.wait("document.querySelector('[data-walk-plot] .main-svg') !== null")
    rows = rows_of(folder, "walks.csv")
    told = [r for r in rows if (r["strategy"], r["benchmark"]) == ("local", CELLS)]
    now = "document.querySelector('[data-walk-now] .form').textContent"
    assert browser.run(now) == told[-1]["architecture"]
    browser.run("document.querySelector('[data-step=first]').click()")
    for row in told[:4]:
        assert browser.run(now) == row["architecture"]
        browser.run("document.querySelector('[data-step=on]').click()")
    said = browser.run("document.querySelector('[data-now]').textContent")
    assert said.startswith("Evaluation 5 of 15: ")
    browser.run("document.querySelector('[data-play]').click()")
    browser.wait(f"{now} === '{told[6]['architecture']}'")
    browser.run("document.querySelector('[data-play]').click()")
    choose(browser, "[data-walk-benchmark]", "1")
    browser.wait("document.querySelectorAll('[data-walk-now] rect').length > 0")
    check_quiet(browser)


def test_other_seeds_are_walked_along_their_incumbents(browser, folder):
    browser.open(folder / "strategy-local.html")
    browser.wait("document.querySelector('[data-walk-plot] .main-svg') !== null")
    seeds = "[...document.querySelector('[data-walk]').options].map(o => o.text)"
    assert browser.run(seeds) == [
        "0: all evaluations",
        *(f"{seed}: incumbents" for seed in range(1, 5)),
    ]
    choose(browser, "[data-walk]", "3")
    now = "document.querySelector('[data-walk-now] .form').textContent"
    keys = {"strategy": "local", "benchmark": CELLS, "seed": "3"}
    own = [r for r in rows_of(folder, "board.csv") if keys.items() <= r.items()]
    browser.wait(f"{now} === '{own[-1]['incumbent']}'")
    browser.run("document.querySelector('[data-step=first]').click()")
    assert browser.run(now) == own[0]["incumbent"]
    said = browser.run("document.querySelector('[data-now]').textContent")
    steps = len({row["incumbent"] for row in own})
    assert said.startswith(f"Incumbent 1 of {steps}, from evaluation 1 on: ")
    check_quiet(browser)


def test_colours_follow_the_button_and_stay(browser, folder):
    open_board(browser, folder, scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    press = "document.querySelector('[data-theme-button]').click()"
    browser.run(press)  # light
    browser.run(press)  # dark
    browser.wait(f"{background} === 'rgb(13, 17, 23)'")
    browser.wait(
        "document.querySelector('[data-curves]').layout.font.color === '#e6edf3'"
    )
    for _ in range(20):  # on a busy machine what is stored reaches the next page late
        browser.open(folder / "strategy-local.html", scheme="light")
        if browser.run(f"{background} === 'rgb(13, 17, 23)'"):
            break
        time.sleep(0.5)
    assert browser.run(f"{background} === 'rgb(13, 17, 23)'")
    browser.run(press)
    browser.wait(f"{background} === 'rgb(246, 248, 250)'")


def test_fronts_are_drawn_with_the_exact_one(browser, tmp_path):
    table = make(CELLS)
    settings = RunSettings(Budget(20), objectives=OBJECTIVES)
    runs = run_all({"nsga2": NSGA2}, [table], settings, 3)
    fronts = front_table(runs, table, settings)
    board = tabulate(runs, [table])
    site = SiteBoard(
        title="Two objectives",
        board=board,
        walks=walks_of(board),
        unit="evaluations",
        benchmarks={CELLS: table},
        objectives=OBJECTIVES,
        baseline="nsga2",
        fronts=fronts,
    )
    write_site(site, tmp_path)
    browser.open(tmp_path / "index.html")
    browser.wait("document.querySelector('[data-fronts] .main-svg') !== null")
    names = "document.querySelector('[data-fronts]').data.map(t => t.name)"
    assert browser.run(names) == ["nsga2", "exact front"]
    best = browser.run("Math.max(...document.querySelector('[data-fronts]').data[0].y)")
    assert best == pytest.approx(100 * fronts["validation_accuracy"].max(), abs=1e-3)
    check_quiet(browser)
