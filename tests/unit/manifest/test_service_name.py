"""What a model's service is called in a network."""

import pytest

from passerelle.manifest import service_name
from passerelle.manifest.schema import Entry


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("50", "0.0.0.50"),
        ("0x10", "0.0.0.16"),
        ("010", "0.0.0.8"),
        ("4294967295", "255.255.255.255"),
        ("localhost", "127.0.0.1"),
    ],
)
def test_a_name_that_is_an_address_never_reaches_a_networks_names(name: str, address: str) -> None:
    assert service_name.address(name) == address
    assert service_name.of(Entry(id=name)) == f"model-{name}"
    assert service_name.of(Entry(id=name, service="zoo")) == "zoo"


@pytest.mark.parametrize("name", ["1e3", "null", "on", "1-1", "net", "08", "4294967296", "0x"])
def test_any_other_is_the_services_own(name: str) -> None:
    assert service_name.address(name) == ""
    assert service_name.of(Entry(id=name)) == name
