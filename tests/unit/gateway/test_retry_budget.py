"""Retries never become the load."""

import contextlib

from gateway.retry_budget import Retries, RetryBudget


def test_at_most_a_fifth_of_the_requests_and_always_three_may_be_on_a_second_replica() -> None:
    budget = RetryBudget()
    with contextlib.ExitStack() as held:
        granted = [held.enter_context(Retries(budget)).request() for _ in range(4)]
        assert granted == [True, True, True, False]
        for _ in range(20):
            held.enter_context(budget.requests)
        granted = [held.enter_context(Retries(budget)).request() for _ in range(2)]
        assert granted == [True, False]
    with Retries(budget) as again:
        assert again.request()  # what was granted came back at the end of the block
    assert (budget.requests.count, budget.retries) == (0, 0)
