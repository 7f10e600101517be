"""gateway/service_address.py: what PASSERELLE_UPSTREAM says."""

import pytest

from gateway import service_address

PAIRS = "park=http://10.0.0.1, zoo=http://10.0.0.2|http://10.0.0.3"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("http://{service}:8080", "http://zoo:8080"),
        ("http://ingress/models/{service}", "http://ingress/models/zoo"),
        ("unix:/run/{service}.sock", "unix:/run/zoo.sock"),
        (PAIRS, "http://10.0.0.2|http://10.0.0.3"),
    ],
)
def test_an_address_is_of_a_template_or_of_pairs(setting: str, expected: str) -> None:
    assert service_address.is_setting(setting)
    assert service_address.find(setting, "zoo") == expected


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (service_address.USUAL, "http://zoo:5000"),
        ("park=http://10.0.0.1", "http://zoo:5000"),
        (PAIRS, "http://10.0.0.2|http://10.0.0.3"),
        ("https://{service}.run.app", "https://zoo.run.app"),
    ],
)
def test_an_image_listens_at_its_port_unless_the_setting_says_where(
    setting: str, expected: str
) -> None:
    assert service_address.of_image(setting, "zoo", 5000) == expected


def test_pairs_that_lack_the_service_are_an_error() -> None:
    with pytest.raises(KeyError):
        service_address.find("park=http://10.0.0.1", "zoo")


@pytest.mark.parametrize(
    "text",
    ["https://{service}-{project_number}.a.run.app", "http://a:{project_number}",
     "http://[::1]:9000", "http://[fe80::1%eth0]:9000/a/b",
     "zoo=http://[fd00::1]:80|http://[fd00::2]:80", "zoo=unix:/run/a.sock"],
)  # fmt: skip
def test_addresses_of_every_kind_are_known(text: str) -> None:
    assert service_address.is_setting(text)


@pytest.mark.parametrize(
    "text",
    ["zoo", "zoo:8080", "{service}:8080", "ftp://zoo", "http://", "http:///models", "unix:",
     "http://zoo:port", "http://zoo:99999", "http://zoo:0", "http://::1:9000", "http://[zoo]:80",
     "http://zoo/?a=b", "http://zoo#a", "http://user:word@zoo", "http://a b",
     "zoo=http://a,http://b", "zoo=http://a,", "zoo=", "zoo=http://a|"],
)  # fmt: skip
def test_what_nobody_can_ask_is_no_setting(text: str) -> None:
    assert not service_address.is_setting(text)


def test_an_origin_is_an_address_without_its_path() -> None:
    assert service_address.origin("https://zoo:80/models/a") == "https://zoo:80"


@pytest.mark.parametrize("host", ["10.0.0.1", "fd00::1", "fe80::1%eth0", "localhost"])
def test_an_address_and_this_machine_are_one_host(host: str) -> None:
    assert service_address.is_one_host(host)
    assert not service_address.is_one_host("zoo")
