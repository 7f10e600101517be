"""The ways that a request takes through the cache, with a model that a test holds in its hands."""

import asyncio
from collections.abc import Mapping

import pytest

from gateway import cache
from gateway.adapters.raw import Raw
from gateway.exchange import AsSent, Exchange
from gateway.route import Route
from gateway.transport import Response
from gateway.upstream import Limits
from passerelle.manifest.model import Backend, Cache
from passerelle.protocol import problems
from tests.unit.gateway import made
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import Replies, settle, until

ON = Cache(size=10, ttl=60.0)


class Model:
    """In place of the hop: counts how often it was asked, and gives or raises its reply."""

    def __init__(self, reply: Response | Exception | None = None) -> None:
        self.asked = 0
        self.reply = reply or made.answer()

    async def forward(self, _: Exchange, __: Route, elapsed: float) -> Response:
        assert elapsed == 0.0
        self.asked += 1
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


class HeldModel:
    """In place of the hop: each request waits until the test gives its reply."""

    def __init__(self) -> None:
        self.requests: list[asyncio.Future[Response]] = []
        self.elapsed: list[float] = []

    async def forward(self, _: Exchange, __: Route, elapsed: float) -> Response:
        self.elapsed.append(elapsed)
        self.requests.append(asyncio.get_running_loop().create_future())
        return await self.requests[-1]


class Asked:
    """A request for one picture, as a task, and what its log line says of the cache."""

    def __init__(
        self, route: Route, model: HeldModel, headers: Mapping[str, str] | None = None
    ) -> None:
        self.exchange = made.exchange(headers)
        self.task = asyncio.create_task(cache.answer(self.exchange, route, model.forward))

    @property
    def how(self) -> object:
        return self.exchange.span.fields.get("cache")

    @property
    async def status(self) -> str:
        return cache_status(await self.task)


def cache_status(response: Response) -> str:
    """The Cache-Status of an answer, less its first member."""
    return response.headers.get("cache-status", "").removeprefix("passerelle; ")


async def answer(route: Route, model: Model, headers: Mapping[str, str] | None = None) -> str:
    """The Cache-Status of one request's answer."""
    return cache_status(await cache.answer(made.exchange(headers), route, model.forward))


async def leader_and_followers(route: Route, model: HeldModel, count: int) -> list[Asked]:
    """Identical requests, of which the first waits for the model and the others for it."""
    asked = [Asked(route, model) for _ in range(1 + count)]
    await until(lambda: [each.how for each in asked] == ["miss"] + ["collapsed"] * count)
    return asked


async def test_where_the_cache_is_off_the_model_is_asked_each_time() -> None:
    model, route = Model(), made.route()
    assert [await answer(route, model) for _ in range(2)] == ["", ""]
    assert model.asked == 2


async def test_the_same_picture_is_asked_once() -> None:
    model, route = Model(), made.route(cache=ON)
    assert [await answer(route, model) for _ in range(2)] == ["fwd=miss; stored", "hit; ttl=60"]
    assert model.asked == 1


async def test_a_kept_answer_has_its_age_and_the_id_of_its_own_request(clock: Clock) -> None:
    route = made.route(cache=ON, clock=clock)
    await cache.answer(made.exchange(), route, Model(made.answer("another")).forward)
    clock.now += 2.5
    kept = await cache.answer(made.exchange(), route, Model().forward)
    assert b'"mine"' in kept.body
    assert (kept.headers["age"], cache_status(kept)) == ("2", "hit; ttl=57")
    assert kept.headers["etag"].startswith('W/"')


async def test_another_picture_another_top_and_other_media_types_are_other_keys() -> None:
    model, route = Model(), made.route(cache=ON)
    for exchange in (
        made.exchange(),
        made.exchange(payload=b"another"),
        made.exchange(query={"top": "3"}),
        made.exchange({"content-type": "image/png"}),
        made.exchange({"accept": "image/png"}),
    ):
        response = await cache.answer(exchange, route, model.forward)
        assert cache_status(response) == "fwd=miss; stored"
    assert model.asked == 5


