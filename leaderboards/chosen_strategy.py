"""Strategies as text, by the names under which boards show them."""

from __future__ import annotations

from strategies.chosen_strategy import ChosenStrategy
from strategies.settings import settings_of
from strategies.settings_text import split_settings

__all__ = ["ChosenStrategy", "settings_of", "split_settings"]
