"""passerelle/cli/keys.py: keys are made, listed, revoked and rotated in a file."""

import datetime
import json
from pathlib import Path

import pytest
from click.testing import Result

from gateway.keys import api_keys, key_file
from gateway.keys.api_keys import Key
from gateway.usage import usage_file
from gateway.usage.counts import Batch
from passerelle.local import key_changes
from passerelle.protocol import rates, timestamps
from tests.unit.cli import command

NEVER = datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


def run(folder: Path, *words: str) -> Result:
    file, state = folder / "keys.yaml", folder / "state"
    return command.run("keys", *words, "--keys", str(file), "--state", str(state))


def read(folder: Path) -> list[Key]:
    return list(key_file.read(folder / "keys.yaml").by_prefix.values())


def keep(folder: Path, *keys: Key) -> None:
    key_changes.write(folder / "keys.yaml", list(keys))


def made(name: str, days: float | None = None) -> Key:
    """A key that expires in so many days."""
    expires = None if days is None else timestamps.now() + days * DAY
    return api_keys.new(name, ("a",), expires)[1]


def test_a_new_key_is_accepted_for_its_models_until_its_day(tmp_path: Path) -> None:
    shown = run(
        tmp_path, "new", "--name", "alice", "--model", "a", "--expires", "2131-01-02",
    )  # fmt: skip
    text = shown.stdout.strip()
    assert f"Kept as a hash in {tmp_path / 'keys.yaml'}. It is not shown again." in shown.stderr
    assert text not in (tmp_path / "keys.yaml").read_text()
    end = datetime.datetime(2131, 1, 2, tzinfo=datetime.UTC)
    key = key_file.read(tmp_path / "keys.yaml").find(text, end - DAY)
    assert key is not None
    assert (key.name, key.models, key.expires) == ("alice", ("a",), end)
    assert key_file.read(tmp_path / "keys.yaml").find(text, end) is None


def test_a_key_is_for_every_model_and_the_local_run_unless_told(tmp_path: Path) -> None:
    shown = command.run("keys", "new", "--name", "bob", "--state", str(tmp_path))
    key = key_file.read(tmp_path / "keys.yaml").find(shown.stdout.strip(), NEVER)
    assert key is not None
    assert (key.models, key.expires, key.verbs) == (("*",), None, ("predict", "read"))


