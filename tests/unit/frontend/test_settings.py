"""services/frontend/settings.py: what the page reads from the environment."""

from pathlib import Path

import pytest

from passerelle.server.settings import SettingError
from services.frontend import settings

KEY = {"PASSERELLE_KEY_FILE": "key"}


def test_the_key_file_alone_is_needed() -> None:
    options = settings.read(KEY)
    assert options.gateway == options.public_gateway == "http://gateway:8080"
    assert options.bind == ("0.0.0.0:8000",)
    assert not options.https
    with pytest.raises(SettingError, match="PASSERELLE_KEY_FILE is not set"):
        settings.read({})


def test_people_may_reach_the_gateway_at_another_address() -> None:
    environ = {"PASSERELLE_GATEWAY": "http://a/", "PASSERELLE_GATEWAY_SHOWN": "http://b/"}
    options = settings.read(KEY | environ)
    assert (options.gateway, options.public_gateway) == ("http://a", "http://b")


def test_a_rate_that_makes_no_sense_is_told() -> None:
    with pytest.raises(SettingError, match=r"PASSERELLE_RATE is 'often'.*300/minute"):
        settings.read(KEY | {"PASSERELLE_RATE": "often"})


def test_the_key_is_read_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("psl_first\n")
    assert settings.read_key(tmp_path / "key") == "psl_first"


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff"])
def test_a_key_file_without_a_key_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(SettingError, match=str(tmp_path / "key")):
        settings.read_key(tmp_path / "key")


@pytest.mark.parametrize("content", ["psl_a", "psl_a\n", "\ufeffpsl_a\r\n", "\n psl_a \n\n"])
def test_a_key_may_be_saved_by_any_editor(content: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(content, encoding="utf-8", newline="")
    assert settings.read_key(tmp_path / "key") == "psl_a"


@pytest.mark.parametrize("name", ["PASSERELLE_GATEWAY", "PASSERELLE_GATEWAY_SHOWN"])
@pytest.mark.parametrize(
    "text", ["gateway:8080", "http://", "ftp://a", "http://a:99999", "http://::1"]
)
def test_an_address_that_is_none_is_told_at_the_start(name: str, text: str) -> None:
    with pytest.raises(SettingError, match=f"{name} is '.*'; write an address such as http://"):
        settings.read({"PASSERELLE_KEY_FILE": "key", name: text})


def test_addresses_may_be_of_ipv6_and_have_a_path() -> None:
    urls = {
        "PASSERELLE_GATEWAY": "http://[::1]:8080/ml/",
        "PASSERELLE_GATEWAY_SHOWN": "https://a/b",
    }
    found = settings.read({"PASSERELLE_KEY_FILE": "key"} | urls)
    assert (found.gateway, found.public_gateway) == ("http://[::1]:8080/ml", "https://a/b")
