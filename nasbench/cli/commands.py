"""What stands on the command line: every subcommand, in one line and by an example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CELL = "|nor_conv_3x3~0|+|skip_connect~0|avg_pool_3x3~1|"


@dataclass(frozen=True)
class Part:
    """A subcommand of a subcommand; its function is called ``PART_command``.

    Attributes:
        summary: One line for the list of commands.
        example: A whole command line.
    """

    summary: str
    example: str


@dataclass(frozen=True)
class Command(Part):
    """A subcommand; its module is ``nasbench.cli.NAME``.

    Attributes:
        module: The module's name where the command's own cannot be one.
        parts: Subcommands of its own, with functions in its module; else the function
            is called ``NAME_command``.
    """

    module: str = ""
    parts: Mapping[str, Part] = field(default_factory=dict)


COMMANDS = {
    "build": Command(
        "Train every architecture of a space on a task, into one HDF5 table.",
        "nasbench build --space cell201-mini --task digits --seeds 3 --workers 4 "
        "--out mini.h5",
    ),
    "merge": Command(
        "Merge tables that were trained apart into one.",
        "nasbench merge part-*.h5 --out table.h5",
    ),
    "import": Command(
        "Read a published CSV file into a table that can be searched.",
        "nasbench import nb201.csv.gz --mapping nb201-cifar10 --out nb201-cifar10.h5",
        module="import_table",
    ),
    "info": Command("Show what a table holds.", "nasbench info mini.h5"),
    "query": Command(
        "Show what a table knows of one architecture.",
        f'nasbench query mini.h5 "{CELL}"',
    ),
    "best": Command(
        "Show the best architectures of a table that keep limits.",
        'nasbench best mini.h5 --under "flops<1M" --top 3',
    ),
    "verify": Command(
        "Check a table against its checksums, the code and a retraining.",
        "nasbench verify mini.h5 --retrain 3",
    ),
    "compare": Command(
        "Compare search strategies on benchmarks; write a board.",
        "nasbench compare mini.h5 --all --seeds 50 --evaluations 50 --out board",
    ),
    "live": Command(
        "Race strategies against each other in the terminal, on the simulated clock.",
        "nasbench live cell201-cifar10x8-v1 --strategy random --strategy evolution",
    ),
    "board": Command(
        "Run, verify and show boards that a manifest fixes.",
        "nasbench board verify ci-small",
        parts={
            "run": Part(
                "Run the strategies of a manifest, and write the results.",
                "nasbench board run my-board.toml --jobs 4",
            ),
            "verify": Part(
                "Run a board again and compare it bit for bit.",
                "nasbench board verify ci-small --strategy local",
            ),
            "show": Part(
                "Show a board out of its results.", "nasbench board show evaluations"
            ),
            "submit": Part(
                "Check a strategy of your own, and add it to a board.",
                "nasbench board submit my-board.toml "
                "my_strategy.py:MyStrategy --name mine",
            ),
            "list": Part(
                "List the published boards, and whether their results are here.",
                "nasbench board list",
            ),
            "pin": Part(
                "Write the digests of the installed benchmarks into manifests.",
                "nasbench board pin my-board.toml",
            ),
        },
    ),
    "check": Command(
        "Check a strategy, space, surrogate, proxy or target of your own.",
        "nasbench check my_strategy.py:MyStrategy",
    ),
    "report": Command(
        "Write the page of a board: static files that open from disk.",
        "nasbench report ci-small --out site",
    ),
    "proxies": Command(
        "Score untrained networks by zero-cost proxies, and rank the proxies.",
        "nasbench proxies score mini.h5 --proxy synflow --proxy nwot",
        parts={
            "list": Part(
                "List the proxies, what they need and what they compute.",
                "nasbench proxies list",
            ),
            "score": Part(
                "Score every class of a table, and write the scores into it.",
                "nasbench proxies score mini.h5 --proxy synflow --proxy nwot",
            ),
            "rank": Part(
                "Show how well every stored proxy orders the accuracies.",
                "nasbench proxies rank cell201-cifar10x8-v1",
            ),
        },
    ),
    "collect": Command(
        "Train a sample of a space that is too large for a table.",
        "nasbench collect --space conv5 --task digits --strategy evolution "
        "--strategy local --out sample.npz",
    ),
    "surrogate": Command(
        "Fit models to a table, score them, ask them for what it does not hold.",
        "nasbench surrogate fit mini.h5 --samples 60 --out mini-surrogate.npz",
        parts={
            "fit": Part(
                "Fit a surrogate benchmark to a table, and write it to a file.",
                "nasbench surrogate fit mini.h5 --samples 60 --out mini-surrogate.npz",
            ),
            "evaluate": Part(
                "Score surrogates on held-out architectures of a table.",
                "nasbench surrogate evaluate mini.h5 "
                "--encoding one-hot --encoding graph",
            ),
            "predict": Part(
                "Show what a surrogate benchmark predicts of architectures.",
                f'nasbench surrogate predict mini-surrogate.npz "{CELL}"',
            ),
            "card": Part(
                "Print what a surrogate was fitted to, and how far to trust it.",
                "nasbench surrogate card conv5.npz conv5-sample.npz",
            ),
        },
    ),
    "search": Command(
        "Search with shared weights (DARTS and its kin), and record the search.",
        "nasbench search darts --task digits --space cell201 --seed 0 "
        "--out darts.jsonl",
    ),
    "grow": Command(
        "Grow an ensemble of networks (AdaNet), and record every round.",
        "nasbench grow --space cell201 --task digits --seed 0 --out adanet.jsonl",
    ),
    "judge": Command(
        "Show what a table says of recorded weight-sharing searches.",
        "nasbench judge traces.jsonl.gz --table cell201-cifar10x8-v1",
    ),
    "export": Command(
        "Write an architecture for other tools: torch, ONNX, Keras, NNI.",
        f'nasbench export mini.h5 "{CELL}" --to onnx --out cell.onnx',
    ),
    "draw": Command(
        "Draw a cell as text or as an image.",
        f'nasbench draw "{CELL}" --out cell.svg',
    ),
    "latency": Command(
        "Measure networks on runtimes, or model them; here or on your own device.",
        "nasbench latency measure --table mini.h5 --target x86-ort-fp32 --sample 20",
        parts={
            "list": Part(
                "List the targets, and whether each can be used here.",
                "nasbench latency list",
            ),
            "measure": Part(
                "Measure the classes of a table, and write it down in it.",
                "nasbench latency measure --table mini.h5 "
                "--target x86-ort-fp32 --sample 20",
            ),
            "model": Part(
                "Compute latency and energy by simulated targets.",
                "nasbench latency model mini.h5",
            ),
            "score": Part(
                "Score predictors of latency on the latencies of a table.",
                "nasbench latency score cell201-cifar10x8-v1 --size 100",
            ),
            "report": Part(
                "Write what the latencies of a table say: tables and figures.",
                "nasbench latency report cell201-cifar10x8-v1 --out latency-report",
            ),
            "export": Part(
                "Write networks and a program that measures them anywhere.",
                "nasbench latency export mini.h5 --out for-my-device --sample 100",
            ),
            "import": Part(
                "Write what that program measured into a table.",
                "nasbench latency import latencies.csv --table mini.h5 "
                "--target pi5-ort-fp32",
            ),
        },
    ),
    "list": Command("List benchmarks, spaces, tasks and strategies.", "nasbench list"),
    "digest": Command(
        "Print the content digest of a table.", "nasbench digest mini.h5"
    ),
}
