"""Who gets in, as a manifest says it."""

from pathlib import Path

import pydantic
import pytest

from passerelle.manifest import reading
from passerelle.manifest.access_fields import Cors, TokenIssuer
from passerelle.manifest.model import Cors as CompleteCors
from passerelle.protocol.rates import Rate

MANIFEST = """\
version: 1
public: [listing]
tokens:
  - {issuer: "https://login.example.com", audience: passerelle, rate: 100/minute}
cors: {origins: ["https://app.example.com"]}
models:
  - {id: a, architecture: "torchvision:resnet18", weights: random, public: true, quota: 10/day}
  - {id: b, like: a, rate: 5/second}
"""


def test_what_is_written_is_what_the_gateway_has(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(MANIFEST)
    found = reading.read_manifest(tmp_path / "models.yaml")
    assert found.public == {"listing"}
    assert found.cors == CompleteCors(origins=("https://app.example.com",))
    (issuer,) = found.tokens
    assert (issuer.algorithms, issuer.scopes, issuer.jwks) == (("RS256",), "scope", None)
    assert (issuer.rate, issuer.quota) == (Rate(amount=100, seconds=60), None)
    first, second = found.models
    assert (first.public, first.rate, first.quota) == (True, None, Rate(amount=10, seconds=86_400))
    assert (second.public, second.rate) == (True, Rate(amount=5, seconds=1))  # and inherits


def test_nothing_is_open_unless_the_manifest_says_so(tmp_path: Path) -> None:
    text = (
        "version: 1\nmodels:\n  - {id: a, architecture: 'torchvision:resnet18', weights: random}\n"
    )
    (tmp_path / "models.yaml").write_text(text)
    found = reading.read_manifest(tmp_path / "models.yaml")
    assert (found.public, found.tokens, found.cors) == (frozenset(), (), None)
    assert not found.models[0].public


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "https://app.example.com",
        "http://localhost:3000",
        "http://[::1]:3000",
        "http://a:443",
        "https://a:80",
        "https://a:8443",
        "http://[::1:80]",
    ],
)
def test_an_origin_is_scheme_host_and_port(origin: str) -> None:
    assert Cors(origins=[origin]).origins == [origin]


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "app.example.com",
        "https://a/",
        "https://a/b",
        "https://*.a",
        "null",
        "ftp://a",
        "https://a:0",
        "https://a:0443",
    ],
)
def test_an_origin_is_nothing_else(origin: str) -> None:
    with pytest.raises(pydantic.ValidationError):
        Cors(origins=[origin])


@pytest.mark.parametrize(
    ("origin", "sent"),
    [
        ("https://App.Example.com", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://localhost:80", "http://localhost"), ("http://[FE80::1]:80", "http://[fe80::1]"),
    ],
)  # fmt: skip
def test_an_origin_is_written_as_browsers_send_it(origin: str, sent: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="is not how browsers send it") as raised:
        Cors(origins=[origin])
    assert raised.value.errors()[0]["msg"].endswith(f"; write {sent}")
    assert Cors(origins=[sent]).origins == [sent]


@pytest.mark.parametrize("algorithm", ["none", "HS256", "rs256", ""])
def test_tokens_are_signed_with_a_key_that_the_issuer_alone_has(algorithm: str) -> None:
    given = {"issuer": "https://a", "audience": "b", "algorithms": [algorithm]}
    with pytest.raises(pydantic.ValidationError):
        TokenIssuer.model_validate(given)


def test_a_token_issuers_other_fields_are_what_they_are_unless_given() -> None:
    given = {"issuer": "https://a", "audience": "b"}
    found = TokenIssuer.model_validate(given)
    assert (found.prefix, found.subjects, found.name) == ("passerelle:", {}, "sub")
    more = given | {"prefix": "", "subjects": {"alice": ["predict:*", "read:m-1", "usage"]}}
    assert TokenIssuer.model_validate(more).subjects["alice"] == ["predict:*", "read:m-1", "usage"]


@pytest.mark.parametrize("scope", ["", "predict", "read:", "passerelle:usage", "usage:*", "admin"])
def test_a_scope_of_the_manifest_is_one_of_ours(scope: str) -> None:
    given = {"issuer": "https://a", "audience": "b", "subjects": {"alice": [scope]}}
    with pytest.raises(pydantic.ValidationError):
        TokenIssuer.model_validate(given)


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://login.example.com/realms/acme", True), ("https://login.example.com/", True),
        ("http://localhost:8080/realms/acme", True), ("http://keycloak:8080", True),
        ("http://10.0.0.5", True), ("http://login.example.com", False), ("http://8.8.8.8", False),
        ("login.example.com", False), ("ftp://a", False), ("https://", False),
        ("https://user@a", False), ("https://a#b", False), ("https://[a", False),
    ],
)  # fmt: skip
def test_an_issuer_is_asked_where_nobody_can_listen_in(url: str, *, is_taken: bool) -> None:
    for field in ("issuer", "jwks"):
        given = {"issuer": "https://a", "audience": "b", field: url}
        if is_taken:
            TokenIssuer.model_validate(given)
        else:
            with pytest.raises(pydantic.ValidationError):
                TokenIssuer.model_validate(given)


def test_what_is_wrong_with_an_issuer_is_told_with_its_mend(tmp_path: Path) -> None:
    text = MANIFEST.replace("https://login", "http://login")
    (tmp_path / "models.yaml").write_text(text.replace("rate: 100", "algorithm: RS256, rate: 100"))
    with pytest.raises(reading.ManifestError) as raised:
        reading.read_manifest(tmp_path / "models.yaml")
    assert "is open to whoever is on the way; write https" in str(raised.value)
    assert "did you mean 'algorithms'?" in str(raised.value)


@pytest.mark.parametrize("url", ["https://[a", "https://a.example:x", "https://a.example:0"])
def test_what_looks_like_an_address_and_is_none_is_told(tmp_path: Path, url: str) -> None:
    text = MANIFEST.replace("https://login.example.com", url)
    (tmp_path / "models.yaml").write_text(text)
    with pytest.raises(reading.ManifestError) as raised:
        reading.read_manifest(tmp_path / "models.yaml")
    assert f"tokens[0].issuer: '{url}' is no address; write one such as" in str(raised.value)
