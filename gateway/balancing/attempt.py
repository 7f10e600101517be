"""A request at a replica: counted there while it lasts, and judged by how it ends.

What is the replica's fault (fault.py) counts for its ejection and for the model's breaker, and how
long a whole answer took for the model's limit. A replica that can't be reached counts against
itself alone, as the request goes on to another, and so does one that is only unavailable (503);
what fails on one that was ejected meanwhile counts no more, as the model is well elsewhere.

What comes as it comes is good once it has ended, or its client has: a head is soon sent. A trial's
head will do, since others wait for what it says; what breaks after it counts again.
"""

from collections.abc import Sequence
from typing import Generic, TypeVar

from gateway import transport
from gateway.balancing import choice, ejection, fault
from gateway.balancing.breaker import Breaker, Trial
from gateway.balancing.choice import Candidate
from gateway.balancing.load import Load
from gateway.transport import Request, Response
from passerelle.protocol import answers
from passerelle.server import log

C = TypeVar("C", bound=Candidate)
PICTURES = answers.PICTURES.lower()


class Attempt(Generic[C]):
    """One request of a model; as a block, it is at the replica that it was aimed at last.

    It comes with every request, so the block is no generator.
    """

    __slots__ = (
        "_began", "_busy", "_has_good_head", "_is_trial", "_own_time", "_permit", "_ready",
        "_replica", "load", "patience",
    )  # fmt: skip

    def __init__(self, load: Load, permit: Breaker | Trial, own_time: float) -> None:
        self.load, self._permit = load, permit
        self._own_time = own_time  # seconds in which the model must answer
        self.patience: float | None = None  # seconds for what is streamed; None: it is whole

    def aim(self, ready: Sequence[C], now: float) -> C:
        """One of the replicas where the model is ready, which is the block's from now on."""
        load = self.load
        self._ready, self._began = ready, now
        self._has_good_head = False  # of an answer that isn't judged yet
        self._replica, self._is_trial = choice.choose(ready, load.model_id, now, load.shared.random)
        self._replica.last_request = now
        return self._replica

    def __enter__(self) -> None:
        load, replica = self.load, self._replica
        load.asked += 1
        self._busy = load.asked
        replica.in_flight.count += 1
        if self._is_trial:
            replica.outliers.of(load.model_id).on_trial = True

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        load, replica = self.load, self._replica
        load.asked -= 1
        replica.in_flight.count -= 1
        if error is not None:
            self._fail(error)
        elif self._has_good_head:
            self._judge(load.shared.clock(), failed=False)
        if self._is_trial:
            replica.outliers.of(load.model_id).on_trial = False

    def answered(self, request: Request, response: Response) -> None:
        """Judge a whole answer, or the head of one that comes as it comes."""
        load = self.load
        now = load.shared.clock()
        seconds = now - self._began
        failed: bool | None = False
        if response.status >= 400:
            failed = fault.of_answer(response.status, response.headers, seconds, self._own_time)
            if failed and fault.is_replicas_alone(response.status):
                self._eject(now)
                return
        elif self.patience is None:
            if PICTURES not in response.headers:  # how long several take says nothing of one
                load.limit.sample(seconds, self._busy, len(request.body), now)
        elif not (self._is_trial or isinstance(self._permit, Trial)):
            self._has_good_head = True
            return
        self._judge(now, failed=failed)

    def give_up(self) -> None:
        """Count that no replica could be reached."""
        self._permit.record(self.load.shared.clock(), failed=True)

    def _fail(self, error: BaseException) -> None:
        """Judge what came in an answer's place, or in the midst of it."""
        now = self.load.shared.clock()
        seconds = now - self._began
        if self.patience is not None:  # what else ends it is its client
            seconds = self.patience if isinstance(error, TimeoutError) else 0.0
        failed = fault.of_error(error, seconds, self._own_time)
        if failed is None and self._has_good_head:
            failed = False
        if failed and isinstance(error, transport.UnreachableError):
            self._eject(now)
        else:
            self._judge(now, failed=failed)

    def _judge(self, now: float, *, failed: bool | None) -> None:
        """Count a verdict of fault.py for the replica, and for the model."""
        if failed is None:
            return
        if failed:
            if self._is_out and not self._is_trial:
                return
            self._eject(now)
        elif outlier := self._replica.outliers.get(self.load.model_id):
            outlier.succeed(now, is_trial=self._is_trial)
        self._permit.record(now, failed=failed)

    @property
    def _is_out(self) -> bool:
        """Whether the replica was ejected, before it was asked or since."""
        found = self._replica.outliers.get(self.load.model_id)
        return found is not None and found.is_out

    def _eject(self, now: float) -> None:
        """Count a failure of the replica, and leave it out where that is one too many."""
        load = self.load
        has_others = ejection.may_eject(self._ready, load.model_id)
        may_eject = load.shared.has_breakers and has_others
        outlier = self._replica.outliers.of(load.model_id)
        if outlier.fail(now, is_trial=self._is_trial, may_eject=may_eject):
            load.shared.on_ejection(load.model_id)
            log.write(
                "WARNING",
                f"{load.model_id} fails on one of its replicas, which is left out for "
                f"{outlier.until - now:g} s",
                model=load.model_id,
                replica=self._replica.name,
            )
