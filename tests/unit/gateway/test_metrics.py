"""What the gateway's metrics say of its models, and of what it refused."""

import dataclasses
import time

import pytest

from gateway import app, metrics, upstream
from gateway.access import Access
from gateway.balancing.breaker import LEAST_REQUESTS, OPEN_SECONDS, Breaker
from gateway.limits.counts import Counts
from gateway.limits.limit import Limit, Limits, Outcome, Unavailable
from gateway.limits.shared import Shared
from gateway.state import State
from passerelle.manifest.model import Cache
from passerelle.protocol import statuses
from passerelle.protocol.rates import Rate
from passerelle.server.application import Application
from tests.support import asgi, scraped
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies
from tests.unit.server.made import Interrupted

KEY = {"X-API-Key": made.KEY_TEXT}
LIMITED = "passerelle_limited_requests_total"


def answering(state: State) -> Application:
    """A gateway in this state, whose metrics are for anybody."""
    opened = Access(parts=frozenset({"metrics"}))
    state.routes.current = dataclasses.replace(state.routes.current, access=opened)
    return app.make_app(state, made.table())


async def scrape(gateway: Application) -> str:
    """What it says."""
    answer = await asgi.ask(gateway, "GET", "/metrics", headers=KEY)
    assert answer.status == 200, answer.body
    return answer.body.decode()


async def ask(gateway: Application, target: str, **headers: str) -> asgi.Answer:
    return await asgi.ask(gateway, "POST", target, b"x", headers)


async def test_the_time_of_a_models_service_counts_by_model() -> None:
    gateway = answering(made.state(Replies(made.answer())))
    await ask(gateway, "/model/m/predict", **KEY)
    text = await scrape(gateway)
    assert scraped.total(text, "passerelle_upstream_duration_seconds_count", model="m") == 1
    count = "http_server_request_duration_seconds_count"
    assert scraped.total(text, count, model="m", status="2xx") == 1


async def test_a_model_that_does_not_exist_has_no_series_of_its_own() -> None:
    gateway = answering(made.state(Replies()))
    for name in ("zzz", "%00", "n"):
        await ask(gateway, f"/model/{name}/predict", **KEY)
    text = await scrape(gateway)
    assert {each.labels.get("model", "") for each in scraped.samples(text)} == {"", "m", "n"}
    assert "zzz" not in text


@pytest.mark.parametrize(
    ("target", "headers", "reason"),
    [
        ("/model/m/predict", {}, "no_credential"),
        ("/model/m/predict", {"X-API-Key": "psl_wrong"}, "not_valid"),
        ("/model/m/predict?api_key=x", {}, "key_in_address"),
        ("/model/n/predict", KEY, "not_permitted"),
    ],
)
async def test_who_is_refused_counts_by_the_reason(
    target: str, headers: dict[str, str], reason: str
) -> None:
    gateway = answering(made.state(Replies()))
    await ask(gateway, target, **headers)
    name = "passerelle_unauthorized_requests_total"
    assert scraped.total(await scrape(gateway), name, reason=reason) == 1


async def test_what_became_of_a_request_in_the_cache_counts() -> None:
    state = made.state(Replies(made.answer()))
    route = made.route(cache=Cache(ttl=60, size=1_000_000))
    for each in route.upstream.replicas.values():
        each.pool = Replies(made.answer())  # type: ignore[assignment]  # in its place
    state.routes.current.by_id["m"] = route
    gateway = answering(state)
    for _ in range(3):
        await ask(gateway, "/model/m/predict", **KEY)
    text, name = await scrape(gateway), "passerelle_cache_requests_total"
    assert scraped.total(text, name, model="m", result="miss") == 1
    assert scraped.total(text, name, model="m", result="hit") == 2


async def test_each_model_has_one_status_and_its_replicas() -> None:
    text = await scrape(answering(made.state(Replies())))
    assert scraped.total(text, "passerelle_model_status", model="m") == 1
    assert scraped.total(text, "passerelle_model_status", model="m", status=statuses.READY) == 1
    for name in ("passerelle_replicas_known", "passerelle_replicas_ready"):
        assert scraped.total(text, name, model="m") == 1


async def test_requests_on_their_way_count_by_model() -> None:
    state = made.state(Replies())
    gateway = answering(state)
    with state.routes.current.by_id["m"].history.request():
        text = await scrape(gateway)
    assert scraped.total(text, "passerelle_requests_in_flight", model="m") == 1
    assert scraped.total(text, "passerelle_requests_in_flight", model="n") == 0


async def test_retries_ejections_and_openings_count_by_model() -> None:
    limits = upstream.Limits()
    measured = metrics.of(made.state(Replies()), limits)
    names = "retries", "ejections", "breaker_openings"
    shared = limits.shared
    for tell in (limits.retry_budget.on_retry, shared.on_ejection, shared.on_open):
        tell("m")
    text = (await measured.response(made.request())).body.decode()
    found = [scraped.total(text, f"passerelle_{name}_total", model="m") for name in names]
    assert found == [1, 1, 1]


