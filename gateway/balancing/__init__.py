"""Keeping up: which replica is asked, who is left out, and how much is asked of a model at once."""
