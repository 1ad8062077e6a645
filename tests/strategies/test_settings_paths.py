"""Paths among the settings of a strategy need no quotes; numbers stay numbers."""

from __future__ import annotations

import pytest

from strategies.settings_text import split_settings


@pytest.mark.parametrize(
    "text, settings",
    [
        ("darts(file=traces.jsonl)", {"file": "traces.jsonl"}),
        ("darts(file=/runs/1/a.jsonl.gz)", {"file": "/runs/1/a.jsonl.gz"}),
        ("darts(file=../my-runs/2026.jsonl)", {"file": "../my-runs/2026.jsonl"}),
        ("darts(searches=2, file = a.b)", {"searches": 2, "file": "a.b"}),
        ("darts(file='with blank.jsonl')", {"file": "with blank.jsonl"}),
        ("darts(file='a,b=c.d')", {"file": "a,b=c.d"}),
        ("gp(length=0.5, noise=1.e-3)", {"length": 0.5, "noise": 1e-3}),
        ("gp(length=-.5)", {"length": -0.5}),
        ("gp(proxies=nwot+synflow)", {"proxies": "nwot+synflow"}),
        ("x(encoding=wl-2+graph)", {"encoding": "wl-2+graph"}),
        ("x(pair=(0.5, 2))", {"pair": (0.5, 2)}),
        ("x(y=genetic(share=0.5))", {"y": "genetic(share=0.5)"}),
    ],
)
def test_a_value_is_a_number_a_word_or_a_path(text, settings) -> None:
    assert split_settings(text) == (text.partition("(")[0], settings)
