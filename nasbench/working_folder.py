"""A folder of finished parts beside a file that is not whole yet; one run at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
import zipfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import IO, ClassVar, Self

from nasbench.errors import NasbenchError

DAMAGED: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    LookupError,
    RuntimeError,  # of a method that is not implemented, or an encrypted member
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a damaged part can raise, where parts are ``.npz`` files."""


def damage(error: Exception) -> str:
    """Say on one line what is wrong with a part; an error without words by its name.

    Args:
        error: One of `DAMAGED`.
    """
    return " ".join(str(error).split()) or type(error).__name__


class WorkingFolder:
    """The folder of one running command; locked while it is in use.

    The lock is the operating system's and ends with the process, however it ends.
    A subclass says by `parts` what is worth keeping after an interruption, writes and
    reads it, and checks in `opened` that what is there was made by the same settings.

    Attributes:
        path: The folder.
        local: Where the lock and work in progress lie; `path` unless a subclass says
            otherwise.
    """

    parts: ClassVar[str]
    """Glob of the finished parts; a folder without any does not outlive its run."""

    error: ClassVar[type[NasbenchError]] = NasbenchError
    busy: ClassVar[str] = "another run is writing {path}; wait for it"

    def __init__(self, path: Path, local: Path | None = None) -> None:
        self.path = path
        self.local = local or path
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        """Create and lock the folder.

        Raises:
            NasbenchError: Another run uses it, it was left by a run with other
                settings, or it cannot be written.
        """
        try:
            self._acquire()
            self.opened()
        except BlockingIOError:
            self._release()
            raise self.error(self.busy.format(path=self.path)) from None
        except OSError as error:
            self._release()
            raise self.error(f"cannot write {self.path}: {error.strerror}") from error
        except NasbenchError:
            self._release()
            raise
        return self

    def opened(self) -> None:
        """Do what is to be done when the folder is locked; by default nothing.

        Raises:
            NasbenchError: The folder belongs to a run with other settings.
        """

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Release the lock; finished parts stay, a folder without any goes."""
        if self.path.exists() and not any(self.path.glob(self.parts)):
            self.remove()
        self._release()

    def remove(self) -> None:
        """Remove the folder, when what it holds is where it belongs."""
        shutil.rmtree(self.path)

    def _acquire(self) -> None:
        """Lock the folder; BlockingIOError if it is locked already."""
        path = self.local / "lock"
        while True:
            self.local.mkdir(parents=True, exist_ok=True)
            try:
                self._lock = path.open("w")
            except FileNotFoundError:
                continue  # a run that ended just now removed the folder
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Or it removed what we have locked.
            if path.exists() and os.path.samestat(
                path.stat(), os.fstat(self._lock.fileno())
            ):
                return
            self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
