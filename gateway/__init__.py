"""The door: start at `app.py`."""
