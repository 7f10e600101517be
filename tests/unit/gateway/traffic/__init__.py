"""Tests of counting how variants and mirrors answer."""
