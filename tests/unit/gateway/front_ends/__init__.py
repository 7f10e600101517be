"""Unit tests of the API front ends."""