def test_a_key_may_have_other_verbs_a_rate_and_a_quota(tmp_path: Path) -> None:
    run(
        tmp_path, "new", "--name", "bob", "--verb", "usage", "--verb", "read", "--rate", "5/second",
        "--quota", "10000/day",
    )  # fmt: skip
    (key,) = read(tmp_path)
    assert key.verbs == ("read", "usage")
    assert (key.rate, key.quota) == (rates.parse("5/second"), rates.parse("10000/day"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--name", " "), "write a name"),
        (("--name", "a\nb"), "'a\\nb' holds U+000A, which is no part of a name"),
        (("--name", "a", "--expires", "2001-01-01"), "2001-01-01 has passed"),
        (("--name", "a", "--expires", "soon"), "'soon' is no day such as 2027-01-31"),
        (("--name", "a", "--rate", "many"), "'many' is no rate such as 100/minute"),
        (("--name", "a", "--verb", "write"), "'write' is not one of"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(
    words: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    shown = run(tmp_path, "new", *words)
    assert shown.exit_code == 2
    assert sentence in shown.output
    assert not (tmp_path / "keys.yaml").exists()


def test_the_list_says_which_keys_work(tmp_path: Path) -> None:
    keep(tmp_path, made("alice"), made("bob", -1), made("carol", 1))
    run(tmp_path, "revoke", "carol")
    lines = run(tmp_path, "list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["name", "alice", "bob", "carol"]
    assert [line.split()[-1] for line in lines[1:]] == ["valid", "expired", "revoked"]
    listed = json.loads(run(tmp_path, "list", "--json").stdout)["keys"]
    assert [each["status"] for each in listed] == ["valid", "expired", "revoked"]
    assert {each["prefix"] for each in listed} == {each.prefix for each in read(tmp_path)}


def test_the_list_says_when_a_key_was_used(tmp_path: Path) -> None:
    key, used = made("alice"), Batch()
    keep(tmp_path, key)
    at = datetime.datetime(2026, 11, 26, 17, tzinfo=datetime.UTC)
    used.use(key.caller.id, "alice", at.timestamp() + 0.5)
    usage_file.add(tmp_path / "usage.db", used, at.date())
    listed = run(tmp_path, "list", "--json", "--usage", str(tmp_path / "usage.db")).stdout
    assert json.loads(listed)["keys"][0]["last_use"] == "2026-11-26T17:00:00Z"
    assert json.loads(run(tmp_path, "list", "--json").stdout)["keys"][0]["last_use"] is None


@pytest.mark.parametrize("by", ["name", "prefix"])
def test_a_revoked_key_no_longer_works_and_stays_listed(by: str, tmp_path: Path) -> None:
    text, key = api_keys.new("alice", ("*",))
    keep(tmp_path, key, made("bob"))
    shown = run(tmp_path, "revoke", getattr(key, by))
    assert f"alice, {key.prefix}, is revoked since" in shown.stderr
    assert key_file.read(tmp_path / "keys.yaml").find(text, NEVER) is None
    assert [each.name for each in read(tmp_path)] == ["alice", "bob"]
    again = run(tmp_path, "revoke", getattr(key, by))
    assert again.stderr == shown.stderr


def test_of_two_keys_of_one_name_the_prefix_says_which(tmp_path: Path) -> None:
    one, other = made("alice"), made("alice")
    keep(tmp_path, one, other)
    for words in (("revoke",), ("rotate",)):
        shown = run(tmp_path, *words, "alice")
        assert shown.exit_code == 2
        assert f"Give a prefix: {one.prefix}, {other.prefix}." in shown.output
    run(tmp_path, "revoke", one.prefix)
    assert [each.revoked is None for each in read(tmp_path)] == [False, True]
    run(tmp_path, "revoke", "alice")  # there is one left that works
    assert [each.revoked is None for each in read(tmp_path)] == [False, False]


def test_a_key_that_is_not_there_is_told_and_no_file_made(tmp_path: Path) -> None:
    keep(tmp_path, made("alice"))
    for command_name in ("revoke", "rotate"):
        shown = run(tmp_path, command_name, "dave")
        told = "no key whose name or prefix is 'dave'" in shown.output
        assert (shown.exit_code, told) == (2, True)
        shown = run(tmp_path / "mistyped", command_name, "alice")
        told = "is not there; make a key with: passerelle keys new" in shown.output
        assert (shown.exit_code, told) == (1, True)
    assert "is not there; make a key with" in run(tmp_path / "mistyped", "list").output
    assert [each.name for each in tmp_path.iterdir()] == ["keys.yaml"]


def test_two_keys_live_at_once_while_one_is_rotated(tmp_path: Path) -> None:
    _, old = api_keys.like(Key("alice", "", "", ("a",), None, ("read",), rates.parse("5/second")))
    keep(tmp_path, old)
    shown = run(tmp_path, "rotate", "alice")
    now = timestamps.now()
    first, second = read(tmp_path)
    assert first.prefix == old.prefix
    assert first.expires is not None
    assert now + 7 * DAY - first.expires < DAY / 24
    assert (
        f"The old one, {old.prefix}, works until {timestamps.render(first.expires)}" in shown.stderr
    )
    rights = [(each.name, each.models, each.verbs, each.rate) for each in (first, second)]
    assert rights[0] == rights[1]
    assert second.expires is None
    assert key_file.read(tmp_path / "keys.yaml").find(shown.stdout.strip(), NEVER) == second


def test_an_overlap_may_be_none(tmp_path: Path) -> None:
    keep(tmp_path, made("alice"))
    run(tmp_path, "rotate", "alice", "--overlap", "0m")
    assert [each.is_valid(timestamps.now()) for each in read(tmp_path)] == [False, True]


def test_a_key_is_not_made_to_live_longer_by_its_rotation(tmp_path: Path) -> None:
    keep(tmp_path, made("alice", 2))
    (before,) = read(tmp_path)
    shown = run(tmp_path, "rotate", "alice")
    assert (shown.exit_code, "so would the new one: --expires" in shown.output) == (2, True)
    assert read(tmp_path) == [before]
    run(tmp_path, "rotate", "alice", "--expires", "2131-01-01")
    assert read(tmp_path)[0] == before
    assert read(tmp_path)[1].expires == timestamps.parse("2131-01-01")


def test_a_key_that_has_ended_is_not_rotated(tmp_path: Path) -> None:
    keep(tmp_path, made("alice", -1))
    shown = run(tmp_path, "rotate", "alice")
    assert (shown.exit_code, "is expired: make another with keys new" in shown.output) == (2, True)
    assert len(read(tmp_path)) == 1


def test_a_broken_file_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "keys.yaml"
    file.write_text("keys: [{name: alice}]")
    for words in (("new", "--name", "a"), ("list",), ("revoke", "alice"), ("rotate", "alice")):
        shown = run(tmp_path, *words)
        assert (shown.exit_code, "needs name, prefix" in shown.output) == (1, True)
    assert file.read_text() == "keys: [{name: alice}]"
