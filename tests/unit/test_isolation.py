"""What a unit test may not do is refused as it tries."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import pytest


def listen() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: time.sleep(0),
        lambda: subprocess.run([sys.executable, "--version"], check=False),
        lambda: os.posix_spawn(sys.executable, [sys.executable, "--version"], {}),
        lambda: os.system("true"),  # noqa: S605  # it is refused
        os.fork,
        lambda: socket.create_connection(("127.0.0.1", 9)),
        listen,
        lambda: socket.getaddrinfo("localhost", 80),
    ],
    ids=["sleep", "subprocess", "spawn", "shell", "fork", "connect", "listen", "resolve"],
)
def test_a_unit_test_that_leaves_its_process_or_waits_is_refused(
    attempt: Callable[[], object],
) -> None:
    with pytest.raises(pytest.fail.Exception, match="A unit test may not use"):
        attempt()
