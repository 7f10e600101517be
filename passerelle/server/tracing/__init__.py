"""Spans of requests for a trace viewer: recorded, and sent over OTLP/HTTP beside the requests."""
