"""Unit tests of tests/fuzz, and some of what it tries."""
