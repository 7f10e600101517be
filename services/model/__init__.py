"""The model service: one image for every model. Start at `app.py`."""
