"""Tests of one module each: no process, no socket, no sleep."""
