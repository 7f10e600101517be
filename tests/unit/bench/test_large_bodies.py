"""bench/large_bodies.py: answers by count, and the memory."""

from bench import large_bodies
from bench.large_bodies import Report


def test_answers_are_counted_by_status() -> None:
    answers = {"503 with Retry-After": 40, "200": 20}
    text = large_bodies.text(Report(60, 8.0, answers, 70.0, 400.0, 80.0))
    assert "60 of 8 MB at once: 20 x 200, 40 x 503 with Retry-After" in text
    assert "400.0 MB at the peak" in text
