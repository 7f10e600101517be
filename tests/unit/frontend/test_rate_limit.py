"""services/frontend/rate_limit.py: how many pictures a session may send."""

from pathlib import Path

import limits
import pytest

from services.frontend.errors import PageError
from services.frontend.rate_limit import RateLimiter
from tests.unit.frontend.gateway import page


def test_a_session_over_its_limit_is_refused_and_another_is_not(tmp_path: Path) -> None:
    limiter = RateLimiter(limits.parse("3/hour"))
    limiter.hit("one", 3)
    with page(tmp_path).test_request_context(), pytest.raises(PageError) as caught:
        limiter.hit("one")
    assert caught.value.status == 429
    assert 3590 <= int(caught.value.headers["Retry-After"]) <= 3600
    limiter.hit("other", 3)


def test_more_pictures_than_are_left_are_refused_together(tmp_path: Path) -> None:
    limiter = RateLimiter(limits.parse("3/hour"))
    limiter.hit("one", 2)
    with page(tmp_path).test_request_context(), pytest.raises(PageError):
        limiter.hit("one", 2)
    limiter.hit("one", 1)  # those that were refused don't count


def test_a_window_that_has_just_ended_is_waited_for_a_second(tmp_path: Path) -> None:
    limiter = RateLimiter(limits.parse("1/hour"), clock=lambda: 1e12)
    limiter.hit("one")
    with page(tmp_path).test_request_context(), pytest.raises(PageError) as caught:
        limiter.hit("one")
    assert caught.value.headers["Retry-After"] == "1"
