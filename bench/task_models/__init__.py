"""The models that bench/tasks.py measures."""
