"""``nasbench check``: whether something of one's own keeps its contract."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from leaderboards.runner.opened_files import opened_files
from leaderboards.runner.strategy_check import check_on_benchmark
from nasbench.cli.options import open_known
from nasbench.cli.terminal import output
from nasbench.errors import NasbenchError
from nasbench.testing import (
    ToyBenchmark,
    ToySpace,
    check_proxy,
    check_space,
    check_strategy,
    check_surrogate,
)
from strategies.chosen_strategy import ChosenStrategy

BENCHMARK = "cell201-mini-digits-v1"


def check_command(
    *strategy: str,
    space: Sequence[str] = (),
    surrogate: Sequence[str] = (),
    proxy: Sequence[str] = (),
    target: Sequence[str] = (),
    benchmark: Sequence[str] = (BENCHMARK,),
) -> None:
    """Check strategies and other things of your own; exit status 1 if one is broken.

    Whatever breaks a contract is said in a sentence. A strategy is run on small
    benchmarks without a table, and then as on a board.

    Args:
        strategy: FILE.py:CLASS, or a name; settings in parentheses.
        space: A search space: FILE.py:CLASS, or a name; may be repeated.
        surrogate: A surrogate model, likewise.
        proxy: A zero-cost proxy, likewise.
        target: A latency target, likewise.
        benchmark: The id or table that strategies are run on; may be repeated.
    """
    asked: list[tuple[str, str, Callable[[str], list[str]]]] = [
        *(("strategy", one, lambda n: _of_strategy(n, benchmark)) for one in strategy),
        *(("space", one, _of_space) for one in space),
        *(("surrogate", one, _of_surrogate) for one in surrogate),
        *(("proxy", one, _of_proxy) for one in proxy),
        *(("target", one, _of_target) for one in target),
    ]
    if not asked:
        raise NasbenchError(
            "nothing to check; give a strategy as FILE.py:CLASS, or --space, "
            "--surrogate, --proxy or --target"
        )
    broken = 0
    for kind, name, check in asked:
        sentences = check(name)
        broken += bool(sentences)
        verdict = "breaks its contract:" if sentences else "keeps its contract"
        output.print(f"{kind} {name} {verdict}")
        for sentence in sentences:
            output.print("- " + " ".join(sentence.split()))
    if broken:
        raise SystemExit(1)


def _of_strategy(text: str, benchmarks: Sequence[str]) -> list[str]:
    shipped = [open_known(one) for one in benchmarks]
    with opened_files() as opened:  # nothing may be kept from here for later
        factory = ChosenStrategy(text)
        sentences = check_strategy(factory)
    for toy in (
        ToyBenchmark(ToySpace((3, 4, 2, 3)), failures=0.2),
        ToyBenchmark(ToySpace((6, 5, 7)), epochs=9),
    ):
        sentences += check_on_benchmark(factory, toy, text)
    for one in shipped:
        sentences += check_on_benchmark(factory, one, text, opened)
    return list(dict.fromkeys(sentences))


def _of_space(text: str) -> list[str]:
    from nasbench.spaces import SearchSpace, make_space

    if ".py" in text:
        return check_space(_made(text, SearchSpace))
    return check_space(make_space(text))


def _of_surrogate(text: str) -> list[str]:
    from surrogates.models import FAMILIES, load_model, make_model

    if text in FAMILIES or ".py" not in text:
        make_model(text)  # refuses what it does not know
        load: Any = load_model
        factory: Any = partial(make_model, text)
        return check_surrogate(factory, load)
    found: Any = _found(text)
    loader = getattr(found, "load", None)
    if not isinstance(found, type) or not callable(loader):
        raise NasbenchError(
            f"{text} is no surrogate: a class with fit, predict, save, and a "
            "classmethod load(path) is one"
        )
    made: Any = found
    return check_surrogate(made, loader)


def _of_proxy(text: str) -> list[str]:
    import torch

    from surrogates.proxies.examples import example_source
    from surrogates.proxies.named import make_proxy
    from surrogates.proxies.proxy import Proxy

    torch.set_num_threads(1)  # the networks are tiny
    proxy: Any = _made(text, Proxy) if ".py" in text else make_proxy(text)
    return check_proxy(proxy, example_source())


def _of_target(text: str) -> list[str]:
    from nasbench.hardware.named import make_target
    from nasbench.testing.targets import check_target

    if ".py" not in text:
        return check_target(make_target(text))
    found = _found(text)
    if isinstance(found, type):
        takes_name = len(inspect.signature(found).parameters) > 0
        found = _called(text, found, *([found.__name__] if takes_name else []))
    return check_target(found)


def _made(text: str, kind: type) -> Any:
    """Return an object of a class in a file, or an object that stands there."""
    found = _found(text)
    if isinstance(found, type) and issubclass(found, kind):
        if inspect.isabstract(found):
            missing = ", ".join(sorted(getattr(found, "__abstractmethods__", ())))
            raise NasbenchError(f"{text} is abstract; it has to define {missing}")
        return _called(text, found)
    if not isinstance(found, kind):
        raise NasbenchError(f"{text} is no {kind.__name__}: {found!r}")
    return found


def _called(text: str, found: Callable[..., Any], *given: Any) -> Any:
    try:
        return found(*given)
    except (Exception, SystemExit) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise NasbenchError(f"{text} cannot be built: {reason}") from error


def _found(text: str) -> Any:
    """Return what a file defines under a name, as in ``FILE.py:NAME``."""
    path_text, colon, name = text.rpartition(":")
    path = Path(path_text)
    if not colon or not path.is_file():
        raise NasbenchError(f"no file {path_text or text!r}; write FILE.py:NAME")
    module = ModuleType(f"{path.stem}_of_the_user")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses and pickle look there
    try:
        exec(compile(path.read_bytes(), path, "exec"), vars(module))
    except (Exception, SystemExit) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise NasbenchError(f"{path} cannot be run: {reason}") from error
    if not hasattr(module, name):
        raise NasbenchError(f"{path} defines no {name!r}")
    return getattr(module, name)
