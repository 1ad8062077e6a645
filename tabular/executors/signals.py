"""Interruptions that come while processes are being started."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker


@contextmanager
def signals_held_back() -> Iterator[None]:
    """Start all processes or none: an interruption waits until they are known.

    The processes inherit the mask, so Ctrl-C in a terminal, which goes to all of
    them, reaches the parent alone; it ends them. The mask is not enough here: another
    thread may receive the signal, and Python still handles it in this one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    resource_tracker.ensure_running()  # when it starts, it lifts the mask
    received: list[int] = []
    held = (signal.SIGINT, signal.SIGTERM)
    handlers = {
        number: signal.signal(number, lambda got, _: received.append(got))
        for number in held
    }
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers.items():
            # None stands for a handler that was not installed from Python.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if received:
            signal.raise_signal(received[0])
