"""Several pictures of one request, each answered by itself.

They take the model's slots one by one. All that are idle are taken, so that pictures are worked on
side by side; where none is, the request waits in the queue with one picture, behind those who came
before, and with the next one only after that: the others' pictures wait for a large batch about as
long as for one more request. A batch that had a slot is admitted, and not sent away in its midst.

What is wrong with one picture is answered in its place. The request's time is that of all of them.
"""

import asyncio
import dataclasses
import functools
import json
import time
from collections.abc import Callable, Sequence, Sized
from typing import Any, Generic, TypeVar

from passerelle.protocol import answers, problems
from passerelle.server import problem_responses
from passerelle.server.span import Span
from services.model.engines.engine import Infer
from services.model.scheduler import Scheduler

Given = TypeVar("Given")  # what is sent of a picture
Made = TypeVar("Made", bound=Sized)  # what is answered to it, which has a length in bytes

# A picture's way in a slot's thread; what is timed goes into the span.
Work = Callable[[Given, Span, Infer], Made]


@dataclasses.dataclass(frozen=True)
class Result(Generic[Made]):
    """What became of one picture: what was made of it, or its problem."""

    made: Made | None
    steps: dict[str, float]  # seconds
    problem: problems.Problem | None = None


@dataclasses.dataclass(frozen=True)
class Batch(Generic[Given, Made]):
    """The pictures of one request, the way of each, and where their times are kept."""

    pictures: list[Given]
    work: Work[Given, Made]
    span: Span

    async def run(
        self,
        scheduler: Scheduler,
        deadline: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> list[Result[Made]]:
        """The results of all pictures, in their order. No picture is kept beyond its turn.

        `deadline` is in seconds of the clock. Whoever cancels this lets those pictures end that
        have a slot; no other begins.

        Raises:
            GatewayTimeout: the deadline passed before the last picture was answered.
            ContentTooLarge: the answers became more than a gateway takes.
        """
        begun = list[asyncio.Future[Result[Made]]]()
        try:
            async with asyncio.timeout(None if deadline is None else deadline - clock()):
                while self.pictures:
                    with self.span.step("queue"):
                        slot = await scheduler.acquire(is_admitted=True)
                    answer = functools.partial(self.answer, self.pictures.pop(0))
                    begun.append(scheduler.start(slot, answer, deadline))
                    check(begun)
                await asyncio.wait(begun)  # unlike gather it cancels none
                check(begun)
        except TimeoutError:
            raise too_late() from None
        results = [each.result() for each in begun]
        for result in results:
            self.span.add(result.steps)
        return results

    def answer(self, picture: Given, infer: Infer) -> Result[Made]:
        """The work of a slot's thread on one picture; whatever goes wrong is its result."""
        own = dataclasses.replace(self.span, steps={})  # for this thread alone
        return attempt(functools.partial(self.work, picture, own, infer), own)


def attempt(work: Callable[[], Made], span: Span) -> Result[Made]:
    """What work on one picture makes, or what went wrong; `span` has its times."""
    try:
        return Result(work(), span.steps)
    except problems.Problem as problem:
        # It is kept until the last picture is answered; what it was raised from holds pixels.
        problem.__context__ = problem.__cause__ = problem.__traceback__ = None
        return Result(None, span.steps, problem)
    except Exception as error:
        unexpected = problem_responses.from_unexpected(error, span.trace.request_id)
        return Result(None, span.steps, unexpected)


def check(begun: list[asyncio.Future[Result[Made]]]) -> None:
    """Return only if the pictures that were answered so far leave the others a chance.

    Raises:
        GatewayTimeout, ContentTooLarge
    """
    check_results([each.result() for each in begun if each.done()])


def check_results(results: Sequence[Result[Made]]) -> None:
    """The same of those that were answered.

    Raises:
        GatewayTimeout, ContentTooLarge
    """
    for each in results:
        if isinstance(each.problem, problems.GatewayTimeout):
            raise each.problem
    if sum(len(each.made) for each in results if each.made is not None) > answers.MAX_BYTES:
        raise problems.ContentTooLarge(
            f"The answers to these pictures have more than {answers.MAX_BYTES:,} bytes together. "
            "Send fewer at once, or ask for less of each."
        )


def too_late() -> problems.Problem:
    """The problem of a request whose time was too short for all that it asked."""
    return problems.GatewayTimeout(
        "The request's time was over before all of its pictures were answered. Send fewer at "
        "once, or try again later."
    )


def encoded(document: dict[str, Any]) -> bytes:
    """A JSON object as text."""
    return json.dumps(document, allow_nan=False).encode()


def text(result: Result[bytes]) -> bytes:
    """The JSON object of one picture: the members of its answer, or its problem in their place."""
    problem = result.problem
    if problem is None:
        return result.made or b""
    title = problems.title(problem.status)
    members = {"status": problem.status, "title": title, "detail": problem.detail}
    return encoded({"problem": members})


def body(model_id: str, task: str, results: list[Result[bytes]], request_id: str) -> bytes:
    """The body of the answer to all of them."""
    head = encoded({"model": model_id, "task": task})[:-1]
    tail = encoded({"request_id": request_id})[1:]
    return b'%b, "results": [%b], %b\n' % (head, b", ".join(map(text, results)), tail)
