"""Libraries that not everybody has installed."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from nasbench.errors import NasbenchError

EXTRA = "adapters"


def require(module: str) -> ModuleType:
    """Import a module of a library that an adapter drives.

    Raises:
        NasbenchError: The library is not installed; the extra is named.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise NasbenchError(
            f"{library} cannot be imported ({error}); install it with "
            f'pip install "nasbench-suite[{EXTRA}]"'
        ) from error


@contextmanager
def quiet(name: str) -> Iterator[None]:
    """Leave out what one logger says meanwhile.

    The verbosity of a library is its user's, and stays as it is.
    """
    logger = logging.getLogger(name)

    def drop(record: logging.LogRecord) -> bool:
        del record
        return False

    logger.addFilter(drop)
    try:
        yield
    finally:
        logger.removeFilter(drop)
