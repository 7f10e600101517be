"""Unit tests of tests/chaos: how what happens is judged."""
