"""The gateway's variables."""

from pathlib import Path

import pytest

from gateway import settings
from passerelle.server.settings import SettingError

KEYS = {"PASSERELLE_KEYS": "keys.yaml"}


def test_the_key_file_is_enough() -> None:
    found = settings.read(KEYS)
    assert found.keys == Path("keys.yaml")
    assert found.manifest == Path("models.yaml")
    assert found.bind == ("0.0.0.0:8080",)
    assert found.upstream == "http://{service}:8080"
    assert (found.refuse_others, found.max_in_flight, found.page_key) == (True, 96, None)
    assert found.workers == 1


def test_what_is_set_comes_first_and_what_is_empty_is_not_set() -> None:
    found = settings.read(
        KEYS | {"PORT": "9000", "PASSERELLE_PAGE_KEY": "", "PASSERELLE_REFUSE_OTHERS": "0"}
    )
    assert found.bind == ("0.0.0.0:9000",)
    assert (found.page_key, found.refuse_others) == (None, False)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("PORT", "http", "PORT is 'http'; write a port's number, 1 to 65535."),
        ("PASSERELLE_MAX_BODY", "0", "write a whole number of at least 1."),
        ("PASSERELLE_MAX_BODY", "1_000", "write a whole number of at least 1."),
        ("PASSERELLE_REFUSE_OTHERS", "yes", "write 0 or 1."),
        ("PASSERELLE_UPSTREAM", "zoo:8080", "is 'zoo:8080'; write where the services are: http://"),
        ("PASSERELLE_PATH_PREFIX", "ml", "is 'ml'; write a path such as /ml."),
        ("PASSERELLE_PATH_PREFIX", "/a b", "write a path such as /ml."),
        ("PASSERELLE_PATH_PREFIX", "//a", "write a path such as /ml."),
        ("REDIS_URL", "http://redis", "^REDIS_URL can't be used; write redis://host:6379/0, "),
        ("PASSERELLE_REDIS_TIMEOUT", "0.1", "write a whole number of at least 1."),
        ("PASSERELLE_UPSTREAM_AUTH", "amazon", "is 'amazon'; write google."),
    ],
)
def test_a_variable_of_another_form_is_named_with_what_to_write(
    name: str, text: str, sentence: str
) -> None:
    with pytest.raises(SettingError, match=sentence):
        settings.read(KEYS | {name: text})


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(SettingError) as raised:
        settings.read({"PORT": "x"})
    assert sorted(str(raised.value).splitlines()) == [
        "PASSERELLE_KEYS is not set; it names the file of the API keys.",
        "PORT is 'x'; write a port's number, 1 to 65535.",
    ]


@pytest.mark.parametrize(
    ("text", "prefix"),
    [("/ml", "/ml"), ("/ml/", "/ml"), ("/a/b-1/", "/a/b-1"), ("/", ""), ("", "")],
)
def test_a_path_prefix_ends_without_a_slash(text: str, prefix: str) -> None:
    assert settings.read(KEYS | {"PASSERELLE_PATH_PREFIX": text}).path_prefix == prefix


def test_the_password_of_redis_is_never_shown() -> None:
    found = settings.read(KEYS | {"REDIS_URL": "redis://:s3cret@redis"})
    assert found.redis == "redis://:s3cret@redis"
    assert "s3cret" not in repr(found)
    with pytest.raises(SettingError) as raised:
        settings.read(KEYS | {"REDIS_URL": "http://:s3cret@redis"})
    assert "s3cret" not in str(raised.value)
