"""API keys: shown once, kept as a hash, scoped, and expiring."""

import datetime

from gateway import api_keys

TODAY = datetime.date(2030, 5, 1)


def kept(*found: api_keys.Key) -> api_keys.Keys:
    return api_keys.Keys({key.prefix: key for key in found})


def test_a_key_is_found_by_its_text_alone() -> None:
    text, key = api_keys.new("alice", ("*",), None)
    assert kept(key).find(text, TODAY) is key
    assert kept(key).find(text[:-1] + ("A" if text[-1] != "A" else "B"), TODAY) is None
    assert kept(key).find("", TODAY) is None
    assert kept().find(text, TODAY) is None


def test_two_keys_of_one_name_live_side_by_side() -> None:
    (old_text, old), (new_text, new) = (api_keys.new("alice", ("*",), None) for _ in range(2))
    assert kept(old, new).find(old_text, TODAY) is old
    assert kept(old, new).find(new_text, TODAY) is new


def test_a_key_works_until_the_day_it_expires() -> None:
    text, key = api_keys.new("alice", ("*",), TODAY)
    assert kept(key).find(text, TODAY - datetime.timedelta(days=1)) is key
    assert kept(key).find(text, TODAY) is None


def test_a_key_allows_its_models_only() -> None:
    _, key = api_keys.new("alice", ("a", "b"), None)
    assert [key.caller.allows("predict", model) for model in ("a", "b", "c")] == [True, True, False]
