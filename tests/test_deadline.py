"""A socket whose deadline holds however the bytes arrive, and one whose peer never reads."""

import collections
import math
import socket
import threading
import time

import pytest

from gateway.connections import ServiceSocket
from wire.deadline import DeadlineSocket
from wire.worker import ClientSocket


def drip(to: socket.socket, stop: threading.Event) -> None:
    """Send a byte now and then."""
    while not stop.wait(0.05):
        to.send(b"x")


@pytest.mark.parametrize("kind", [DeadlineSocket, ServiceSocket, ClientSocket])
def test_bytes_that_drip_do_not_move_the_deadline(kind: type[DeadlineSocket]) -> None:
    ours, theirs = socket.socketpair()
    stop = threading.Event()
    dripping = threading.Thread(target=drip, args=(theirs, stop))
    dripping.start()
    with kind.around(ours) as receiving, theirs:
        receiving.limit(0.5)
        begin = time.monotonic()
        with pytest.raises(TimeoutError):
            collections.deque(iter(lambda: receiving.recv(100), b""))
        assert 0.4 < time.monotonic() - begin < 2
        stop.set()
        dripping.join()


def test_without_a_deadline_it_waits_as_any_socket_does() -> None:
    ours, theirs = socket.socketpair()
    with DeadlineSocket.around(ours) as receiving, theirs:
        receiving.limit(0.05)
        receiving.limit(None)
        assert receiving.gettimeout() is None
        theirs.send(b"x")
        assert receiving.recv(1) == b"x"


def test_a_services_timeout_counts_for_the_whole_answer() -> None:
    ours, theirs = socket.socketpair()
    with ServiceSocket.around(ours) as receiving, theirs:
        receiving.settimeout(0.2)
        assert receiving.deadline is not None
        with pytest.raises(TimeoutError):
            receiving.recv_into(bytearray(1))
        receiving.settimeout(None)
        assert receiving.deadline is None


def test_a_client_that_never_reads_is_given_up() -> None:
    ours, theirs = socket.socketpair()
    with ClientSocket.around(ours) as sending, theirs:
        assert sending.answer_by == math.inf
        sending.answer_by = time.monotonic() + 0.3
        with pytest.raises(TimeoutError):
            sending.sendall(bytes(50_000_000))
