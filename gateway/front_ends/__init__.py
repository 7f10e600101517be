"""API front ends: what a client speaks becomes an exchange, and the answer what it reads."""
