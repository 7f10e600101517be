"""System tests: real processes, and every answer of a gateway as openapi.yaml says."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support import browser as chrome
from tests.support import contract


@pytest.fixture(scope="session", autouse=True)
def contract_enforced() -> Iterator[None]:
    """Each answer of a gateway, by `requests` or by the SDK, is compared with the contract."""
    with contract.enforced():
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that a module's tests share; its event loop would be in other modules' way."""
    with chrome.chromium() as started:
        yield started
