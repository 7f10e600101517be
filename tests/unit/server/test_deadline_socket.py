"""A socket's deadlines hold however the bytes arrive. The clock is the test's own."""

import errno
import math
import socket
import threading
from collections.abc import Iterator

import pytest

from passerelle.server import deadline_socket
from passerelle.server.deadline_socket import DeadlineSocket


class Clock:
    """Seconds, as the test says."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now

    def advance(self) -> None:
        self.now += 1.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(deadline_socket, "time", made)
    return made


@pytest.fixture
def pair() -> Iterator[tuple[DeadlineSocket, socket.socket]]:
    """Ours, and the other side's."""
    ours, theirs = socket.socketpair()
    with DeadlineSocket.wrap(ours) as wrapped, theirs:
        yield wrapped, theirs


def test_bytes_that_drip_do_not_move_the_deadline(
    pair: tuple[DeadlineSocket, socket.socket], clock: Clock
) -> None:
    ours, theirs = pair
    ours.set_receive_timeout(1.5)
    theirs.send(b"ab")
    assert ours.recv(1) == b"a"
    clock.advance()
    assert ours.recv(1) == b"b"
    theirs.send(b"c")
    clock.advance()
    with pytest.raises(TimeoutError) as told:
        ours.recv(1)
    assert told.value.errno == errno.ECONNRESET


def test_without_a_deadline_it_waits_as_any_socket_does(
    pair: tuple[DeadlineSocket, socket.socket],
) -> None:
    ours, theirs = pair
    ours.set_receive_timeout(1)
    ours.set_receive_timeout(None)
    assert ours.receive_by == math.inf
    ours.on_poll = lambda: theirs.sendall(b"x")  # nothing is there before the first wait ends
    assert ours.recv(1) == b"x"


def test_a_timeout_counts_for_everything_together(
    pair: tuple[DeadlineSocket, socket.socket], clock: Clock
) -> None:
    ours, _ = pair
    ours.settimeout(0.5)
    clock.advance()
    with pytest.raises(TimeoutError):
        ours.recv_into(bytearray(1))
    with pytest.raises(TimeoutError):
        ours.sendall(b"x")
    ours.settimeout(None)
    assert ours.receive_by == ours.send_by == math.inf
    assert ours.gettimeout() is None  # type: ignore[func-returns-value]  # what gunicorn asks


def test_a_peer_that_never_reads_is_given_up(
    pair: tuple[DeadlineSocket, socket.socket], clock: Clock
) -> None:
    ours, _ = pair
    ours.send_by = clock.now + 0.5
    ours.on_poll = clock.advance
    with pytest.raises(TimeoutError):
        ours.sendall(bytes(50_000_000))


def test_who_waits_may_be_told_to_stop(pair: tuple[DeadlineSocket, socket.socket]) -> None:
    def stop() -> None:
        raise InterruptedError

    ours, _ = pair
    ours.on_poll = stop
    for wait in (lambda: ours.recv(1), lambda: ours.recv_into(bytearray(1))):
        with pytest.raises(InterruptedError):
            wait()


def test_what_takes_many_sends_arrives_whole(pair: tuple[DeadlineSocket, socket.socket]) -> None:
    ours, theirs = pair
    sent, received = bytes(range(256)) * 20_000, bytearray()

    def read() -> None:
        while len(received) < len(sent):
            received.extend(theirs.recv(1 << 16))

    reading = threading.Thread(target=read)
    reading.start()
    ours.sendall(sent)
    reading.join()
    assert received == sent


def test_the_next_byte_is_seen_and_left(pair: tuple[DeadlineSocket, socket.socket]) -> None:
    ours, theirs = pair
    assert ours.peek() is None
    theirs.send(b"xy")
    assert ours.peek() == b"x"
    assert ours.recv(2) == b"xy"
    theirs.close()
    assert ours.peek() == b""
    ours.close()
    assert ours.peek() == b""
