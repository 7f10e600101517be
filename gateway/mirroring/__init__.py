"""Requests that another model answers as well, for nobody but the figures. Start at mirrors.py."""
