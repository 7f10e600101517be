"""The pages that a visitor can open, and their paths."""

PATHS = {"classify": "/", "compare": "/compare", "status": "/status"}
