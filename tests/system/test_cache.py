"""The answer cache, asked over HTTP of a running stack whose models have one."""

import concurrent.futures
import contextlib
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway import replica
from gateway.keys import api_keys
from passerelle.local import key_changes
from tests.support import processes, stack
from tests.system.test_gateway import log_line, problem

KEPT, BRIEF, OFF = "efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2"
SIZE = 4
TTL = 3  # seconds, of BRIEF's
DEFAULTS = f"defaults: {{cache: {{size: {SIZE}, ttl: 1m}}}}\nmodels:"
HEADERS = {"Cache-Status", "Age", "ETag"}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """A stack that these tests may hurt: one model's answers live long, another's briefly.

    Its gateway takes a service that hangs for ready all the while.
    """
    from tests.conftest import shared_state

    folder = tmp_path_factory.mktemp("cache")
    text = (stack.ROOT / "models.yaml").read_text().replace("models:", DEFAULTS)
    head, first, *others = re.split(r"(?=  - id: )", text)
    brief, off = [each for each in others if "int8" not in each]
    brief, off = brief + f"    cache: {{ttl: {TTL}s}}\n", off + "    cache: {size: 0}\n"
    (folder / "models.yaml").write_text(head + first + brief + off)
    probe = (f"PROBE_TIMEOUT = {replica.PROBE_TIMEOUT}", "PROBE_TIMEOUT = 60.0")
    root = processes.copy_code(folder / "code", gateway__replica=[probe])
    state = shared_state(folder / "state")
    with stack.running(folder / "models.yaml", state, root=root) as running:
        yield running


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> bytes:
    """The cat, in bytes that no other test sends: what follows a picture's end isn't read."""
    name: str = request.node.name
    return stack.CAT + name.encode()


def told(answer: Any) -> str:
    """What an answer says of the cache."""
    assert answer.ok, answer.text
    status: str = answer.headers["Cache-Status"]
    return status.removeprefix("passerelle; ")


def content(answer: Any) -> dict[str, Any]:
    """An answer without its request's id, after checking that it is its own."""
    body: dict[str, Any] = answer.json()
    assert body.pop("request_id") == answer.headers["X-Request-ID"]
    return body


def asked_the_model(answer: Any) -> bool:
    """Whether this answer has a step that only the model's service takes."""
    return "decode;" in answer.headers["Server-Timing"]


@contextlib.contextmanager
def hung(up: stack.Stack) -> Iterator[None]:
    """The model's service hangs inside the block, so that requests meet."""
    stack.wait_for(lambda: up.statuses()[KEPT] == "ready", 20)
    worker = up.service(KEPT)
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


def test_the_same_picture_is_answered_again_without_the_model(
    up: stack.Stack, picture: bytes
) -> None:
    first = up.predict(KEPT, picture)
    assert told(first) == "fwd=miss; stored"
    assert "Age" not in first.headers
    with hung(up):
        second = up.predict(KEPT, picture, headers={"X-Request-ID": "again.1"})
    assert re.fullmatch(r"hit; ttl=\d+", told(second))
    assert int(second.headers["Age"]) >= 0
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert content(first) == content(second)
    assert second.json()["request_id"] == "again.1" != first.json()["request_id"]


def test_a_hit_says_where_the_time_went_and_the_log_says_that_it_was_one(
    up: stack.Stack, picture: bytes
) -> None:
    timing = {}
    for name in ("steps.miss", "steps.hit"):
        answer = up.predict(KEPT, picture, headers={"X-Request-ID": name})
        timing[name] = re.findall(r"(\w+);dur=", answer.headers["Server-Timing"])
    assert timing["steps.hit"] == ["auth", "route", "read", "cache"]
    assert timing["steps.miss"][:5] == ["auth", "route", "read", "cache", "upstream"]
    for name in ("miss", "hit"):
        line = log_line(up, "gateway", f"steps.{name}")
        assert (line["cache"], line["model"], line["key"]) == (name, KEPT, "demo")


def test_the_etag_is_that_of_the_content(up: stack.Stack, picture: bytes) -> None:
    answers = [up.predict(KEPT, picture, headers=wish) for wish in ({}, {}, NO_STORE)]
    (tag,) = {answer.headers["ETag"] for answer in answers}
    assert re.fullmatch(r'W/"[0-9a-f]{32}"', tag)
    assert up.predict(KEPT, picture, "?top=1").headers["ETag"] != tag


