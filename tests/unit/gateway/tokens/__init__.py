"""Tests of tokens of identity providers."""
