"""What an idle kept connection costs the gateway: its memory before and after many of them."""

import contextlib
import dataclasses
import socket

from bench import predict_request, procfs
from bench.connection import AnswerError, Connection
from bench.stand_in_stack import Gateway
from bench.workload import Workload

WARM_UP = 200  # requests over one connection, after which memory grows by connections alone

TIMEOUT = 3.0  # seconds for an answer, after which the gateway holds no more


@dataclasses.dataclass(frozen=True)
class Report:
    """The gateway's memory in MB, of all its processes, shared pages counted once."""

    asked: int  # connections
    held: int  # that were made, answered once, and still open at the end
    before_mb: float
    after_mb: float

    @property
    def kb_each(self) -> float:
        """KB of memory for each connection."""
        return (self.after_mb - self.before_mb) * 1000 / max(1, self.held)

    @property
    def per_mb(self) -> float:
        """Connections held for each MB that the memory has grown by; infinite if it has not."""
        growth = self.after_mb - self.before_mb
        return self.held / growth if growth > 0 else float("inf")


def measure(gateway: Gateway, workload: Workload, body: bytes, count: int) -> Report:
    """Open the connections one by one, send a prediction over each, and leave it."""
    request = predict_request.encode(workload, body)
    with contextlib.ExitStack() as connections:
        first = connections.enter_context(connected(workload))
        for _ in range(WARM_UP):
            first.send(request)
        sockets, before = procfs.open_sockets(gateway.pids), procfs.pss(gateway.pids)
        with contextlib.suppress(OSError, AnswerError):  # it holds no more
            for _ in range(count):
                connections.enter_context(connected(workload)).send(request)
        held = procfs.open_sockets(gateway.pids) - sockets
        return Report(count, held, before, procfs.pss(gateway.pids))


def connected(workload: Workload) -> contextlib.AbstractContextManager[Connection]:
    """A connection, closed at the end."""
    connection = Connection(workload, lambda at, _: socket.create_connection(at, TIMEOUT))
    return contextlib.closing(connection)


def text(report: Report) -> str:
    """The report in two lines."""
    return (
        f"idle connections: {report.held} of {report.asked} held, each after one prediction\n"
        f"{report.before_mb:.1f} MB before, {report.after_mb:.1f} MB with them: "
        f"{report.kb_each:.1f} kB each, {report.per_mb:.0f} for each MB"
    )
