"""Tests of the benchmarks' pure parts: no process, no socket."""
