"""From a torch module to a checked artifact: the room for torch. Start at `pipeline.py`."""
