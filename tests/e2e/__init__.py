"""Images and containers, on a real Docker engine."""
