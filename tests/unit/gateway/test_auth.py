"""Who is asking, and what they may do."""

import contextlib
import dataclasses
import datetime

import pytest

from gateway import auth, caller
from gateway.access import Access
from gateway.caller import ALL, NOBODY
from gateway.exchange import Client
from gateway.keys import api_keys, wrong_keys
from gateway.keys.api_keys import Key
from gateway.keys.wrong_keys import WrongKeys
from gateway.state import State
from passerelle.protocol import problems, trace
from passerelle.server.span import Span
from tests.support import signing
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies
from tests.unit.gateway.tokens.conftest import issuers


def span() -> Span:
    return Span(trace.read({}), 0.0)


def gateway(key: Key = made.KEY, access: Access | None = None) -> State:
    """A gateway that knows one key."""
    found = made.state(Replies(), key)
    found.routes.current = dataclasses.replace(found.routes.current, access=access or Access())
    return found


async def test_a_valid_key_is_known_by_its_name_which_the_log_has() -> None:
    logged = span()
    sent = Client(made.KEY_TEXT, key_in_query=False)
    assert await auth.identify(gateway(), sent, logged) == made.KEY.caller
    assert logged.fields == {"key": "alice"}
    assert logged.attributes == {"caller": f"key:{made.KEY.prefix}"}


async def test_a_request_that_is_no_prediction_is_known_by_its_headers_and_its_address() -> None:
    request = made.request(headers={"authorization": f"Bearer {made.KEY_TEXT}"})
    assert await auth.identify_request(gateway(), request) == made.KEY.caller
    assert request.span.fields == {"key": "alice"}
    with pytest.raises(problems.Unauthorized, match="ends up in logs"):
        await auth.identify_request(gateway(), made.request(b"key=a"))


async def test_what_is_no_key_may_be_a_token_where_the_manifest_takes_some() -> None:
    taken, logged = gateway(), span()
    taken.routes.current = dataclasses.replace(taken.routes.current, issuers=issuers())
    sent = Client(signing.token(), key_in_query=False)
    found = await auth.identify(taken, sent, logged)
    assert (logged.fields, logged.attributes) == ({"key": "alice"}, {"caller": found.id})
    auth.permit(taken, found, "predict", "m")
    key = Client(made.KEY_TEXT, key_in_query=False)
    assert await auth.identify(taken, key, span()) == made.KEY.caller
    unknown, _ = api_keys.new("bob", ("*",), None)
    for text, sentence in (
        (unknown, "unknown or expired"), ("psl_XYZ", "unknown or expired"),
        ("nonsense", "no JSON Web Token"), (f"a{unknown}", "no JSON Web Token"),
    ):  # fmt: skip
        with pytest.raises(problems.Unauthorized, match=sentence):
            await auth.identify(taken, Client(text, key_in_query=False), span())


async def test_wrong_keys_and_tokens_count_for_their_clients_address_and_valid_ones_dont() -> None:
    slept = list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    taken = dataclasses.replace(gateway(), wrong_keys=WrongKeys(2, sleep=sleep))
    taken.routes.current = dataclasses.replace(taken.routes.current, issuers=issuers())

    async def ask(text: str, address: str = "203.0.113.9") -> None:
        client = Client(text, key_in_query=False, addresses=(address, "10.0.0.1"))
        with contextlib.suppress(problems.Unauthorized):
            await auth.identify(taken, client, span())

    for text in (api_keys.new("bob", ("*",))[0], "a.b.c", "", made.KEY_TEXT, signing.token()):
        await ask(text)
    assert slept == []
    await ask("a.b.c", "203.0.113.10")
    await ask(made.KEY_TEXT)
    assert slept == []
    await ask("a.b.c")
    assert slept == [wrong_keys.DELAY]


async def test_a_token_is_unknown_where_the_manifest_takes_none() -> None:
    with pytest.raises(problems.Unauthorized, match="unknown or expired"):
        await auth.identify(gateway(), Client(signing.token(), key_in_query=False), span())


async def test_a_token_without_a_scope_of_ours_may_do_what_anybody_may() -> None:
    opened = gateway(access=Access(frozenset({"m"}), frozenset()))
    opened.routes.current = dataclasses.replace(opened.routes.current, issuers=issuers())
    text = signing.token(signing.claims(scope="openid usage predict:*"))
    found = await auth.identify(opened, Client(text, key_in_query=False), span())
    auth.permit(opened, found, "predict", "m")
    for verb in caller.VERBS:
        with pytest.raises(problems.Forbidden) as raised:
            auth.permit(opened, found, verb, "n" if verb in ("predict", "read") else ALL)
        assert 'error="insufficient_scope"' in raised.value.headers["WWW-Authenticate"]
    with pytest.raises(problems.Forbidden, match="This token has no right to read"):
        auth.permit_listing(opened, found)


async def test_who_sends_no_key_is_nobody_who_is_told_how_to_send_one() -> None:
    found = await auth.identify(gateway(), Client("", key_in_query=False), span())
    assert found is NOBODY
    for verb in ("predict", "read"):
        with pytest.raises(problems.Unauthorized, match=r"There is no key. Send a key as X-API"):
            auth.permit(gateway(), found, verb, "m")
    with pytest.raises(problems.Unauthorized, match="There is no key"):
        auth.permit_listing(gateway(), found)


async def test_a_key_in_the_address_is_refused_even_if_it_is_valid() -> None:
    with pytest.raises(problems.Unauthorized, match="ends up in logs"):
        await auth.identify(gateway(), Client(made.KEY_TEXT, key_in_query=True), span())


async def test_an_expired_key_and_an_unknown_one_are_told_alike() -> None:
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    expired, key = api_keys.new("alice", ("*",), yesterday)
    unknown, _ = api_keys.new("bob", ("*",), None)
    for text in (expired, unknown, "nonsense"):
        with pytest.raises(problems.Unauthorized, match="unknown or expired"):
            await auth.identify(gateway(key), Client(text, key_in_query=False), span())


def test_a_key_may_use_its_models_and_the_refusal_names_them() -> None:
    _, key = api_keys.new("alice", ("m", "n"), None)
    auth.permit(gateway(key), key.caller, "predict", "m")
    with pytest.raises(problems.Forbidden, match="may not use 'o', only: m, n"):
        auth.permit(gateway(key), key.caller, "predict", "o")


def test_a_right_to_the_whole_gateway_is_none_that_every_key_has() -> None:
    _, key = api_keys.new("alice", ("*",), None)
    auth.permit_listing(gateway(key), key.caller)
    with pytest.raises(problems.Forbidden, match="no right to usage"):
        auth.permit(gateway(key), key.caller, "usage")


def test_what_is_public_needs_no_key() -> None:
    opened = gateway(access=Access(frozenset({"m"}), frozenset({"listing"})))
    auth.permit(opened, NOBODY, "predict", "m")
    auth.permit(opened, NOBODY, "read", "n")
    auth.permit_listing(opened, NOBODY)
    with pytest.raises(problems.Unauthorized):
        auth.permit(opened, NOBODY, "predict", "n")
    with pytest.raises(problems.Unauthorized):
        auth.permit(opened, NOBODY, "metrics")
