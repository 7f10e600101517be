"""A socket whose deadline holds however the bytes arrive, and one whose peer never reads."""

import collections
import math
import socket
import threading
import time

import pytest

from passerelle.server.deadline_socket import DeadlineSocket


def drip(to: socket.socket, stop: threading.Event) -> None:
    """Send a byte now and then."""
    while not stop.wait(0.05):
        to.send(b"x")


def test_bytes_that_drip_do_not_move_the_deadline() -> None:
    ours, theirs = socket.socketpair()
    stop = threading.Event()
    dripping = threading.Thread(target=drip, args=(theirs, stop))
    dripping.start()
    with DeadlineSocket.wrap(ours) as receiving, theirs:
        receiving.set_receive_timeout(0.5)
        begin = time.monotonic()
        with pytest.raises(TimeoutError):
            collections.deque(iter(lambda: receiving.recv(100), b""))
        assert 0.4 < time.monotonic() - begin < 2
        stop.set()
        dripping.join()


def test_without_a_deadline_it_waits_as_any_socket_does() -> None:
    ours, theirs = socket.socketpair()
    with DeadlineSocket.wrap(ours) as receiving, theirs:
        receiving.set_receive_timeout(0.05)
        receiving.set_receive_timeout(None)
        assert receiving.receive_by == math.inf
        theirs.send(b"x")
        assert receiving.recv(1) == b"x"


def test_a_timeout_counts_for_everything_together() -> None:
    ours, theirs = socket.socketpair()
    with DeadlineSocket.wrap(ours) as both, theirs:
        both.settimeout(0.2)
        with pytest.raises(TimeoutError):
            both.recv_into(bytearray(1))
        with pytest.raises(TimeoutError):
            both.sendall(b"x")
        both.settimeout(None)
        assert both.receive_by == both.send_by == math.inf


def test_a_peer_that_never_reads_is_given_up() -> None:
    ours, theirs = socket.socketpair()
    with DeadlineSocket.wrap(ours) as sending, theirs:
        sending.send_by = time.monotonic() + 0.3
        begin = time.monotonic()
        with pytest.raises(TimeoutError):
            sending.sendall(bytes(50_000_000))
        assert 0.2 < time.monotonic() - begin < 2


def test_what_takes_many_sends_arrives_whole() -> None:
    ours, theirs = socket.socketpair()
    sent, received = bytes(range(256)) * 20_000, bytearray()

    def read() -> None:
        while chunk := theirs.recv(1 << 16):
            received.extend(chunk)
            time.sleep(0.001)

    reading = threading.Thread(target=read)
    reading.start()
    with DeadlineSocket.wrap(ours) as sending:
        sending.sendall(sent)
    reading.join()
    theirs.close()
    assert received == sent
