"""Tests of counting what was asked."""
