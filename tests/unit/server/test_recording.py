"""What is recorded of a request."""

from passerelle.server import recording
from passerelle.server.recording import RecordedStep, Recording


def test_so_many_steps_are_kept_and_the_others_counted() -> None:
    found = Recording()
    for number in range(recording.MAX_STEPS + 3):
        found.add(RecordedStep(f"step{number}", 0.0, 1.0, "a" * 16))
    assert len(found.steps) == recording.MAX_STEPS
    assert found.steps[-1].name == f"step{recording.MAX_STEPS - 1}"
    assert found.left_out == 3
