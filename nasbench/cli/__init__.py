"""The command ``nasbench``: one file per subcommand, imported when it is called.

Wrong input ends in exit code 2 and one line on standard error; an interruption in
130 (Ctrl-C) or 143 (SIGTERM). Only here does the suite print.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version

from cyclopts import App, CycloptsError

from nasbench.cli.commands import COMMANDS, Part
from nasbench.errors import NasbenchError

app = App(
    name="nasbench",
    help="Build, query and search tabular NAS benchmarks on your own data.",
    version=lambda: version("nasbench-suite"),
    help_format="plaintext",
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)


def _register(app: App, place: str, name: str, said: Part) -> None:
    app.command(
        place, name=name, help=said.summary, help_epilogue=_epilogue(said.example)
    )


def _epilogue(example: str) -> str:
    return f"Example:\n\n{example}"


for _name, _command in COMMANDS.items():
    _file = _command.module or _name
    _module = f"nasbench.cli.{_file}"
    if not _command.parts:
        _register(app, f"{_module}:{_file}_command", _name, _command)
        continue
    _group = App(
        name=_name, help=_command.summary, help_epilogue=_epilogue(_command.example)
    )
    for _part, _said in _command.parts.items():
        _register(_group, f"{_module}:{_part}_command", _part, _said)
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
