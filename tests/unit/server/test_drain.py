"""Whether this process is being stopped."""

from passerelle.server import drain


def test_a_process_begins_without_being_stopped() -> None:
    assert not drain.stopping.is_set()
