"""Unit tests of the findings of each task."""
