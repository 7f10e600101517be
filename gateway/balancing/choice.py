"""Which replica is asked: the less busy of two, chosen at random where there are more.

Of two, that is the one with fewer requests. Of more, a pair is drawn and the less busy one of it
is asked, which spreads the load nearly as well as if all were compared ("the power of two choices",
Mitzenmacher 1996) and doesn't send what several workers of the gateway have to the same one. Among
equals it is that which has been idle for longest. A replica that was ejected lately (ejection.py)
counts each of its requests several times; one that is out is asked only for its trial, or where
no other is left.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from gateway.balancing.ejection import Outliers
from gateway.counter import Counter


class Candidate(Protocol):
    """A replica, as far as this matters."""

    name: str  # for the log
    in_flight: Counter  # requests
    last_request: float  # when it was asked last
    outliers: Outliers


C = TypeVar("C", bound=Candidate)


def choose(
    ready: Sequence[C], model_id: str, now: float, random: Callable[[], float]
) -> tuple[C, bool]:
    """One of the replicas where a model is ready, and whether it is asked as a trial.

    There is one at least. `random` gives numbers from 0 to 1, as `random.random` does.
    """
    if len(ready) == 1:
        return ready[0], is_trial(ready[0], model_id, now)
    if any(each.outliers for each in ready):
        for each in ready:
            if is_trial(each, model_id, now):
                return each, True
        ready = within(ready, model_id)
    count = len(ready)
    if count == 1:
        return ready[0], False
    first, second = 0, 1
    if count > 2:
        first, second = int(random() * count), int(random() * (count - 1))
        second += second >= first
    one, other = ready[first], ready[second]
    busy, busy_other = one.in_flight.count, other.in_flight.count
    if one.outliers or other.outliers:
        busy, busy_other = (
            busy * weight(one, model_id, now),
            busy_other * weight(other, model_id, now),
        )
    if busy == busy_other:
        return (one if one.last_request <= other.last_request else other), False
    return (one if busy < busy_other else other), False


def is_trial(replica: Candidate, model_id: str, now: float) -> bool:
    """Whether a replica's next request for a model is a trial."""
    if not replica.outliers:
        return False
    outlier = replica.outliers.get(model_id)
    return outlier is not None and outlier.is_due(now)


def within(ready: Sequence[C], model_id: str) -> Sequence[C]:
    """Those on which a model isn't out; all, where it is on each."""
    found = []
    for each in ready:
        outlier = each.outliers.get(model_id)
        if outlier is None or not outlier.is_out:
            found.append(each)
    return found or ready


def weight(replica: Candidate, model_id: str, now: float) -> int:
    """How much each of a replica's requests counts."""
    outlier = replica.outliers.get(model_id)
    return 1 if outlier is None else 1 + outlier.level(now)
