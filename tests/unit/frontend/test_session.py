"""services/frontend/session.py: the cookie and its token."""

from pathlib import Path

import pytest

from services.frontend import session
from services.frontend.errors import PageError
from tests.unit.frontend.gateway import page, token


def test_a_session_keeps_the_id_of_its_first_visit(tmp_path: Path) -> None:
    app = page(tmp_path)
    with app.test_request_context():
        first = session.get_id()
        assert session.get_id() == first
    with app.test_request_context():
        assert session.get_id() != first


def test_a_token_is_good_in_its_own_session_alone(tmp_path: Path) -> None:
    app = page(tmp_path)
    with app.test_request_context():
        foreign = session.token()
    with app.test_request_context():
        session.check_token(session.token())
        for bad in (foreign, "", None):
            with pytest.raises(PageError) as caught:
                session.check_token(bad)
            assert caught.value.status == 400


def test_a_cookie_signed_with_another_key_starts_a_new_session(tmp_path: Path) -> None:
    app = page(tmp_path)
    client = app.test_client()
    old = token(client)
    app.secret_key = session.signing_secret("psl_second")
    response = client.post("/choice", data={"csrf_token": old, "language": "fr"})
    assert response.status_code == 400


@pytest.mark.parametrize(("https", "secure"), [("0", 0), ("1", 1)])
def test_the_cookie_is_for_no_script_and_for_https_where_there_is(
    https: str, secure: int, tmp_path: Path
) -> None:
    response = page(tmp_path, PASSERELLE_HTTPS=https).test_client().get("/")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("passerelle=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert cookie.count("Secure") == secure


@pytest.mark.parametrize(("prefix", "path"), [("", "/"), ("/ml", "/ml/")])
def test_the_cookie_is_for_the_path_of_the_page(prefix: str, path: str, tmp_path: Path) -> None:
    response = page(tmp_path, PASSERELLE_PATH_PREFIX=prefix).test_client().get("/")
    assert f"; Path={path};" in f"{response.headers['Set-Cookie']};"


def test_the_signing_secret_does_not_show_the_key() -> None:
    assert b"psl_first" not in session.signing_secret("psl_first")
    assert session.signing_secret("psl_first") != session.signing_secret("psl_second")
