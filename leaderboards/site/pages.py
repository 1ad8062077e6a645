"""The pages of a site as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from nasbench.errors import NasbenchError

if TYPE_CHECKING:
    from jinja2 import Environment

SCRIPTS = (
    "page", "theme", "sorting", "plotting", "curves", "fronts", "drawing", "spaces",
    "detail", "explorer", "walk", "statistics", "start",
)  # fmt: skip
"""The parts of the one script, in the order in which they are joined."""


def environment() -> Environment:
    """Return the environment of the templates.

    Raises:
        NasbenchError: jinja2 is not installed.
    """
    try:
        from jinja2 import DictLoader, Environment, StrictUndefined
    except ImportError as error:
        raise NasbenchError(
            'a site needs jinja2: pip install "nasbench-suite[report]"'
        ) from error
    names = ("base", "board", "statistics", "explorer", "strategy")
    sources = {f"{name}.html": _source("templates", f"{name}.html") for name in names}
    return Environment(
        loader=DictLoader(sources),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(made: Environment, name: str, content: Mapping[str, Any]) -> bytes:
    """Return a page: the template ``NAME.html`` filled with `content`."""
    return made.get_template(f"{name}.html").render(page=name, **content).encode()


def assets() -> dict[str, bytes]:
    """Return the script, the style sheet and Plotly by their paths in the site.

    Raises:
        NasbenchError: plotly is not installed.
    """
    parts = [_source("scripts", f"{name}.js") for name in SCRIPTS]
    script = '(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"
    return {
        "assets/site.js": script.encode(),
        "assets/site.css": _source("styles", "site.css").encode(),
        "assets/plotly.min.js": _plotly(),
    }


def _plotly() -> bytes:
    try:
        package = files("plotly")
    except ModuleNotFoundError as error:
        raise NasbenchError(
            'a site needs plotly: pip install "nasbench-suite[report]"'
        ) from error
    return package.joinpath("package_data", "plotly.min.js").read_bytes()


def _source(folder: str, name: str) -> str:
    place = files("leaderboards.site").joinpath(folder, name)
    return place.read_text(encoding="utf-8")
