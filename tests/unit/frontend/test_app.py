"""services/frontend/app.py: a picture's way through the page."""

from pathlib import Path

import httpx
import pytest

from passerelle.server.application import Application
from passerelle.server.settings import SettingError
from services.frontend import app, settings, upload
from tests.support import asgi
from tests.unit.frontend.gateway import FakeGateway, found, page, token

PICTURE = b"\xff\xd8 a picture"


def test_a_picture_is_answered_with_the_models_prediction(tmp_path: Path) -> None:
    gateway = FakeGateway()
    gateway.headers = {"Server-Timing": "auth;dur=1, upstream;dur=2"}
    client = page(tmp_path, gateway, PASSERELLE_GATEWAY_SHOWN="http://public.test").test_client()
    headers = {"X-CSRFToken": token(client)}
    response = client.post("/model/a/predict", data=PICTURE, headers=headers)
    assert response.status_code == 200
    assert response.json
    assert (response.json["model"], response.json["headline"]) == ("a", "tabby")
    assert "http://public.test/model/a/predict" in response.json["curl"]
    assert "auth;dur=1" in response.headers["Server-Timing"]
    sent = gateway.requests[-1]
    assert sent.content == PICTURE
    assert sent.headers["X-API-Key"] == "psl_first"
    assert sent.headers["X-Request-ID"] == response.headers["X-Request-ID"]


def test_a_script_may_ask_for_a_threshold(tmp_path: Path) -> None:
    gateway = FakeGateway({"/model/a/predict?threshold=0.05": (200, found("detection"))})
    client = page(tmp_path, gateway).test_client()
    headers = {"X-CSRFToken": token(client)}
    for threshold, status in ("0.05", 200), ("all", 400):
        address = f"/model/a/predict?threshold={threshold}"
        assert client.post(address, data=PICTURE, headers=headers).status_code == status


def test_a_picture_without_the_sessions_token_is_not_sent(tmp_path: Path) -> None:
    gateway = FakeGateway()
    client = page(tmp_path, gateway).test_client()
    response = client.post("/model/a/predict", data=PICTURE, headers={"X-CSRFToken": "no"})
    assert response.status_code == 400
    assert gateway.requests == []


def test_a_picture_over_the_limit_is_not_sent(tmp_path: Path) -> None:
    gateway = FakeGateway()
    client = page(tmp_path, gateway, PASSERELLE_MAX_BODY="5").test_client()
    headers = {"X-CSRFToken": token(client), "Accept": "application/json"}
    response = client.post("/model/a/predict", data=PICTURE, headers=headers)
    assert response.status_code == 413
    assert [each.method for each in gateway.requests] == ["GET"]


def test_a_form_over_every_limit_is_refused_in_the_pages_words(
    tmp_path: Path,
) -> None:
    client = page(tmp_path, PASSERELLE_MAX_BODY="1000").test_client()
    content = b"x" * (1000 + upload.MAX_BESIDE + 1)
    response = client.post("/", data=content, headers={"Accept-Language": "fr"})
    assert response.status_code == 413
    assert response.json
    assert response.json["detail"] == "Cette image est trop lourde. Choisissez-en une plus petite."


def test_a_picture_without_a_byte_is_not_sent(tmp_path: Path) -> None:
    gateway = FakeGateway()
    client = page(tmp_path, gateway).test_client()
    response = client.post("/model/a/predict", headers={"X-CSRFToken": token(client)})
    assert response.status_code == 400
    assert [each.method for each in gateway.requests] == ["GET"]


def test_a_session_over_its_rate_is_told_when_to_come_back(tmp_path: Path) -> None:
    client = page(tmp_path, PASSERELLE_RATE="1/minute").test_client()
    headers = {"X-CSRFToken": token(client)}
    assert client.post("/model/a/predict", data=PICTURE, headers=headers).status_code == 200
    response = client.post("/model/a/predict", data=PICTURE, headers=headers)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 60


def test_an_unreachable_gateway_is_told_in_the_visitors_language(tmp_path: Path) -> None:
    gateway = FakeGateway()
    client = page(tmp_path, gateway).test_client()
    headers = {"X-CSRFToken": token(client), "Accept-Language": "fr"}
    gateway.error = httpx.ConnectError("refused")
    response = client.post("/model/a/predict", data=PICTURE, headers=headers)
    assert response.status_code == 502
    assert response.json
    assert response.json["detail"].startswith("La passerelle ne répond pas.")


@pytest.mark.parametrize("path", ["/", "/none", "/static/style.css"])
def test_every_answer_allows_only_what_is_ours(path: str, tmp_path: Path) -> None:
    with page(tmp_path).test_client().get(path) as response:
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_are_not_cached_and_static_files_may_be(tmp_path: Path) -> None:
    client = page(tmp_path).test_client()
    assert client.get("/").headers["Cache-Control"] == "no-store"
    with client.get("/static/style.css") as response:
        assert response.headers["Cache-Control"] != "no-store"


def test_a_page_without_a_key_can_not_be_made(tmp_path: Path) -> None:
    options = settings.read({"PASSERELLE_KEY_FILE": str(tmp_path / "none")})
    with pytest.raises(SettingError, match="none, is not there"):
        app.create_app(options)


@pytest.fixture
def served(tmp_path: Path) -> Application:
    """The page as its worker serves it."""
    (tmp_path / "key").write_text("psl_first")
    environ = {"PASSERELLE_KEY_FILE": str(tmp_path / "key"), "PASSERELLE_MAX_BODY": "1000"}
    return app.create_app(settings.read(environ))


async def test_the_page_is_live_without_a_thread(served: Application) -> None:
    answer = await asgi.ask(served, "GET", "/health/live")
    assert (answer.status, answer.json) == (200, {"status": "live"})


async def test_what_the_page_does_not_have_is_answered_by_the_page(served: Application) -> None:
    answer = await asgi.ask(served, "GET", "/none", headers={"Accept": "text/html"})
    assert (answer.status, answer.media_type) == (404, "text/html")
    assert answer.headers["X-Request-ID"] in answer.body.decode()


@pytest.mark.parametrize(("over", "status"), [(0, 400), (1, 413)])
async def test_a_form_may_be_as_large_as_its_pictures_and_fields_together(
    over: int, status: int, served: Application
) -> None:
    content = b"x" * (1000 + upload.MAX_BESIDE + over)
    assert (await asgi.ask(served, "POST", "/", content)).status == status


async def test_the_page_says_of_a_file_how_long_it_is(served: Application) -> None:
    answer = await asgi.ask(served, "HEAD", "/static/style.css")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 1000
