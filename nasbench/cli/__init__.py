"""The command ``nasbench``: one file per subcommand, imported when it is called.

Wrong input ends in exit code 2 and one line on standard error; an interruption in
130 (Ctrl-C) or 143 (SIGTERM). Only here does the suite print.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

from cyclopts import App, CycloptsError

from nasbench.errors import NasbenchError

app = App(
    name="nasbench",
    help="Build, query and search tabular NAS benchmarks on your own data.",
    version=lambda: version("nasbench-suite"),
    help_format="plaintext",
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)

CELL = "|nor_conv_3x3~0|+|skip_connect~0|avg_pool_3x3~1|"


@dataclass(frozen=True)
class Command:
    """A subcommand; its module is ``nasbench.cli.NAME``.

    Attributes:
        summary: One line for the list of commands.
        example: A whole command line.
        module: The module's name where the command's own cannot be one.
        parts: Subcommands of its own and their summaries; the functions in its module
            are called PART_command.
    """

    summary: str
    example: str
    module: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)


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
            "run": "Run the strategies of a manifest, and write the results.",
            "verify": "Run a board again and compare it bit for bit.",
            "show": "Show a board out of its results.",
            "submit": "Check a strategy of your own, and add it to a board.",
            "list": "List the published boards, and whether their results are here.",
            "pin": "Write the digests of the installed benchmarks into manifests.",
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
            "list": "List the proxies, what they need and what they compute.",
            "score": "Score every class of a table, and write the scores into it.",
            "rank": "Show how well every stored proxy orders the accuracies.",
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
            "fit": "Fit a surrogate benchmark to a table, and write it to a file.",
            "evaluate": "Score surrogates on held-out architectures of a table.",
            "predict": "Show what a surrogate benchmark predicts of architectures.",
            "card": "Print what a surrogate was fitted to, and how far to trust it.",
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
            "list": "List the targets, and whether each can be used here.",
            "measure": "Measure the classes of a table, and write it down in it.",
            "model": "Compute latency and energy by simulated targets.",
            "score": "Score predictors of latency on the latencies of a table.",
            "report": "Write what the latencies of a table say: tables and figures.",
            "export": "Write networks and a program that measures them anywhere.",
            "import": "Write what that program measured into a table.",
        },
    ),
    "list": Command("List benchmarks, spaces, tasks and strategies.", "nasbench list"),
    "digest": Command(
        "Print the content digest of a table.", "nasbench digest mini.h5"
    ),
}

for _name, _command in COMMANDS.items():
    _module = _command.module or _name
    _epilogue = f"Example:\n\n{_command.example}"
    if not _command.parts:
        app.command(
            f"nasbench.cli.{_module}:{_module}_command",
            name=_name,
            help=_command.summary,
            help_epilogue=_epilogue,
        )
        continue
    _group = App(name=_name, help=_command.summary, help_epilogue=_epilogue)
    for _part, _summary in _command.parts.items():
        _place = f"nasbench.cli.{_module}:{_part}_command"
        _group.command(_place, name=_part, help=_summary)
    app.command(_group)


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised where Ctrl-C would be, so that both end work the same way."""


def _terminate(number: int, frame: object) -> None:
    del number, frame
    raise Terminated


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code.

    Args:
        arguments: The words after ``nasbench``; None for the process's own.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app(arguments, exit_on_error=False, print_error=False)
    except (NasbenchError, CycloptsError) as error:
        interrupt = error.__context__
        if isinstance(interrupt, KeyboardInterrupt):
            return _ended(interrupt, str(error))
        return _say(f"nasbench: {' '.join(str(error).split())}", 2)
    except KeyboardInterrupt as interrupt:
        return _ended(interrupt, "interrupted")
    except BrokenPipeError:
        # The reader of a pipe, such as head, has seen enough.
        sys.stderr.close()
        return 0
    return 0


def _ended(interrupt: KeyboardInterrupt, message: str) -> int:
    by_term = isinstance(interrupt, Terminated)
    return _say(f"nasbench: {message}", 143 if by_term else 130)


def _say(line: str, code: int) -> int:
    print(line, file=sys.stderr)  # noqa: T201 - the command line's own output
    return code