async def test_tensors_are_another_key_and_so_is_where_their_json_ends() -> None:
    headers = {"content-type": "application/json", "model": "m", "artifact-digest": made.DIGEST}
    length = "inference-header-content-length"
    outputs = Response(200, headers | {length: "9"}, b'{"a": "b"}tensors')
    model, route = Model(outputs), made.route(cache=ON)
    tensors, longer = made.exchange({length: "3"}), made.exchange({length: "4"})
    tensors.operation = longer.operation = "infer"
    for exchange in (made.exchange({length: "3"}), tensors, longer):
        assert cache_status(await cache.answer(exchange, route, model.forward)) == (
            "fwd=miss; stored"
        )
    kept = await cache.answer(tensors, route, model.forward)
    assert (kept.body, kept.headers[length], cache_status(kept)) == (
        outputs.body, "9", "hit; ttl=60",
    )  # fmt: skip


async def test_another_form_of_the_answer_is_another_key_however_it_is_asked_for() -> None:
    route = made.route(cache=ON)
    png, json = Model(made.png()), Model()
    for model, header in ((png, "image/png"), (json, "*/*"), (png, "image/*"), (json, "")):
        given = made.exchange({"accept": header})
        assert await cache.answer(given, route, model.forward)
    assert (png.asked, json.asked) == (1, 1)
    kept = await cache.answer(made.exchange({"accept": "image/png"}), route, png.forward)
    assert (kept.body, cache_status(kept)) == (made.png().body, "hit; ttl=60")


async def test_as_long_as_the_artifact_is_unknown_nothing_is_kept() -> None:
    model, route = Model(), made.route(cache=ON)
    for replica in route.upstream.replicas.values():
        replica.statuses = {}
    assert await answer(route, model) == ""


async def test_no_cache_asks_anew_and_keeps_and_no_store_keeps_nothing() -> None:
    model, route = Model(), made.route(cache=ON)
    assert await answer(route, model, {"cache-control": "max-age=0, No-Store"}) == "fwd=miss"
    assert await answer(route, model, {"cache-control": "no-cache"}) == "fwd=miss; stored"
    assert await answer(route, model, {"cache-control": "no-cache"}) == "fwd=request; stored"
    assert model.asked == 3


@pytest.mark.parametrize(("digest", "is_kept"), [("d" * 64, True), ("e" * 64, False), ("", False)])
async def test_only_an_answer_of_the_artifact_that_was_asked_is_kept(
    digest: str, *, is_kept: bool
) -> None:
    model, route = Model(made.answer(digest=digest)), made.route(cache=ON)
    assert (await answer(route, model)).endswith("; stored") is is_kept
    assert (await answer(route, model)).startswith("hit") is is_kept


async def test_a_problem_ends_the_flight_and_the_next_request_leads() -> None:
    failing, route = Model(problems.BadGateway("broken")), made.route(cache=ON)
    with pytest.raises(problems.BadGateway):
        await answer(route, failing)
    assert await answer(route, Model()) == "fwd=miss; stored"


async def test_of_identical_requests_at_once_one_asks_the_model() -> None:
    model, route = HeldModel(), made.route(cache=ON)
    leader, *followers = await leader_and_followers(route, model, 3)
    model.requests[0].set_result(made.answer("leader"))
    assert await leader.status == "fwd=miss; stored"
    assert [await each.status for each in followers] == ["fwd=miss; collapsed"] * 3
    assert b'"mine"' in (await followers[0].task).body
    assert (len(model.requests), route.upstream.in_flight.count) == (1, 0)


async def test_a_leader_whose_client_hangs_up_lets_a_follower_lead() -> None:
    model, route = HeldModel(), made.route(cache=ON)
    leader, second, third = await leader_and_followers(route, model, 2)
    leader.task.cancel()
    await until(lambda: len(model.requests) == 2)
    assert leader.task.cancelled()
    assert (second.how, third.how) == ("miss", "collapsed")
    model.requests[1].set_result(made.answer())
    assert await second.status == "fwd=miss; collapsed=?0; stored"
    assert await third.status == "fwd=miss; collapsed"


