"""services/frontend/navigation.py: the pages and their paths."""

from pathlib import Path

import pytest

from services.frontend import navigation
from tests.unit.frontend.gateway import FakeGateway, page

HISTORY = {"slot_seconds": 5, "models": []}


@pytest.mark.parametrize(("name", "path"), navigation.PATHS.items())
def test_each_path_is_answered_and_marked_in_the_navigation(
    name: str, path: str, tmp_path: Path
) -> None:
    response = page(tmp_path, FakeGateway({"/history": (200, HISTORY)})).test_client().get(path)
    assert response.status_code == 200
    assert f'<a href="{path}" aria-current="page">{name.title()}</a>' in response.text
