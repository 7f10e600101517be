"""Who is asking, and what they may use."""

import datetime

import pytest

from gateway import api_keys, auth
from gateway.api_keys import Keys
from gateway.exchange import Client
from passerelle.protocol import problems, trace
from passerelle.server.span import Span


def span() -> Span:
    return Span(trace.read({}), 0.0)


def test_a_valid_key_is_known_by_its_name_which_the_log_has() -> None:
    text, key = api_keys.new("alice", ("m",), None)
    logged = span()
    assert auth.identify(Client(text, key_in_query=False), Keys({key.prefix: key}), logged) == key
    assert logged.fields == {"key": "alice"}


def test_without_a_key_the_sentence_says_how_to_send_one() -> None:
    with pytest.raises(problems.Unauthorized, match="There is no key"):
        auth.identify(Client("", key_in_query=False), Keys({}), span())


def test_a_key_in_the_address_is_refused_even_if_it_is_valid() -> None:
    text, key = api_keys.new("alice", ("*",), None)
    with pytest.raises(problems.Unauthorized, match="ends up in logs"):
        auth.identify(Client(text, key_in_query=True), Keys({key.prefix: key}), span())


def test_an_expired_key_and_an_unknown_one_are_told_alike() -> None:
    yesterday = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=1)
    expired, key = api_keys.new("alice", ("*",), yesterday)
    unknown, _ = api_keys.new("bob", ("*",), None)
    for text in (expired, unknown, "nonsense"):
        with pytest.raises(problems.Unauthorized, match="unknown or expired"):
            auth.identify(Client(text, key_in_query=False), Keys({key.prefix: key}), span())


def test_a_key_may_use_its_models_and_the_refusal_names_them() -> None:
    _, key = api_keys.new("alice", ("m", "n"), None)
    auth.permit(key, "m")
    with pytest.raises(problems.Forbidden, match="may not use 'o', only: m, n"):
        auth.permit(key, "o")
