"""The mapping of a small published table, by which tests import CSV files."""

from __future__ import annotations

MAPPING = """
name = "mine"
space = "cell201-mini"
task = "digits"
epochs = 4
source = "a test"
licence = "none"
protocol = "none"
[architecture]
column = "arch"
[skeleton]
image_channels = 1
height = 8
width = 8
classes = 10
channels = 16
cells_per_stage = 1
[[metric]]
column = "val"
quantity = "accuracy"
split = "validation"
epochs = 4
unit = "%"
"""
"""The columns arch and val, validation accuracy in percent after all 4 epochs."""