def test_another_query_type_or_model_is_another_answer(up: stack.Stack, picture: bytes) -> None:
    assert told(up.predict(KEPT, picture)) == "fwd=miss; stored"
    assert len(up.predict(KEPT, picture, "?top=2").json()["predictions"]) == 2
    assert told(up.predict(KEPT, picture, headers={"Content-Type": "image/png"})).startswith("fwd")
    other = up.predict(BRIEF, picture)
    assert (told(other), other.json()["model"]) == ("fwd=miss; stored", BRIEF)
    assert told(up.predict(KEPT, picture, "?other=1")).startswith("hit")  # isn't passed on


NO_CACHE, NO_STORE = {"Cache-Control": "no-cache"}, {"Cache-Control": "max-age=0, no-store"}


def test_no_cache_is_answered_anew_and_kept(up: stack.Stack, picture: bytes) -> None:
    assert told(up.predict(KEPT, picture, headers=NO_CACHE)) == "fwd=miss; stored"
    anew = up.predict(KEPT, picture, headers=NO_CACHE)
    assert told(anew) == "fwd=request; stored"
    assert "Age" not in anew.headers
    assert told(up.predict(KEPT, picture)).startswith("hit")


def test_no_store_is_answered_anew_and_not_kept(up: stack.Stack, picture: bytes) -> None:
    assert told(up.predict(KEPT, picture, headers=NO_STORE)) == "fwd=miss"
    assert told(up.predict(KEPT, picture)) == "fwd=miss; stored"
    assert told(up.predict(KEPT, picture, headers=NO_STORE)) == "fwd=request"


def test_an_answer_is_kept_no_longer_than_its_time(up: stack.Stack, picture: bytes) -> None:
    begin = time.monotonic()
    assert told(up.predict(BRIEF, picture)) == "fwd=miss; stored"
    again = told(up.predict(BRIEF, picture))
    assert again.startswith("hit; ttl=") or time.monotonic() - begin >= TTL
    stack.wait_for(lambda: told(up.predict(BRIEF, picture)) == "fwd=miss; stored", 4 * TTL)
    assert time.monotonic() - begin >= TTL


def test_no_more_are_kept_than_the_size_and_the_least_used_goes(
    up: stack.Stack, picture: bytes
) -> None:
    for count in range(1, SIZE + 1):
        assert told(up.predict(KEPT, picture, f"?top={count}")) == "fwd=miss; stored"
    assert told(up.predict(KEPT, picture, "?top=1")).startswith("hit")
    assert told(up.predict(KEPT, picture, "?top=100")) == "fwd=miss; stored"
    assert told(up.predict(KEPT, picture, "?top=1")).startswith("hit")
    assert told(up.predict(KEPT, picture, "?top=2")) == "fwd=miss; stored"


def test_where_it_is_off_nothing_is_said_of_it(up: stack.Stack, picture: bytes) -> None:
    for _ in range(2):
        answer = up.predict(OFF, picture)
        assert answer.ok
        assert not HEADERS & set(answer.headers)
        assert "cache;" not in answer.headers["Server-Timing"]


def test_the_cache_is_no_way_round_a_key(up: stack.Stack, picture: bytes) -> None:
    text, key = api_keys.new("narrow", (OFF,), None)
    key_changes.add(up.state / "keys.yaml", key)
    mine = {"X-API-Key": text}
    stack.wait_for(lambda: up.get("/models", headers=mine).ok, 5)
    assert up.predict(KEPT, picture).ok
    for headers, status in ((mine, 403), ({"X-API-Key": None}, 401)):
        refused = up.predict(KEPT, picture, headers=headers)
        problem(refused, status)
        assert not HEADERS & set(refused.headers)


@pytest.mark.parametrize(("body", "status"), [(b"no picture", 415), (stack.CAT[:9999], 422)])
def test_a_refusal_is_not_kept(body: bytes, status: int, up: stack.Stack) -> None:
    for _ in range(2):
        refused = up.predict(KEPT, body)
        problem(refused, status)
        assert refused.headers["Cache-Status"] == "passerelle; fwd=miss"
        assert not {"ETag", "Age"} & set(refused.headers)
        assert asked_the_model(refused)


