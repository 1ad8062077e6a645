"""Checks files against the checksum lists that lie beside them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from nasbench.tasks.image_set import file_bytes
from nasbench.tasks.task import TaskError

LISTS: dict[str, Callable[..., Any]] = {
    "SHA256SUMS": hashlib.sha256,
    # Against damage, not against an attacker; hence allowed where MD5 is locked.
    "MD5SUMS": partial(hashlib.md5, usedforsecurity=False),
}
"""File name of a list -> its hash function."""

_LINE = re.compile(r"(?P<digest>[0-9a-fA-F]+) [ *](?P<name>.+)")
"""What ``sha256sum`` and ``md5sum`` write."""


def check_sums(path: Path) -> None:
    """Check what ``SHA256SUMS`` and ``MD5SUMS`` of a folder name, if they are there.

    Args:
        path: A folder: all files named are checked. A file: only that file is, against
            the lists of its folder.

    Raises:
        TaskError: A file differs from its checksum or is missing, or a list cannot be
            read.
    """
    folder = path if path.is_dir() else path.parent
    for list_name, new_hash in LISTS.items():
        sums = folder / list_name
        if not sums.is_file():
            continue
        for digest, name in _entries(sums, len(new_hash().hexdigest())):
            named = folder / name
            if path.is_dir() or named == path:
                found = new_hash(file_bytes(named)).hexdigest()
                if found != digest:
                    raise TaskError(
                        f"{named}: damaged, its checksum is {found}, but {list_name} "
                        f"says {digest}; fetch the file anew"
                    )


def _entries(sums: Path, digits: int) -> Iterator[tuple[str, str]]:
    """Yield every digest and file name of a list."""
    text = file_bytes(sums).decode(errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.rstrip())
        if match is None or len(match["digest"]) != digits:
            raise TaskError(
                f"{sums}: line {number} is not '<{digits} hex digits>  <file>' but "
                f"{line[:80]!r}"
            )
        yield match["digest"].lower(), match["name"]
