"""The base of every process's settings."""

import pydantic
import pytest
from pydantic import Field

from passerelle.protocol.sampling import Sampler
from passerelle.server import settings
from passerelle.server.settings import ServerSettings, SettingError


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


def test_spans_go_nowhere_unless_told() -> None:
    assert ServerSettings.read({}).traces_url == ""
    off = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:4318", "OTEL_SDK_DISABLED": "True"}
    assert ServerSettings.read(off).traces_url == ""


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"ENDPOINT": "http://a:4318"}, "http://a:4318/v1/traces"),
        ({"ENDPOINT": "https://a/otlp/"}, "https://a/otlp/v1/traces"),
        ({"TRACES_ENDPOINT": "http://b/x"}, "http://b/x"),
        ({"ENDPOINT": "http://a:4318", "TRACES_ENDPOINT": "http://b/x"}, "http://b/x"),
    ],
)
def test_they_go_where_opentelemetrys_variables_say(environ: dict[str, str], url: str) -> None:
    given = {f"OTEL_EXPORTER_OTLP_{name}": text for name, text in environ.items()}
    assert ServerSettings.read(given).traces_url == url


def test_their_headers_are_decoded_and_never_shown() -> None:
    given = {"OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20secret, x-tenant=ours"}
    found = ServerSettings.read(given)
    assert found.traces_headers == {"api-key": "a secret", "x-tenant": "ours"}
    assert "secret" not in repr(found)
    both = given | {"OTEL_EXPORTER_OTLP_TRACES_HEADERS": "a=b"}
    assert ServerSettings.read(both).traces_headers == {"a": "b"}
    with pytest.raises(SettingError) as error:
        ServerSettings.read({"OTEL_EXPORTER_OTLP_HEADERS": "secret"})
    assert "secret" not in str(error.value)
    assert str(error.value) == (
        "OTEL_EXPORTER_OTLP_HEADERS can't be used; write name=value, and a comma between two."
    )


@pytest.mark.parametrize(
    "text", ["api-key=s3cr3t%0A", "api-key=s3cr3t%0d%0a x", "api-key=s3cr%C3%A9t", "s3cr3t key=a",
             "a=b,clé=s3cr3t"]
)  # fmt: skip
@pytest.mark.parametrize("which", ["HEADERS", "TRACES_HEADERS"])
def test_a_header_that_cant_be_sent_is_told_without_it(which: str, text: str) -> None:
    with pytest.raises(SettingError) as error:
        ServerSettings.read({f"OTEL_EXPORTER_OTLP_{which}": text})
    assert str(error.value) == (
        f"OTEL_EXPORTER_OTLP_{which} can't be used; write names and values of headers, in ASCII "
        "and without line breaks."
    )


@pytest.mark.parametrize(
    "text", ["https://me:s3cr3t@collector:4318", "me:s3cr3t@collector:4318", "http://a?k=s3cr3t"]
)
def test_a_password_in_an_address_isnt_told(text: str) -> None:
    with pytest.raises(SettingError) as error:
        ServerSettings.read({"OTEL_EXPORTER_OTLP_ENDPOINT": text})
    assert "s3cr3t" not in str(error.value)
    assert str(error.value).endswith("; write an address such as http://collector:4318.")


@pytest.mark.parametrize(
    ("environ", "sampler"),
    [
        ({}, Sampler(1.0)),
        ({"OTEL_TRACES_SAMPLER_ARG": "0.25"}, Sampler(0.25)),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": ".5"},
         Sampler(0.5, by_parent=False)),
        ({"OTEL_TRACES_SAMPLER": "always_on"}, Sampler(1.0, by_parent=False)),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, Sampler(0.0, by_parent=False)),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, Sampler(0.0)),
    ],
)  # fmt: skip
def test_how_many_are_sent_is_told_as_opentelemetry_does(
    environ: dict[str, str], sampler: Sampler
) -> None:
    assert ServerSettings.read(environ).sampler == sampler


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"), ("OTEL_TRACES_SAMPLER_ARG", "nan"),
        ("OTEL_TRACES_SAMPLER_ARG", "half"), ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"), ("OTEL_RESOURCE_ATTRIBUTES", "a"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ],
)  # fmt: skip
def test_what_opentelemetry_doesnt_know_is_told(name: str, text: str) -> None:
    with pytest.raises(SettingError, match=f"^{name} is '{text}'; write "):
        ServerSettings.read({name: text})
