"""bench/stand_in_request.py: what is posted."""

from pathlib import Path

from bench import stand_in_request


def test_a_body_has_the_size_that_reports_say_and_is_always_the_same(tmp_path: Path) -> None:
    content = Path(stand_in_request.body_file(tmp_path)).read_bytes()
    assert len(content) == stand_in_request.BODY_BYTES
    assert content == stand_in_request.noise()
    assert len(stand_in_request.noise(7)) == 7
