"""Faults that happen for real, one at a time, while everybody goes on asking.

`python -m tests.chaos` starts `passerelle up` with real models, has clients ask all of them and
look at each answer, lets one thing after another break, and prints a line of a table for each.
"""
