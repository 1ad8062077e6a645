"""Compiled kernels: each does one thing to tensors in a block of memory.

A kernel's arguments are the memory (all floats), the tables (all integers) and then
integers: places in either, and sizes.
"""
