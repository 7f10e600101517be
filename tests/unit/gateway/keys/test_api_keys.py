"""API keys: shown once, kept as a hash, scoped, and expiring."""

import dataclasses
import datetime
import hmac
import secrets

import pytest

from gateway.caller import ALL
from gateway.keys import api_keys
from gateway.keys.api_keys import Key, Keys
from passerelle.protocol import rates

NOW = datetime.datetime(2030, 5, 1, 12, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)


def kept(*found: Key) -> Keys:
    return Keys({key.prefix: key for key in found})


def test_a_key_is_found_by_its_text_alone() -> None:
    text, key = api_keys.new("alice", ("*",))
    assert kept(key).find(text, NOW) is key
    assert kept(key).find(text[:-1] + ("A" if text[-1] != "A" else "B"), NOW) is None
    assert kept(key).find("", NOW) is None
    assert kept().find(text, NOW) is None
    assert key.sha256 not in repr(key)


def test_two_keys_of_one_name_live_side_by_side() -> None:
    (old_text, old), (new_text, new) = (api_keys.new("alice", ("*",)) for _ in range(2))
    assert kept(old, new).find(old_text, NOW) is old
    assert kept(old, new).find(new_text, NOW) is new


def test_a_key_works_until_the_moment_it_expires() -> None:
    text, key = api_keys.new("alice", ("*",), NOW)
    assert kept(key).find(text, NOW - SECOND) is key
    assert kept(key).find(text, NOW) is None


def test_a_key_that_was_revoked_does_not_work() -> None:
    text, key = api_keys.new("alice", ("*",))
    assert kept(dataclasses.replace(key, revoked=NOW)).find(text, NOW - SECOND) is None


def test_an_unknown_key_is_compared_like_a_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = list[tuple[str, str]]()

    def note(one: str, other: str) -> bool:
        compared.append((one, other))
        return False

    monkeypatch.setattr(hmac, "compare_digest", note)
    text, key = api_keys.new("alice", ("*",))
    assert kept(key).find(text, NOW) is kept().find(text, NOW) is None
    (wrong, unknown) = compared
    assert wrong[0] == unknown[0] == api_keys.digest(text)
    assert len(wrong[1]) == len(unknown[1])


def test_a_key_allows_its_models_only() -> None:
    _, key = api_keys.new("alice", ("a", "b"))
    assert [key.caller.allows("predict", model) for model in ("a", "b", "c")] == [True, True, False]


def test_a_key_allows_what_its_verbs_say() -> None:
    _, key = api_keys.like(Key("alice", "", "", ("a",), verbs=("read", "metrics")))
    assert key.caller.allows("read", "a")
    assert not key.caller.allows("predict", "a")
    assert key.caller.allows("metrics", ALL)  # which aren't a model's
    assert not key.caller.allows("usage", "a")


def test_the_caller_has_the_limits_of_the_key() -> None:
    rate, quota = rates.parse("5/second"), rates.parse("100/day")
    _, key = api_keys.like(Key("alice", "", "", ("a",), rate=rate, quota=quota))
    assert (key.caller.rate, key.caller.quota) == (rate, quota)
    assert key.caller.id == f"key:{key.prefix}"


def test_a_new_prefix_is_none_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["00000001", "00000002", "00000003"])
    monkeypatch.setattr(secrets, "token_hex", lambda _: next(drawn))
    text, key = api_keys.like(Key("alice", "", "", ("a",)), {"00000001", "00000002"})
    assert key.prefix == "00000003"
    assert text.startswith("psl_00000003_")
