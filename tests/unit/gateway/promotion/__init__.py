"""Tests of how a new variant comes to answer everything."""
