"""System tests: real processes, and every answer of a gateway as openapi.yaml says."""

from collections.abc import Iterator

import pytest

from tests.support import contract


@pytest.fixture(scope="session", autouse=True)
def contract_enforced() -> Iterator[None]:
    """Each answer that `requests` receives from a gateway is compared with the contract."""
    with contract.enforced():
        yield
