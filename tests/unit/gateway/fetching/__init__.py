"""Tests of getting pictures by their addresses."""
