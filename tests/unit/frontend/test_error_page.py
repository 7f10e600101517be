"""services/frontend/error_page.py: HTML for a person, JSON for a script."""

from pathlib import Path

import pytest

from tests.unit.frontend.gateway import page

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def test_a_browser_gets_a_page(tmp_path: Path) -> None:
    response = page(tmp_path).test_client().get("/none", headers={"Accept": BROWSER})
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert "There is nothing here." in response.text
    assert response.headers["X-Request-ID"] in response.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/problem+json"])
def test_a_script_gets_a_problem(accept: str, tmp_path: Path) -> None:
    response = page(tmp_path).test_client().get("/none", headers={"Accept": accept})
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"
    assert response.json
    assert response.json["request_id"] == response.headers["X-Request-ID"]
