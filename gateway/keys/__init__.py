"""API keys: in their file, in files of one key each, and the wrong ones that somebody tries."""
