"""What is run on a board: the manifest's strategies, and what was submitted."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leaderboards.boards.manifest import Manifest
from leaderboards.chosen_strategy import ChosenStrategy
from nasbench.errors import NasbenchError

SUBMITTED = "submitted"
SUBMITTED_HEAD = ("strategy", "class", "file", "sha256")


@dataclass(frozen=True)
class Entrant:
    """A strategy of a board.

    Attributes:
        name: What the board shows.
        text: What `ChosenStrategy` builds it from.
        file: Its file, where it was submitted as one.
        sha256: That of the file; of an installed one that was submitted, of the
            module that defines it.
        distribution: What installs it, as in ``my-strategies==1.2``, where it was
            submitted as an installed one.
    """

    name: str
    text: str
    file: Path | None = None
    sha256: str = ""
    distribution: str = ""

    @property
    def is_submitted(self) -> bool:
        """Whether it was submitted, and does not stand in the manifest."""
        return self.file is not None or bool(self.distribution)

    @property
    def file_name(self) -> str:
        """The name of its files without an ending."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip("-.")

    def factory(self) -> ChosenStrategy:
        """Return what builds it."""
        return ChosenStrategy(self.text)


def entrants(manifest: Manifest, folder: Path) -> list[Entrant]:
    """Return the strategies of a board, those of the manifest first.

    Raises:
        NasbenchError: A submitted file is not the one that was submitted, or two
            strategies would write to one file.
    """
    found = [Entrant(text, text) for text in manifest.strategies]
    found += submitted(folder)
    check_names(found)
    return found


def check_names(found: Sequence[Entrant]) -> None:
    """Refuse strategies whose files would be the same, on any disk.

    Raises:
        NasbenchError: Two would.
    """
    taken: dict[str, Entrant] = {}
    for one in found:
        other = taken.setdefault(one.file_name.lower(), one)
        if other is not one:
            raise NasbenchError(
                f"strategies {other.name!r} and {one.name!r} would both be written to "
                f"{one.file_name}.csv; give one another name"
            )


def submitted(folder: Path) -> list[Entrant]:
    """Return what was submitted to the board of a results folder.

    Raises:
        NasbenchError: The list is damaged, or a file is not as it was submitted.
    """
    path = folder / f"{SUBMITTED}.csv"
    if not path.exists():
        return []
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8"))))
    if not rows or tuple(rows[0]) != SUBMITTED_HEAD or any(len(r) != 4 for r in rows):
        raise NasbenchError(f"{path} is damaged; expected {','.join(SUBMITTED_HEAD)}")
    found = []
    for name, class_name, file, sha256 in rows[1:]:
        if "==" in file:
            # Not looked up here: results are read where it is not installed.
            found.append(Entrant(name, class_name, None, sha256, file))
            continue
        place = folder / SUBMITTED / file
        if Path(file).name != file or not place.is_file():
            raise NasbenchError(
                f"{path} names {file!r}, which is not in {place.parent}"
            )
        here = hashlib.sha256(place.read_bytes()).hexdigest()
        if here != sha256:
            raise NasbenchError(
                f"{place} has the SHA-256 {here}, and {sha256} was submitted; put the "
                "file back, or submit it anew"
            )
        found.append(Entrant(name, f"{place}:{class_name}", place, sha256))
    return found


def submitted_csv(found: Sequence[Entrant]) -> bytes:
    """Return the list of what was submitted."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(SUBMITTED_HEAD)
    for one in sorted(found, key=lambda entrant: entrant.name):
        if one.file is not None:
            class_name = one.text.removeprefix(f"{one.file}:")
            lines.writerow((one.name, class_name, one.file.name, one.sha256))
        elif one.distribution:
            lines.writerow((one.name, one.text, one.distribution, one.sha256))
    return written.getvalue().encode()