def together(up: stack.Stack, count: int, body: bytes) -> list[Any]:
    """Identical requests that meet."""
    with concurrent.futures.ThreadPoolExecutor(count) as threads:
        with hung(up):
            answers = [threads.submit(up.predict, KEPT, body) for _ in range(count)]
            up.wait_in_flight(KEPT, count)
        return [answer.result() for answer in answers]


def test_identical_requests_at_once_share_one_inference(up: stack.Stack, picture: bytes) -> None:
    answers = together(up, 8, picture)
    assert sorted(map(told, answers)) == ["fwd=miss; collapsed"] * 7 + ["fwd=miss; stored"]
    assert sum(map(asked_the_model, answers)) == 1
    assert all(content(answer) == content(answers[0]) for answer in answers)
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == 8
    assert {answer.headers.get("Age") for answer in answers} == {None, "0"}
    for answer in answers:
        line = log_line(up, "gateway", answer.headers["X-Request-ID"])
        assert line["cache"] == ("miss" if "stored" in told(answer) else "collapsed")


def test_a_refusal_is_shared_by_those_who_wait_for_it(up: stack.Stack) -> None:
    answers = together(up, 3, b"no picture, three times")
    shared = [answer.headers["Cache-Status"].endswith("; collapsed") for answer in answers]
    assert sorted(shared) == [False, True, True]
    assert sum(map(asked_the_model, answers)) == 1
    for answer in answers:
        problem(answer, 415)


TRIED = ["fwd=miss; collapsed", "fwd=miss; collapsed", "fwd=miss; collapsed=?0; stored"]


def followed(up: stack.Stack, picture: bytes, give_up: Callable[[], None]) -> list[Any]:
    """The answers to three requests that begin just behind another, which then gives up."""
    with concurrent.futures.ThreadPoolExecutor(3) as threads:
        up.wait_in_flight(KEPT, 1)
        answers = [threads.submit(up.predict, KEPT, picture) for _ in range(3)]
        up.wait_in_flight(KEPT, 4)
        give_up()
        up.wait_in_flight(KEPT, 3)
        os.kill(up.service(KEPT), signal.SIGCONT)
        return [answer.result() for answer in answers]


def test_a_leaders_deadline_is_its_own(up: stack.Stack, picture: bytes) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as threads, hung(up):
        hasty = {"X-Request-Timeout": "3"}
        leader = threads.submit(up.predict, KEPT, picture, headers=hasty)
        answers = followed(up, picture, lambda: None)
        assert "within 3 s" in problem(leader.result(), 504)["detail"]
    assert sorted(map(told, answers)) == TRIED


def test_a_leader_whose_client_goes_takes_no_one_along(up: stack.Stack) -> None:
    picture = (stack.PICTURES / "rocket.jpg").read_bytes()
    head = (
        f"POST /model/{KEPT}/predict HTTP/1.1\r\nHost: x\r\nX-API-Key: {up.key}\r\n"
        f"Content-Length: {len(picture)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", up.port)) as leader, hung(up):
        leader.sendall(head.encode() + picture)
        answers = followed(up, picture, leader.close)
    assert sorted(map(told, answers)) == TRIED


def test_a_followers_deadline_is_its_own_too(up: stack.Stack, picture: bytes) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as threads, hung(up):
        leader = threads.submit(up.predict, KEPT, picture)
        up.wait_in_flight(KEPT, 1)
        late = up.predict(KEPT, picture, headers={"X-Request-Timeout": "0.5"})
        assert "within 0.5 s" in problem(late, 504)["detail"]
    assert told(leader.result()) == "fwd=miss; stored"


def test_what_is_kept_is_answered_while_the_model_is_away(up: stack.Stack, picture: bytes) -> None:
    assert up.predict(KEPT, picture).ok
    os.killpg(os.getpgid(up.service(KEPT)), signal.SIGKILL)
    assert up.predict(KEPT, picture, "?top=3").status_code in {502, 503}
    assert told(up.predict(KEPT, picture)).startswith("hit")
    stack.wait_for(lambda: up.predict(KEPT, picture, "?top=3").ok, 20)
    assert told(up.predict(KEPT, picture)).startswith("hit")
