"""What is to be kept of a request."""

from pathlib import Path

from gateway.capturing.job import Differing
from tests.unit.gateway.capturing import made


def test_a_job_holds_the_bytes_that_its_work_needs() -> None:
    body = len(made.response().body)
    assert made.job(Path("m")).bytes == body + len(made.JPEG)
    assert made.job(Path("m"), exchange=None).bytes == body
    differing = Differing("n", 0.5, made.response(b"12345"))
    assert made.job(Path("m"), exchange=None, differing=differing).bytes == body + 5
