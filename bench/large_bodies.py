"""Many large bodies at once: what is answered, and how much memory the gateway takes for it."""

import collections
import concurrent.futures
import contextlib
import dataclasses
import http.client
import socket
import time
import urllib.parse

from bench import predict_request, procfs
from bench.stand_in_stack import Gateway
from bench.workload import Workload

TIMEOUT = 60.0  # seconds
SETTLE_SECONDS = 2.0  # after which memory that is given back has been


@dataclasses.dataclass(frozen=True)
class Report:
    """The gateway's memory in MB: PSS of all its processes, and the peak of the largest one."""

    count: int
    body_mb: float
    answers: dict[str, int]  # by status, with Retry-After where there was one, or by error
    before_mb: float
    peak_mb: float  # resident
    after_mb: float


def measure(gateway: Gateway, workload: Workload, body: bytes, count: int) -> Report:
    """Send `count` bodies at once and wait for all the answers."""
    request = predict_request.encode(workload, body)
    before = procfs.pss(gateway.pids)
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        answers = pool.map(lambda _: answer(workload.url, request), range(count))
    found = dict(collections.Counter(answers))
    time.sleep(SETTLE_SECONDS)
    peak = max(procfs.peak_rss(pid) for pid in gateway.pids)
    return Report(count, len(body) / 1e6, found, before, peak, procfs.pss(gateway.pids))


def answer(url: str, request: bytes) -> str:
    """Send a request over a connection of its own: the answer's status, or the error's name."""
    at = urllib.parse.urlsplit(url)
    try:
        with socket.create_connection((at.hostname, at.port), TIMEOUT) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(request)  # the server may answer before it has read all
            response = http.client.HTTPResponse(connection, method="POST")
            response.begin()
            hint = " with Retry-After" if response.getheader("Retry-After") else ""
            return f"{response.status}{hint}"
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__


def text(report: Report) -> str:
    """The report in two lines."""
    answers = ", ".join(f"{count} x {each}" for each, count in sorted(report.answers.items()))
    return (
        f"large bodies: {report.count} of {report.body_mb:g} MB at once: {answers}\n"
        f"{report.before_mb:.1f} MB before, {report.peak_mb:.1f} MB at the peak, "
        f"{report.after_mb:.1f} MB {SETTLE_SECONDS:g} s after the last answer"
    )
