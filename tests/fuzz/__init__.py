"""Odd files and odd messages, made of good ones: what reads them says what is wrong, or takes them.

`python -m tests.fuzz --minutes 5` tries them for so long; some of each are unit tests.
"""
