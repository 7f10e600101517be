"""passerelle/local/local_state.py: what a run leaves for the other commands."""

import dataclasses
from pathlib import Path

import yaml

from gateway.keys import api_keys, key_file
from passerelle.local import key_changes, local_state


def test_the_demo_key_is_made_once_and_accepted(tmp_path: Path) -> None:
    text = local_state.ensure_demo_key(tmp_path)
    assert local_state.ensure_demo_key(tmp_path) == text == local_state.demo_key(tmp_path)
    keys = [*key_file.read(local_state.keys_file(tmp_path)).by_prefix.values()]
    assert [(key.name, key.models) for key in keys] == [("demo", ("*",))]


def test_the_demo_key_may_promote_and_one_that_may_not_is_given_the_verb(tmp_path: Path) -> None:
    text, key = api_keys.like(api_keys.Key("demo", "", "", ("*",), verbs=("read", "usage")))
    key_changes.write(local_state.keys_file(tmp_path), [key])
    (tmp_path / "demo.key").write_text(text)
    assert local_state.ensure_demo_key(tmp_path) == text
    (found,) = key_file.read(local_state.keys_file(tmp_path)).by_prefix.values()
    assert found == dataclasses.replace(key, verbs=("predict", "read", "usage", "promote"))


def test_the_demo_key_is_for_its_owners_eyes(tmp_path: Path) -> None:
    local_state.ensure_demo_key(tmp_path)
    assert (tmp_path / "demo.key").stat().st_mode & 0o777 == 0o600


def test_a_lost_key_is_replaced_and_others_are_kept(tmp_path: Path) -> None:
    first = local_state.ensure_demo_key(tmp_path)
    file = local_state.keys_file(tmp_path)
    key_changes.add(file, api_keys.new("alice", ("*",), None)[1])
    (tmp_path / "demo.key").unlink()
    assert local_state.ensure_demo_key(tmp_path) != first
    names = sorted(key.name for key in key_file.read(file).by_prefix.values())
    assert names == ["alice", "demo"]


def test_without_a_run_there_is_no_key_and_the_usual_address(tmp_path: Path) -> None:
    assert local_state.demo_key(tmp_path) == ""
    assert local_state.address(tmp_path) == "http://127.0.0.1:8080"


def test_the_address_of_the_last_run_is_kept(tmp_path: Path) -> None:
    local_state.save_address(tmp_path, "http://127.0.0.1:8090")
    assert local_state.address(tmp_path) == "http://127.0.0.1:8090"


def test_the_demo_key_is_kept_from_run_to_run_and_replaced_when_lost(tmp_path: Path) -> None:
    first = local_state.ensure_demo_key(tmp_path)
    assert local_state.ensure_demo_key(tmp_path) == first
    local_state.keys_file(tmp_path).unlink()
    second = local_state.ensure_demo_key(tmp_path)
    assert second != first
    names = [
        key["name"] for key in yaml.safe_load(local_state.keys_file(tmp_path).read_text())["keys"]
    ]
    assert names == ["demo"]


def test_what_a_run_keeps_of_its_models_lies_in_its_folder(tmp_path: Path) -> None:
    assert local_state.usage_file(tmp_path).parent == tmp_path
    assert local_state.traffic_file(tmp_path).parent == tmp_path
    assert local_state.capture_folder(tmp_path).parent == tmp_path
