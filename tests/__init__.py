"""Tests run the real thing: real gunicorn, real models, real pictures."""
