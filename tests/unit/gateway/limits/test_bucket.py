"""What a rate promises: never more, and never less to who keeps to it."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.limits.bucket import NANOSECONDS, Bucket
from gateway.limits.limit import Limit

LIMITS = st.builds(
    Limit, st.just("caller-rate"), st.just("k"), st.just("rate"),
    st.integers(1, 20), st.sampled_from((1, 60, 3600)),
)  # fmt: skip
GAPS = st.lists(st.fractions(0, 3), max_size=60)  # between requests, in paces of the rate


def arrivals(limit: Limit, gaps: list[float]) -> list[int]:
    """The times of requests."""
    pace, now, found = limit.seconds * NANOSECONDS, 1_000, []
    for gap in gaps:
        now += int(gap * pace / limit.amount)
        found.append(now)
    return found


def asked(bucket: Bucket, limit: Limit, now: int) -> bool:
    """Whether a request is let through."""
    if not bucket.left(limit, now):
        return False
    bucket.take(limit, now)
    return True


@given(LIMITS, GAPS)
def test_as_many_pass_as_the_bucket_holds_and_the_time_has_brought_and_no_fewer(
    limit: Limit, gaps: list[float]
) -> None:
    bucket, passed = Bucket(limit), list[int]()
    for now in arrivals(limit, gaps):
        counts = [(begin, sum(begin <= each for each in passed) + 1) for begin in [*passed, now]]
        fits = all(
            (count - limit.amount) * limit.seconds * NANOSECONDS <= (now - begin) * limit.amount
            for begin, count in counts
        )
        assert asked(bucket, limit, now) == fits
        passed += [now] if fits else []


@given(LIMITS, st.integers(0, 100))
def test_who_keeps_to_the_pace_is_never_refused(limit: Limit, requests: int) -> None:
    bucket, pace = Bucket(limit), -(-limit.seconds * NANOSECONDS // limit.amount)
    assert all(asked(bucket, limit, number * pace) for number in range(requests))


@given(LIMITS, GAPS)
def test_who_waits_as_long_as_told_is_let_through_and_not_a_moment_before(
    limit: Limit, gaps: list[float]
) -> None:
    bucket = Bucket(limit)
    times = arrivals(limit, gaps) or [0]
    for now in times:
        asked(bucket, limit, now)
    left, seconds = bucket.standing(limit, times[-1])
    assert (left == 0) == (seconds > 0)
    due = times[-1] + round(seconds * NANOSECONDS)
    assert bucket.left(limit, due + 2) >= 1
    assert left or bucket.left(limit, due - 2) == 0


def test_a_bucket_that_is_full_again_is_as_a_new_one() -> None:
    limit = Limit("caller-rate", "k", "rate", 100, 60)
    bucket = Bucket(limit)
    bucket.take(limit, 0)
    assert not bucket.is_over(600_000_000 - 1)
    assert bucket.is_over(600_000_000)
    assert bucket.left(limit, 600_000_000) == 100


def test_a_bucket_goes_on_from_what_another_has_left() -> None:
    limit = Limit("caller-rate", "k", "rate", 100, 60)
    theirs, ours = Bucket(limit), Bucket(limit)
    for _ in range(70):
        theirs.take(limit, 0)
    ours.learn(limit, theirs.standing(limit, 0), 0)
    assert ours.left(limit, 0) == 30
