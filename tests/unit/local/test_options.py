"""passerelle/local/options.py: the places of a run."""

from pathlib import Path

from passerelle.local.options import Options


def options(host: str = "127.0.0.1", page_port: int | None = None) -> Options:
    return Options(Path("models.yaml"), Path("state"), host, 8080, page_port=page_port)


def test_the_addresses_are_those_for_this_machine() -> None:
    run = options(page_port=8000)
    assert (run.url, run.page_url) == ("http://127.0.0.1:8080", "http://127.0.0.1:8000")
    assert options("0.0.0.0").url == "http://127.0.0.1:8080"
    assert options("10.0.0.1").url == "http://10.0.0.1:8080"


def test_ipv6_is_in_brackets() -> None:
    run = options("::1", page_port=8000)
    assert (run.url, run.page_url) == ("http://[::1]:8080", "http://[::1]:8000")
    assert (run.bind, run.page_bind) == ("[::1]:8080", "[::1]:8000")
    assert (options("::").url, options("::").bind) == ("http://[::1]:8080", "[::]:8080")


def test_no_page_has_no_address() -> None:
    assert (options().page_url, options().page_bind) == ("", "")


def test_artifacts_and_logs_lie_in_the_state_folder() -> None:
    assert (options().artifacts, options().logs) == (Path("state/artifacts"), Path("state/logs"))
