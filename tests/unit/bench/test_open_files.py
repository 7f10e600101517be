"""bench/open_files.py: the limit is raised as far as it must be and may be."""

import resource

import pytest

from bench import open_files


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The limits of this process, the last of which holds; they begin at 1024 of 4096."""
    found = [(1024, 4096)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: found[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: found.append(limit))
    return found


def test_the_limit_is_raised_for_the_connections_and_what_else_is_open(
    limits: list[tuple[int, int]],
) -> None:
    open_files.allow_connections(2000)
    assert limits[-1] == (2000 + open_files.SPARE, 4096)


def test_a_limit_that_is_enough_stays(limits: list[tuple[int, int]]) -> None:
    open_files.allow_connections(10)
    assert limits == [(1024, 4096)]


@pytest.mark.usefixtures("limits")
def test_more_than_may_be_is_refused() -> None:
    with pytest.raises(SystemExit, match="4096 are allowed; ask for fewer"):
        open_files.allow_connections(5000)