async def test_a_follower_whose_client_hangs_up_disturbs_nobody() -> None:
    model, route = HeldModel(), made.route(cache=ON)
    leader, gone, stays = await leader_and_followers(route, model, 2)
    assert route.upstream.in_flight.count == 2  # those who wait
    gone.task.cancel()
    await until(gone.task.cancelled)
    assert route.upstream.in_flight.count == 1
    model.requests[0].set_result(made.answer())
    assert [await each.status for each in (leader, stays)] == [
        "fwd=miss; stored", "fwd=miss; collapsed",
    ]  # fmt: skip


@pytest.mark.parametrize("status", [408, 499, 503])
async def test_what_is_the_leaders_own_goes_to_no_follower(status: int) -> None:
    model, route = HeldModel(), made.route(cache=ON)
    leader, follower = await leader_and_followers(route, model, 1)
    model.requests[0].set_result(Response(status, {}, made.answer().body))
    assert await leader.status == "fwd=miss"
    await until(lambda: len(model.requests) == 2)
    model.requests[1].set_result(made.answer())
    assert await follower.status == "fwd=miss; collapsed=?0; stored"


async def test_what_is_wrong_with_the_picture_goes_to_the_followers_and_is_not_kept() -> None:
    model, route = HeldModel(), made.route(cache=ON)
    leader, follower = await leader_and_followers(route, model, 1)
    model.requests[0].set_result(Response(422, {}, b'{"request_id": "leader"}'))
    assert await leader.status == "fwd=miss"
    assert (await follower.task).body == b'{"request_id": "mine"}'
    assert "etag" not in (await follower.task).headers
    assert await answer(route, Model()) == "fwd=miss; stored"


async def test_a_follower_waits_no_longer_than_its_own_time(clock: Clock) -> None:
    model, route = HeldModel(), made.route(cache=ON, clock=clock)
    leader = Asked(route, model)
    hurried = Asked(route, model, {"x-request-timeout": "0.5"})
    await until(lambda: hurried.how == "collapsed")
    clock.now += 0.5
    await until(hurried.task.done)
    with pytest.raises(problems.GatewayTimeout, match=r"within 0\.5 s"):
        await hurried.task
    model.requests[0].set_result(made.answer())
    assert await leader.status == "fwd=miss; stored"


async def test_a_follower_that_leads_has_what_is_left_of_its_time(clock: Clock) -> None:
    model, route = HeldModel(), made.route(cache=ON, clock=clock)
    leader, _ = await leader_and_followers(route, model, 1)
    clock.now += 4.0
    leader.task.cancel()
    await until(lambda: len(model.requests) == 2)
    assert model.elapsed == [0.0, pytest.approx(4.0)]
    model.requests[1].cancel()


async def test_a_follower_with_too_little_time_left_asks_nobody(clock: Clock) -> None:
    model, route = HeldModel(), made.route(cache=ON, clock=clock)
    leader, follower = await leader_and_followers(route, model, 1)
    clock.now += 10.0 - cache.MIN_TIME_TO_ASK / 2
    leader.task.cancel()
    await until(follower.task.done)
    with pytest.raises(problems.GatewayTimeout, match="within 10 s"):
        await follower.task
    assert len(model.requests) == 1


async def test_more_followers_than_slots_are_told_to_come_back() -> None:
    model, route = HeldModel(), made.route(made.upstream(limits=Limits(1)), cache=ON)
    await leader_and_followers(route, model, 1)
    with pytest.raises(problems.ServiceUnavailable, match="1 requests are with its service"):
        await Asked(route, model).task
    model.requests[0].set_result(made.answer())
    await settle()


async def test_an_answer_of_a_backend_that_takes_any_request_is_kept_by_all_its_headers() -> None:
    replies = Replies(*[made.streamed(200, bytes([number])) for number in range(4)])
    upstream = made.upstream(adapter=Raw(Backend(url=made.ADDRESS)))
    for replica in upstream.replicas.values():
        replica.pool = replies  # type: ignore[assignment]  # in place of it
    found, bodies = made.route(upstream, ON), []
    for language in ("de", "fr", "de"):
        exchange = made.exchange({"accept-language": language})
        exchange.as_sent = AsSent("POST", "")
        bodies.append((await cache.answer(exchange, found)).body)
    assert bodies == [b"\0", b"\1", b"\0"]
