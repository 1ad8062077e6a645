"""Boards from manifests: run again to the same bytes, verified, shown, submitted to.

`manifest` reads what fixes a board, `make_board` runs it into a folder of small text
files, `results` reads them, `verify` runs again and compares. Importing this package
imports no pandas.
"""
