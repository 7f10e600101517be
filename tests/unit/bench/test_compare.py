"""bench/compare.py: which servers are compared."""

import argparse

import pytest

from bench import compare


def selected(peers: str | None = None, kinds: str | None = None) -> list[str]:
    """The servers' names, ours first."""
    options = argparse.Namespace(peers=peers, kinds=kinds)
    return [each.name for each in compare.selected(options)]


def test_ours_is_always_there_in_both_precisions() -> None:
    assert selected("flask") == ["Passerelle", "Passerelle", "Flask + gunicorn"]


def test_peers_are_chosen_by_kind_too() -> None:
    assert selected("fastapi", "baked") == ["Passerelle"] * 2 + ["FastAPI + uvicorn"] * 2


@pytest.mark.parametrize(("peers", "kinds"), [("nginx", None), (None, "lazy")])
def test_an_unknown_name_ends_the_run_with_those_that_are_known(
    peers: str | None, kinds: str | None
) -> None:
    with pytest.raises(SystemExit, match=r"There is no (nginx|lazy)\. There is: bentoml, "):
        selected(peers, kinds)
