"""The tasks that a model can have."""

from typing import get_args

from passerelle.protocol import tasks


def test_every_task_has_its_name() -> None:
    assert get_args(tasks.Task) == tasks.NAMES
    assert tasks.NAMES == ("classification", "detection", "segmentation", "embedding", "tensor")
