"""What looks like a credential is left out, and nothing else."""

import time

import pytest

from passerelle.server import redaction
from passerelle.server.redaction import REDACTED

KEY = "psl_0123abcd_" + "Aa0_-" * 8 + "xyz"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (KEY, REDACTED),
        (f"/model/{KEY}/predict", f"/model/{REDACTED}/predict"),
        (f"/model/{KEY.replace('_', '%5F', 1)}/predict", f"/model/{REDACTED}/predict"),
        ("unknown key psl_0123abcd_cut", f"unknown key {REDACTED}"),
        (f"a token {JWT}, expired", f"a token {REDACTED}, expired"),
        (JWT[:30], REDACTED),
        ("Authorization: Bearer abc.def.ghi", f"Authorization: {REDACTED}"),
        ("authorization:Basic dXNlcjpwYXNz", f"authorization:{REDACTED}"),
        ("Proxy-Authorization: x y z\nHost: a", f"Proxy-Authorization: {REDACTED}\nHost: a"),
        ("sent Bearer abc123def456 twice", f"sent Bearer {REDACTED} twice"),
        ("Cookie: a='b'; c=\"d\"; sid=e", f"Cookie: {REDACTED}"),
        ("Set-Cookie: sid=e; Path=/\r\nX: y", f"Set-Cookie: {REDACTED}\r\nX: y"),
        ("X-API-Key: anything at all", f"X-API-Key: {REDACTED}"),
        ("{'authorization': 'x y', 'a': 'b'}", f"{{'authorization': '{REDACTED}', 'a': 'b'}}"),
        ("[(b'cookie', b'a=b; c=d'), (b'x', b'y')]",
         f"[(b'cookie', b'{REDACTED}'), (b'x', b'y')]"),
        ('{"access_token": "abc", "n": 1}', f'{{"access_token": "{REDACTED}", "n": 1}}'),
        (r'{\"password\": \"abc\"}', rf'{{\"password\": \"{REDACTED}\"}}'),
        ("client_secret=abc, retry", f"client_secret={REDACTED}, retry"),
        ("GET /a?x=1&key=abc 404", f"GET /a?x={REDACTED}&key={REDACTED} 404"),
        ("Url('http://a/b?sig=abc%20d')", f"Url('http://a/b?sig={REDACTED}')"),
        ("redis://user:pass@cache:6379/0", f"redis://{REDACTED}@cache:6379/0"),
        ("redis://:pass@cache", f"redis://{REDACTED}@cache"),
        ("redis://:p@ssword1@host/0", f"redis://{REDACTED}@host/0"),
        ("from http://a:b@c to http://d@e@f", f"from http://{REDACTED}@c to http://{REDACTED}@f"),
    ],
)  # fmt: skip
def test_what_looks_like_a_credential_is_left_out(text: str, expected: str) -> None:
    assert redaction.redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "POST /model/efficientnet-lite0/predict 200", "auth took 3 ms", "what? nothing",
        "The service of ocr refuses the request's Authorization (401).", "a basic question",
        "whose token is that", "mail me@example.com", "http://a:8080/b", "token_count: 3",
        "the key 'page' may not use 'vgg16'", "bearer of bad news", "psl", "an API key is missing",
    ],
)  # fmt: skip
def test_what_does_not_is_kept(text: str) -> None:
    assert redaction.redacted(text) == text


def test_whatever_a_line_holds_is_searched_at_any_depth() -> None:
    found = redaction.of_value({
        "error": ValueError(KEY), "list": [KEY, (JWT, 1)], KEY: 2, "inner": {"text": f"a {KEY}"},
        "n": 1, "f": 0.5, "no": None, "yes": True,
    })  # fmt: skip
    assert found == {
        "error": REDACTED, "list": [REDACTED, [REDACTED, 1]], REDACTED: 2,
        "inner": {"text": f"a {REDACTED}"}, "n": 1, "f": 0.5, "no": None, "yes": True,
    }  # fmt: skip


def test_what_is_called_a_credential_is_one_whatever_it_looks_like() -> None:
    headers = {"Authorization": "x", "cookie": ["a"], "X-API-Key": "y", "token": {"a": "b"}}
    assert set(redaction.of_value(headers).values()) == {REDACTED}
    assert redaction.of_value({"tokens": 3, "token": 3, "key": "page"}) == {
        "tokens": 3, "token": 3, "key": "page",
    }  # fmt: skip


def test_every_pattern_has_its_sign() -> None:
    """A text in which nothing is found cheaply isn't searched any further."""
    for text in (KEY, JWT, "Basic dXNlcjpwYXNz", "a?b=c", "x://y:z@b", "apikey: x", "passwd=x"):
        assert redaction.is_suspicious(text), text


@pytest.mark.parametrize(
    "unit",
    ["?", "?a=", "?a", "psl_", "token", "token=", "://", "://a", "://a@", "@", "cookie: '",
     "cookie:", "bearer ", "eyJ", "a", "eyJ.", "=", "\\'", "authorization,"],
)  # fmt: skip
def test_a_hostile_text_takes_no_time(unit: str) -> None:
    began = time.process_time()
    redaction.redacted("psl " + unit * (60_000 // len(unit)))
    assert time.process_time() - began < 1
