"""Which limits a request is held against, and what it is told."""

import dataclasses

import pytest

from gateway import limiting
from gateway.caller import NOBODY, Caller
from gateway.exchange import Exchange
from gateway.limits.counts import Counts
from gateway.limits.limit import Limit
from gateway.status import Status
from passerelle.protocol.problems import QuotaExceeded
from passerelle.protocol.rates import Rate
from tests.unit.gateway import made

MINUTE, DAY = Rate(amount=2, seconds=60), Rate(amount=9, seconds=86_400)
ALICE = Caller("key:1f3a09bc", "alice", {}, rate=MINUTE, quota=DAY)


async def admit(
    caller: Caller, counts: Counts, rate: Rate | None = None, quota: Rate | None = None
) -> Exchange:
    """Admit a request for a model with these limits, and give back its exchange."""
    exchange, state = made.exchange(), made.state(made.Replies())
    state = dataclasses.replace(state, limits=counts)
    await limiting.admit(state, exchange, caller, made.route(rate=rate, quota=quota))
    return exchange


async def test_without_limits_nothing_is_counted_and_nothing_told() -> None:
    counts = Counts()
    exchange = await admit(Caller("key:1", "bob", {}), counts)
    assert (len(counts), exchange.span.answer_headers, exchange.span.steps) == (0, [], {})


async def test_a_request_is_held_against_the_callers_limits_and_the_models() -> None:
    route = made.route(rate=DAY, quota=MINUTE)
    assert limiting.of(ALICE, route) == (
        Limit("caller-rate", "key:1f3a09bc", "rate", 2, 60),
        Limit("caller-quota", "key:1f3a09bc", "quota", 9, 86_400),
        Limit("model-rate", "m", "rate", 9, 86_400),
        Limit("model-quota", "m", "quota", 2, 60),
    )


async def test_who_sends_no_key_has_the_models_limits_alone() -> None:
    route = made.route(rate=DAY)
    assert [each.policy for each in limiting.of(NOBODY, route)] == ["model-rate"]


async def test_a_pipeline_has_limits_of_its_own() -> None:
    route = made.pipeline(Status("ready"), Status("ready"))
    route = dataclasses.replace(route, model=route.model.model_copy(update={"rate": MINUTE}))
    assert limiting.of(NOBODY, route) == (Limit("model-rate", "both", "rate", 2, 60),)


async def test_an_answer_says_what_is_left_and_how_long_that_took() -> None:
    exchange = await admit(ALICE, Counts())
    (_, policy), (_, left) = exchange.span.answer_headers
    assert policy == '"caller-rate";q=2;w=60, "caller-quota";q=9;w=86400'
    assert left.startswith('"caller-rate";r=1;t=30, "caller-quota";r=8;t=')
    assert list(exchange.span.steps) == ["limit"]


async def test_a_refusal_says_which_limits_have_no_room_and_when_to_come_back() -> None:
    counts = Counts()
    for _ in range(2):
        await admit(ALICE, counts, rate=MINUTE)
    with pytest.raises(QuotaExceeded) as raised:
        await admit(ALICE, counts, rate=MINUTE)
    problem = raised.value
    assert problem.detail == (
        "You may send 2 requests a minute. m takes 2 requests a minute, of all callers together. "
        "Wait 30 seconds."
    )
    assert problem.headers == {"Retry-After": "30"}
    assert problem.members == {"violated-policies": ["caller-rate", "model-rate"]}


async def test_metrics_are_told_which_limit_it_was() -> None:
    state, exchange = made.state(made.Replies()), made.exchange()
    for _ in range(2):
        await limiting.admit(state, made.exchange(), ALICE, made.route())
    with pytest.raises(QuotaExceeded):
        await limiting.admit(state, exchange, ALICE, made.route())
    assert exchange.span.attributes["limit"] == "caller-rate"


async def test_a_quota_that_is_used_up_is_told_with_its_time() -> None:
    counts, caller = Counts(wall=lambda: 86_399.5), Caller("key:1", "bob", {}, quota=DAY)
    for _ in range(9):
        await admit(caller, counts)
    with pytest.raises(QuotaExceeded) as raised:
        await admit(caller, counts)
    expected = "Your 9 requests of this day (UTC) are used up. Wait 1 second."
    assert raised.value.detail == expected


async def test_what_is_refused_by_one_limit_is_charged_to_none() -> None:
    counts = Counts()
    bob = dataclasses.replace(ALICE, id="key:2")
    for _ in range(2):
        await admit(ALICE, counts, quota=DAY)
    for _ in range(5):
        with pytest.raises(QuotaExceeded):
            await admit(ALICE, counts, quota=DAY)
    _, (_, left) = (await admit(bob, counts, quota=DAY)).span.answer_headers
    assert '"model-quota";r=6;' in left
