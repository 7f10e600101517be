"""services/frontend/navigation.py: the pages and their paths."""

import re
from pathlib import Path

import flask
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
    assert f'<a href=".{path}" aria-current="page">{name.title()}</a>' in response.text


@pytest.mark.parametrize(
    ("shown", "address"),
    [("/", "./compare"), ("/status", "./compare"), ("/model/a/predict", "../../compare"),
     ("/a/", "../compare"), ("/a//b", "../../compare")],
)  # fmt: skip
def test_an_address_is_relative_to_the_page_that_is_shown(shown: str, address: str) -> None:
    with flask.Flask("test").test_request_context(shown):
        assert navigation.relative("/compare") == address


@pytest.mark.parametrize("path", ["/", "/compare", "/status", "/a/b/none"])
def test_no_page_asks_an_address_from_the_root(path: str, tmp_path: Path) -> None:
    client = page(tmp_path, FakeGateway({"/history": (200, HISTORY)})).test_client()
    text = client.get(path, headers={"Accept": "text/html"}).text
    asked = re.findall(r'(?:href|src|action)="([^"]*)"', text)
    assert len(asked) >= 6
    assert all(each.startswith(("./", "../")) for each in asked)


def test_no_script_asks_an_address_from_the_root() -> None:
    scripts = [*Path(navigation.__file__).parent.glob("static/*.js")]
    assert scripts
    for script in scripts:
        assert not re.search(r"""["'`]/[a-z]""", script.read_text()), script
