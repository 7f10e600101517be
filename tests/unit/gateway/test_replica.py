"""What a replica reports, and what becomes of it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from gateway import id_tokens, replica, transport
from gateway.adapters.passerelle import Passerelle
from gateway.adapters.raw import Raw
from gateway.replica import Replica
from gateway.status import Status
from gateway.transport import Parts, Request, Response, StreamedRequest, StreamedResponse
from passerelle.manifest.model import Backend
from tests.unit.gateway import made
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import Replies, Silence, settle, until

CARD = {"id": "m", "digest": "d", "architecture": "torchvision:resnet18"}
GET = Request("GET", "/")


def document(content: Any, status: int = 200) -> Response:
    return Response(status, {}, json.dumps(content).encode())


def report(status: str = "ready", contract: str = "1.1") -> Response:
    """An answer of /health/ready."""
    model = {"status": status, "reason": "", "digest": "d"}
    return document({"contract": contract, "models": {"m": model}})


def with_replies(*replies: Response | Exception) -> Replica:
    return with_pool(Replies(*replies))


def with_pool(pool: Any) -> Replica:
    found = Replica(Passerelle(), "http://127.0.0.1:1")
    found.pool = pool
    return found


class Probed(Replies):
    """In place of connections: reports `status` to every probe."""

    status = "ready"

    async def send(self, request: Request, _: float) -> Response:
        self.requests.append(request)
        await asyncio.sleep(0)  # as a real one lets others go on
        return report(self.status) if request.target == "/health/ready" else document(CARD)

    @property
    def probes(self) -> int:
        return sum(each.target == "/health/ready" for each in self.requests)


async def test_a_ready_model_has_its_card() -> None:
    found = with_replies(report(), document(CARD | {"status": "ready", "reason": ""}))
    assert await found.probe() == {"m": Status("ready", "", CARD)}


async def test_pictures_without_numbers_are_counted_beside_the_card() -> None:
    model = {"status": "ready", "reason": "", "digest": "d", "non_finite": 3}
    counted = document({"contract": "1.2", "models": {"m": model}})
    found = with_replies(counted, document(CARD | model))
    assert await found.probe() == {"m": Status("ready", "", CARD, 3)}


async def test_a_card_is_fetched_once_for_a_digest() -> None:
    found = with_replies(report(), document(CARD), report())
    found.statuses = await found.probe()
    assert (await found.probe())["m"].card == CARD  # there was no third reply to fetch


async def test_a_card_is_fetched_again_once_its_service_is_ready_anew() -> None:
    newer = CARD | {"evaluation": {"pictures": 30}}
    found = with_replies(report(), document(CARD), OSError(), report("starting"), report(),
                         document(newer), report())  # fmt: skip
    cards = []
    for _ in range(5):
        found.statuses = await found.probe()
        cards.append(found.statuses["m"].card)
    assert cards == [CARD, CARD, CARD, newer, newer]


async def test_a_replica_that_drains_is_asked_again_on_a_new_connection() -> None:
    pool = Replies(report("draining"), document(CARD), report(), document(CARD))
    assert (await with_pool(pool).probe())["m"].status == "ready"
    assert pool.closed == 1


async def test_an_incompatible_contract_is_unavailable_and_says_why() -> None:
    status = (await with_replies(report(contract="2.0")).probe())["m"]
    assert status.status == "unavailable"
    assert "speaks contract 2.0, this gateway 1." in status.reason


async def test_a_status_that_a_newer_service_invented_is_unavailable() -> None:
    status = (await with_replies(report("warming"), document(CARD)).probe())["m"]
    assert (status.status, status.reason) == ("unavailable", "its service says: warming")


@pytest.mark.parametrize(
    "reply",
    [
        OSError(),
        TimeoutError(),
        transport.UnreachableError(),
        Response(200, {}, b"not json"),
        Response(200, {}, b"[" * 100_000),
        document([]),
        document({"models": 3}),
        document({"models": {"m": {}}}),
        document({"models": {"m": {"digest": []}}}),
    ],
)
async def test_nonsense_and_silence_make_what_was_known_unavailable(
    reply: Response | OSError,
) -> None:
    found = with_replies(reply, document(CARD))
    found.statuses = {"m": Status("ready", "", CARD)}
    status = (await found.probe())["m"]
    assert (status.status, status.reason) == ("unavailable", "its service doesn't answer")
    assert status.card == CARD


async def test_a_card_without_a_digest_is_fetched_again_by_the_next_probe() -> None:
    found = with_replies(report(), document({"id": "m"}), report(), document(CARD))
    found.statuses = await found.probe()
    assert not found.is_ready("m")
    found.statuses = await found.probe()
    assert found.is_ready("m")


@pytest.mark.parametrize("status", [401, 403])
async def test_a_service_that_refuses_the_gateway_is_said_for_all_that_it_should_hold(
    status: int,
) -> None:
    found = with_replies(document({}, status))
    found.adapter.models = {"m": made.model()}
    assert f"refuses the gateway ({status})" in (await found.probe())["m"].reason


async def test_a_missing_token_is_not_a_missing_service() -> None:
    found = with_replies(id_tokens.IdTokenError("no identity token can be had"))
    found.adapter.models = {"m": made.model()}
    assert (await found.probe())["m"].reason == "no identity token can be had"


async def test_a_request_that_cannot_connect_marks_it_down_at_once() -> None:
    found = with_replies(transport.UnreachableError())
    found.statuses = {"m": Status("ready", "", CARD)}
    with pytest.raises(transport.UnreachableError):
        await found.send(GET, 1.0)
    assert found.statuses == {"m": Status("unavailable", "its service can't be reached", CARD)}


@pytest.mark.parametrize("error", [transport.BrokenError(), TimeoutError()])
async def test_a_failed_answer_leaves_it_ready_until_the_next_probe(error: Exception) -> None:
    found = with_replies(error)
    found.statuses = {"m": Status("ready")}
    with pytest.raises(type(error)):
        await found.send(GET, 1.0)
    assert found.is_ready("m")


@pytest.mark.parametrize(
    ("status", "interval"),
    [("ready", replica.PROBE_INTERVAL), ("starting", replica.PROBE_INTERVAL_NOT_READY)],
)
async def test_it_is_probed_more_often_until_every_model_is_ready(
    clock: Clock, status: str, interval: float
) -> None:
    pool = Probed()
    pool.status = status
    found = with_pool(pool)
    assert not found.probed.is_set()
    found.start()
    await until(found.probed.is_set)
    assert found.statuses["m"].status == status
    clock.now += interval - 0.01
    await settle()
    assert pool.probes == 1
    clock.now += 0.02
    await until(lambda: pool.probes == 2)
    found.stop()


@pytest.mark.usefixtures("clock")
async def test_it_is_probed_at_once_where_something_happened() -> None:
    pool = Probed()
    found = with_pool(pool)
    found.start()
    await until(lambda: found.statuses)
    found.probe_now()
    await settle()
    assert pool.probes == 2  # once
    found.mark_down("its service can't be reached")
    await until(lambda: found.is_ready("m"))  # by the next probe
    assert pool.probes == 3
    found.stop()


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "reply",
    [
        Response(200, {"connection": "close"}, b""),
        Response(403, {}, b""),
        transport.BrokenError(),
        TimeoutError(),
    ],
)
async def test_what_says_that_its_status_may_be_another_has_it_probed_at_once(
    reply: Response | Exception,
) -> None:
    pool, answers = Probed(), Replies(reply)
    found = with_pool(pool)
    found.start()
    await until(lambda: found.statuses)
    found.pool = answers  # type: ignore[assignment]  # a test's own
    await asyncio.gather(found.send(GET, 1.0), return_exceptions=True)
    found.pool = pool  # type: ignore[assignment]  # the same
    await until(lambda: pool.probes == 2)
    found.stop()


@pytest.mark.usefixtures("clock")
async def test_where_it_drains_its_idle_connections_are_closed() -> None:
    pool = Probed()
    pool.status = "draining"
    found = with_pool(pool)
    found.start()
    await until(lambda: found.statuses)
    assert found.statuses["m"].status == "draining"
    assert pool.closed == 2  # once to probe again on a new connection
    found.stop()


async def test_a_stopped_replica_is_probed_no_more_and_its_idle_connections_are_closed() -> None:
    pool = Silence()
    found = with_pool(pool)
    found.start()
    await until(lambda: pool.requests)
    found.stop()
    assert found._task
    await until(found._task.cancelled)
    assert pool.closed == 1


async def test_a_replica_that_holds_another_model_is_unavailable() -> None:
    found = with_replies(report(), document(CARD))
    found.adapter.models = {"m": made.model(architecture="torchvision:vgg16")}
    status = (await found.probe())["m"]
    assert status.status == "unavailable"
    assert "holds architecture torchvision:resnet18" in status.reason


async def test_what_a_request_needs_and_has_not_is_said_even_if_the_probe_sends_none() -> None:
    async def credentials() -> Mapping[str, str]:
        raise transport.CredentialsError("the header A is missing")

    found = Replica(Passerelle(), "http://127.0.0.1:1", credentials=credentials)
    found.adapter.models = {"m": made.model()}
    assert await found.probe() == {"m": Status("unavailable", "the header A is missing")}


async def test_a_foreign_service_that_refuses_the_gateway_says_where_to_look() -> None:
    found = with_replies(document({}, 401))
    found.adapter.backend = Backend(url="http://a")
    found.adapter.models = {"m": made.model()}
    assert "refuses the gateway (401); see the headers" in (await found.probe())["m"].reason


# Somebody else's service.


def foreign(
    *replies: Response | Exception, health: str | None = "/ping"
) -> tuple[Replica, Replies]:
    pool = Replies(*replies)
    found = Replica(Raw(Backend(url="http://a", health=health)), "http://127.0.0.1:1")
    found.adapter.models = {"m": made.model()}
    found.pool = pool  # type: ignore[assignment]  # in place of it
    return found, pool


async def test_of_what_a_foreign_service_says_of_its_health_no_more_is_read_than_counts() -> None:
    taken = 0

    async def endless() -> Parts:
        nonlocal taken
        while True:
            taken += 100_000
            yield bytes(100_000)

    found, _ = foreign(StreamedResponse(200, {}, b"", endless()))
    assert (await found.probe())["m"].status == "ready"
    assert taken <= replica.MAX_PROBED


async def test_without_health_a_foreign_service_must_take_connections() -> None:
    found, pool = foreign(health=None)
    assert (await found.probe())["m"].status == "ready"
    assert (pool.connected, pool.requests) == (1, [])
    found.statuses = {"m": Status("ready")}
    pool.replies = [transport.UnreachableError()]
    assert (await found.probe())["m"].status == "unavailable"


async def test_what_goes_through_as_it_comes_marks_it_down_as_any_request_does() -> None:
    found, _ = foreign(transport.UnreachableError())
    found.statuses = {"m": Status("ready")}
    with pytest.raises(transport.UnreachableError):
        async with found.stream(StreamedRequest("GET", "/"), 1.0):
            pass
    assert found.statuses["m"].reason == "its service can't be reached"


def test_others_keep_idle_connections_for_less_time_than_our_services() -> None:
    ours = Replica(Passerelle(), "http://127.0.0.1:1").pool._max_idle
    theirs = Replica(Raw(Backend(url="http://a")), "http://127.0.0.1:1").pool._max_idle
    assert theirs < 2 < ours  # gunicorn keeps them for two seconds
