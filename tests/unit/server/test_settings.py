"""The base of every process's settings."""

import pydantic
import pytest
from pydantic import Field

from passerelle.server import settings


class Example(settings.Base):
    """A process with a setting of each kind."""

    count: settings.Count = Field(3, alias="COUNT")
    flag: settings.Flag = Field(default=False, alias="FLAG")
    file: str = Field(alias="FILE", description="the file of something")
    port: settings.Port = Field(8080, alias="PORT")
    bind: settings.Addresses = Field(default_factory=settings.every_interface, alias="BIND")


def test_variables_are_cast_and_the_rest_has_its_default() -> None:
    found = Example.read({"FILE": " x ", "COUNT": "7", "FLAG": "1", "OTHER": "y"})
    assert (found.file, found.count, found.flag) == ("x", 7, True)
    assert found.bind == ("0.0.0.0:8080",)


def test_several_addresses_are_separated_by_commas() -> None:
    assert Example.read({"FILE": "x", "BIND": "a:1,unix:/b"}).bind == ("a:1", "unix:/b")
    found = Example.read({"FILE": "x", "BIND": "[::1]:80, [::]:9, fd://3"})
    assert found.bind == ("[::1]:80", "[::]:9", "fd://3")


@pytest.mark.parametrize(
    "text", ["::1:80", "8080", "[::1]", "a:0", "a:1,", "http://a:1", "unix:/" + 107 * "a"]
)
def test_an_address_that_nobody_can_listen_on_is_told(text: str) -> None:
    with pytest.raises(settings.SettingError) as raised:
        Example.read({"FILE": "x", "BIND": text})
    assert str(raised.value).startswith(f"BIND is {text!r}; write host:port, [IPv6]:port or unix:")


def test_blank_counts_as_not_set() -> None:
    assert Example.read({"FILE": "x", "COUNT": " "}).count == 3


def test_each_error_names_its_variable_and_what_to_write() -> None:
    with pytest.raises(settings.SettingError) as raised:
        Example.read({"COUNT": "many", "FLAG": "yes", "PORT": "65536"})
    assert sorted(str(raised.value).splitlines()) == [
        "COUNT is 'many'; write a whole number of at least 1.",
        "FILE is not set; it names the file of something.",
        "FLAG is 'yes'; write 0 or 1.",
        "PORT is '65536'; write a port's number, 1 to 65535.",
    ]


def test_settings_never_change() -> None:
    found = Example.read({"FILE": "x"})
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        found.count = 4  # type: ignore[misc]  # which is what is tested
