"""passerelle/cli/options.py: what options stand for."""

from pathlib import Path

import click
import pytest

from passerelle.cli import options
from passerelle.client.credentials import Credentials
from passerelle.local import local_state
from tests.unit.cli import command


def test_the_models_that_are_named_are_in_the_manifest(tmp_path: Path) -> None:
    path = command.manifest(tmp_path)
    assert [model.id for model in options.known(path, ("b",))] == ["a", "b"]
    with pytest.raises(click.ClickException, match=r"models\.yaml has no c, d\."):
        options.known(path, ("d", "a", "c"))


def test_a_backend_is_no_model_that_is_baked(tmp_path: Path) -> None:
    backend = "  - {id: ocr, backend: {url: 'http://a'}}\n"
    path = command.manifest(tmp_path, command.MANIFEST.rstrip("\n") + "\n" + backend)
    with pytest.raises(click.ClickException, match=r"are baked, and ocr isn't one"):
        options.known(path, ("ocr", "a"))
    path.write_text(f"version: 1\nmodels:\n{backend}")
    with pytest.raises(click.ClickException, match=r"and what .*models\.yaml has isn't one"):
        options.known(path, ())


def test_the_client_is_that_of_the_local_run_unless_told(tmp_path: Path) -> None:
    local_state.save_address(tmp_path, "http://127.0.0.1:8090")
    key = local_state.ensure_demo_key(tmp_path)
    local, other = (
        options.client(None, None, tmp_path), options.client("http://a", "psl_x", tmp_path)
    )  # fmt: skip
    assert (local.url, other.url) == ("http://127.0.0.1:8090", "http://a")
    by_token = options.client("http://a", "psl_x", tmp_path, " a.b.c\n")
    assert vars(local)["_credentials"] == Credentials(key)
    assert vars(other)["_credentials"] == Credentials("psl_x")
    assert vars(by_token)["_credentials"] == Credentials("", "a.b.c")


def test_the_demo_key_is_sent_to_no_other_gateway(tmp_path: Path) -> None:
    local_state.save_address(tmp_path, "http://127.0.0.1:8090")
    key = local_state.ensure_demo_key(tmp_path)
    addresses = ("http://a", "http://127.0.0.1:8091", "http://127.0.0.1:8090/")
    found = [vars(options.client(each, None, tmp_path))["_credentials"] for each in addresses]
    assert found == [Credentials(""), Credentials(""), Credentials(key)]
