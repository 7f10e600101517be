"""What one model has on its way."""

from gateway.balancing.load import Load, Shared
from gateway.counter import Counter


def test_a_block_is_a_slot_of_the_model_and_of_its_service() -> None:
    service = Counter()
    found = Load("m", service, 96, Shared())
    with found, found:
        assert (found.count, service.count) == (2, 2)
    assert (found.count, service.count) == (0, 0)


def test_who_listens_is_told_whose_breaker_opened() -> None:
    opened: list[str] = []
    shared = Shared(on_open=lambda _: None)
    found = Load("m", Counter(), 96, shared)
    shared.on_open = opened.append  # as whoever counts comes later
    for _ in range(20):
        found.breaker.record(0.0, failed=True)
    assert opened == ["m"]


def test_a_breaker_that_nobody_wants_never_opens() -> None:
    found = Load("m", Counter(), 96, Shared(has_breakers=False))
    for _ in range(100):
        found.breaker.record(0.0, failed=True)
    assert not found.breaker.is_open
