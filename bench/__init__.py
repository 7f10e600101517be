"""Measurements: what the gateway costs, and how often the models are right."""
