"""How many connections the system lets a worker have."""

import resource

import pytest

from passerelle.server import worker


class Limits:
    """The system's limit of open files."""

    def __init__(self, soft: int, hard: int, *, fixed: bool = False) -> None:
        self.soft, self.hard, self.fixed = soft, hard, fixed

    def getrlimit(self, _: int) -> tuple[int, int]:
        return self.soft, self.hard

    def setrlimit(self, _: int, limits: tuple[int, int]) -> None:
        if self.fixed:
            raise OSError
        self.soft, self.hard = limits


@pytest.mark.parametrize(
    ("limits", "soft", "allowed"),
    [
        (Limits(1_024, 20_000), 10_512, 10_000),
        (Limits(1_024, resource.RLIM_INFINITY), 10_512, 10_000),
        (Limits(20_000, 20_000), 20_000, 10_000),
        (Limits(resource.RLIM_INFINITY, resource.RLIM_INFINITY), resource.RLIM_INFINITY, 10_000),
        (Limits(1_024, 4_096), 4_096, 3_584),
        (Limits(1_024, 20_000, fixed=True), 1_024, 512),
        (Limits(256, 256), 256, 1),
    ],
    ids=["raised", "without a hard limit", "enough", "unlimited", "hard", "fixed", "tiny"],
)
def test_as_many_connections_are_allowed_as_files_can_be_open(
    limits: Limits, soft: int, allowed: int,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(resource, "getrlimit", limits.getrlimit)
    monkeypatch.setattr(resource, "setrlimit", limits.setrlimit)
    assert worker.allowed_connections(10_000) == allowed
    assert limits.soft == soft
    said = capsys.readouterr().out
    assert (f"only {allowed} connections fit" in said) is (allowed < 10_000)
