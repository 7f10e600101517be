"""Unit tests of the way to a service and back."""