async def test_who_is_left_out_and_what_a_model_may_have_is_a_gauge() -> None:
    state = made.state(Replies())
    load = state.routes.current.by_id["m"].upstream.slots.load("m")
    load.limit.value = 20
    measured, now = metrics.of(state, upstream.Limits()), time.monotonic()
    for began, is_open in ((now, 1), (now - OPEN_SECONDS, 0)):  # nobody asked since then
        load.breaker = Breaker("m")
        for _ in range(LEAST_REQUESTS):
            load.breaker.record(began, failed=True)
        text = (await measured.response(made.request())).body.decode()
        expected = {"in_flight_limit": 20, "breaker_open": is_open, "replicas_ejected": 0}
        for name, value in expected.items():
            assert scraped.total(text, f"passerelle_{name}", model="m") == value


async def test_requests_of_variants_count_by_what_became_of_them() -> None:
    state = made.state(Replies())
    measured = metrics.of(state, upstream.Limits())
    for status in (200, 400, 503, 200, 499):
        state.traffic.count("pets", "m", "answer", 1, status, 0.1)
    text = (await measured.response(made.request())).body.decode()
    name, labels = "passerelle_variant_requests_total", {"model": "pets", "variant": "m"}
    assert scraped.total(text, name, kind="answer", **labels) == 4
    for outcome, count in (("answer", 2), ("refusal", 1), ("error", 1)):
        assert scraped.total(text, name, outcome=outcome, **labels) == count


async def test_the_times_of_a_pipelines_steps_are_those_of_its_models() -> None:
    measured, request = metrics.of(made.state(Replies()), upstream.Limits()), made.request()
    request.span.attributes["model"] = "both"
    request.span.steps.update({"auth": 0.1, "people": 1.0, "people.upstream": 0.5, "upstream": 2.0})
    for each in measured.observers:
        each(request, 200)
    text = (await measured.response(made.request())).body.decode()
    name = "passerelle_upstream_duration_seconds_sum"
    assert scraped.total(text, name, model="people") == 0.5
    assert scraped.total(text, name, model="both") == 2.0


async def test_a_step_that_ends_in_a_thread_meanwhile_spoils_nothing() -> None:
    measured, request = metrics.of(made.state(Replies()), upstream.Limits()), made.request()
    request.span.steps["upstream"] = Interrupted(0.5, request.span)
    for each in measured.observers:
        each(request, 499)
    assert "late" in request.span.steps


async def test_requests_past_a_limit_count_by_which() -> None:
    measured, request = metrics.of(made.state(Replies()), upstream.Limits()), made.request()
    request.span.attributes["model"] = "m"
    for limit in (None, "caller-rate"):  # a backend's own, and one of ours
        if limit:
            request.span.attributes["limit"] = limit
        for each in measured.observers:
            each(request, 429)
    text, name = (await measured.response(made.request())).body.decode(), LIMITED
    for limit in ("elsewhere", "caller-rate"):
        assert scraped.total(text, name, model="m", limit=limit) == 1


async def test_a_request_that_a_limit_refused_counts() -> None:
    state = made.state(Replies(made.answer()))
    by_id = state.routes.current.by_id
    by_id["m"] = dataclasses.replace(by_id["m"], model=made.model(rate=Rate(amount=1, seconds=60)))
    gateway = answering(state)
    for _ in range(2):
        await ask(gateway, "/model/m/predict", **KEY)
    assert scraped.total(await scrape(gateway), LIMITED, model="m", limit="model-rate") == 1


async def test_it_is_for_who_has_the_verb_alone() -> None:
    closed = app.make_app(made.state(Replies()), made.table())
    for headers, status in (({}, 401), (KEY, 403)):
        assert (await asgi.ask(closed, "GET", "/metrics", headers=headers)).status == status
    opened = answering(made.state(Replies()))
    assert (await asgi.ask(opened, "GET", "/metrics")).status == 200


class Away:
    """In place of a Redis that gives no answer."""

    async def take(self, _: Limits) -> Outcome:
        raise Unavailable("TimeoutError")

    async def close(self) -> None:
        pass


async def test_a_worker_that_counts_limits_alone_says_so() -> None:
    limits = Shared(Away(), Counts())
    gateway = answering(dataclasses.replace(made.state(Replies()), limits=limits))
    assert scraped.total(await scrape(gateway), "passerelle_limits_alone") == 0
    await limits.take((Limit("model-rate", "m", "rate", 1, 1),))
    assert scraped.total(await scrape(gateway), "passerelle_limits_alone") == 1
    without = await scrape(answering(made.state(Replies())))
    assert "passerelle_limits_alone" not in without
