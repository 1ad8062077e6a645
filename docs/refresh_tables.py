"""Write the tables of a document anew, out of the commands in its comments.

    python docs/refresh_tables.py

A table stands between ``<!-- nasbench judge ... -->`` and ``<!-- end -->``. Where a
benchmark is not installed, what stands there is left, and a line says so. Commands run
in the root of the repository. All together take some two CPU minutes, most of them for
the scores in ``surrogates.md``; names of documents refresh those alone:

    python docs/refresh_tables.py proxies.md
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from nasbench.cli import main

FOLDER = Path(__file__).parent
BLOCK = re.compile(r"^<!-- (nasbench .*?) -->\n(.*?)^<!-- end -->$", re.M | re.S)


def documents() -> Iterator[Path]:
    """Yield the documents that hold such tables."""
    for path in sorted(FOLDER.glob("*.md")):
        if BLOCK.search(path.read_text(encoding="utf-8")):
            yield path


def printed(command: str) -> tuple[str, str]:
    """Return what a command prints, and the line on why it could not."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.chdir(FOLDER.parent),
    ):
        code = main(shlex.split(command)[1:])
    return out.getvalue(), err.getvalue().strip() if code else ""


def refreshed(text: str) -> tuple[str, list[str]]:
    """Return a document with its tables made anew, and what could not be."""
    left: list[str] = []

    def block(found: re.Match[str]) -> str:
        made, reason = printed(found[1])
        if reason:
            left.append(f"left as it is: {found[1]}: {reason}")
            return found[0]
        return f"<!-- {found[1]} -->\n{made}<!-- end -->"

    return BLOCK.sub(block, text), left


def refresh(names: Sequence[str] = ()) -> None:
    """Write documents anew: those with the names, or all."""
    for path in documents():
        if names and path.name not in names:
            continue
        text, left = refreshed(path.read_text(encoding="utf-8"))
        made = {found[1]: found[0] for found in BLOCK.finditer(text)}
        # Some commands take minutes: what was written around the tables stays.
        now = path.read_text(encoding="utf-8")
        now = BLOCK.sub(lambda found, made=made: made.get(found[1], found[0]), now)
        path.write_text(now, encoding="utf-8")
        sys.stdout.writelines(f"{path.name}: {line}\n" for line in left)


if __name__ == "__main__":
    refresh(sys.argv[1:])
