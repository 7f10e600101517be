"""Whether this process is being stopped."""

import os
import signal

import pytest

from passerelle.server import drain


def test_a_process_begins_without_being_stopped() -> None:
    assert not drain.stopping.is_set()


def test_a_process_is_stopped_as_by_its_master(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []
    monkeypatch.setattr(os, "kill", lambda *given: sent.append(given))
    drain.stop_process()
    assert sent == [(os.getpid(), signal.SIGTERM)]
