"""Tests of the counts behind rates and quotas."""
