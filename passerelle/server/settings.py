"""Settings from environment variables: cast, checked, frozen. Each process declares its own.

    class Settings(settings.ServerSettings):
        max_pixels: settings.Count = Field(50_000_000, alias="PASSERELLE_MAX_PIXELS")

    Settings.read()

Only settings modules read the environment. A variable that is empty counts as not set.
"""

import os
import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Self

import pydantic
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from passerelle.protocol import addresses
from passerelle.protocol.sampling import Sampler
from passerelle.server import client_address, redaction


class SettingError(Exception):
    """A variable that is missing or can't be used; the text says which and what to write."""


class Base(pydantic.BaseModel):
    """What every process's settings share. A field's alias is its variable's name.

    One with `repr=False` is a secret, which is never shown; nor is one with an `@`, which may have
    a password before it.
    """

    model_config = pydantic.ConfigDict(frozen=True, arbitrary_types_allowed=True)

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """The settings, with the defaults of what is not set.

        Raises:
            SettingError: names every variable that is wrong.
        """
        given = {name: text.strip() for name, text in environ.items() if text.strip()}
        try:
            return cls.model_validate(given)
        except pydantic.ValidationError as error:
            raise SettingError("\n".join(cls._sentences(error))) from None

    @classmethod
    def _sentences(cls, error: pydantic.ValidationError) -> Iterator[str]:
        """Each variable that is wrong, and what to write."""
        fields = cls.model_fields.values()
        for details in error.errors():
            name = str(details["loc"][0])
            if details["type"] == "missing":
                meaning = next(each.description for each in fields if each.alias == name)
                yield f"{name} is not set; it names {meaning}."
            elif details["type"] != "default_factory_not_called":  # it needs one that is wrong
                given = redaction.redacted(repr(details["input"]))
                is_secret = not all(each.repr for each in fields if each.alias == name)
                problem = "can't be used" if is_secret or "@" in given else f"is {given}"
                yield f"{name} {problem}; {details['msg']}."


def words(separator: str) -> BeforeValidator:
    """Text as a tuple of what stands between the separators."""
    return BeforeValidator(lambda text: tuple(each.strip() for each in text.split(separator)))


def one_of(*known: str) -> BeforeValidator:
    """One of the known words."""
    return checked(lambda text: text in known, f"write {' or '.join(known)}")


def checked(is_right: Callable[[str], bool], advice: str) -> BeforeValidator:
    """The text, if it is right; otherwise the advice is the error."""

    def check(text: Any) -> Any:
        if not is_right(text):
            raise PydanticCustomError("setting", advice)
        return text

    return BeforeValidator(check)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) >= 1


def _is_share(text: str) -> bool:
    """Whether a text is a number from 0 to 1."""
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def _are_addresses(text: str) -> bool:
    """Whether gunicorn can listen on each address of a list with commas."""
    found = [each.strip() for each in text.split(",")]
    try:
        for each in found:
            if not re.fullmatch(_WITHOUT_PORT, each):
                addresses.split(each)
    except ValueError:
        return False
    return all(len(each.encode()) <= _MAX_SOCKET for each in found)


SAMPLERS = (
    "always_off", "always_on", "parentbased_always_off", "parentbased_always_on",
    "parentbased_traceidratio", "traceidratio",
)  # fmt: skip
_WITHOUT_PORT = r"unix:.+|fd://\d+"
_MAX_SOCKET = len("unix:") + 107  # bytes that the system takes of a path, <sys/un.h>
_NETWORKS = "write networks such as 10.0.0.0/8, addresses, or unix, with commas"
_HEADER_NAME, _HEADER_VALUE = r"[\w!#$%&'*+.^`|~-]+", r"[\t -~]*"
_ADDRESS = "write host:port, [IPv6]:port or unix:/path, a path of at most 107 bytes"

Count = Annotated[int, checked(_is_count, "write a whole number of at least 1")]
Flag = Annotated[bool, checked(lambda text: text in {"0", "1"}, "write 0 or 1")]
Port = Annotated[int, checked(addresses.is_port, "write a port's number, 1 to 65535")]
# gunicorn's: host:port, [IPv6]:port or unix:/path
Addresses = Annotated[tuple[str, ...], words(","), checked(_are_addresses, _ADDRESS)]

PathPrefix = Annotated[
    str,
    AfterValidator(lambda text: text.rstrip("/")),
    checked(
        lambda text: bool(re.fullmatch(r"(/[\w.~-]+)*/?", text, re.ASCII)),
        "write a path such as /ml",
    ),
]


def parse_pairs(text: str) -> dict[str, str]:
    """Pairs such as `name=value,other=value`, whose values are percent-encoded, as a mapping."""
    pairs = [each.partition("=") for each in text.split(",") if each.strip()]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        raise PydanticCustomError("setting", "write name=value, and a comma between two")
    return {name.strip(): urllib.parse.unquote(value.strip()) for name, _, value in pairs}


def check_headers(headers: dict[str, str]) -> dict[str, str]:
    """The headers, if they can be sent as they are."""
    for name, value in headers.items():
        if not re.fullmatch(_HEADER_NAME, name, re.ASCII) or not re.fullmatch(_HEADER_VALUE, value):
            raise PydanticCustomError(
                "setting", "write names and values of headers, in ASCII and without line breaks"
            )
    return headers


Pairs = Annotated[dict[str, str], BeforeValidator(parse_pairs)]
Headers = Annotated[Pairs, AfterValidator(check_headers)]
Url = Annotated[str, checked(addresses.is_url, "write an address such as http://collector:4318")]


def every_interface(data: dict[str, Any]) -> tuple[str, ...]:
    """The addresses to listen on where none are given: the field `port`, on every interface."""
    return (f"0.0.0.0:{data['port']}",)


class TraceSettings(Base):
    """Where spans are sent, and of which requests, by OpenTelemetry's own variables.

    Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
    """

    # Where a collector takes all signals over HTTP, and where traces alone, which comes first.
    otlp_endpoint: Url = Field("", alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    otlp_traces_endpoint: Url = Field("", alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    # Headers that it wants, for both or for traces alone.
    otlp_headers: Headers = Field({}, alias="OTEL_EXPORTER_OTLP_HEADERS", repr=False)
    otlp_traces_headers: Headers = Field({}, alias="OTEL_EXPORTER_OTLP_TRACES_HEADERS", repr=False)
    # One is spoken.
    otlp_protocol: Annotated[str, one_of("http/protobuf")] = Field(
        "http/protobuf", alias="OTEL_EXPORTER_OTLP_PROTOCOL"
    )
    # The process's name; its own word in the log unless given.
    service_name: str = Field("", alias="OTEL_SERVICE_NAME")
    # What else is said of the process.
    resource_attributes: Pairs = Field({}, alias="OTEL_RESOURCE_ATTRIBUTES")
    # Who decides which requests are recorded, and the share where that is to be decided here.
    traces_sampler: Annotated[str, one_of(*SAMPLERS)] = Field(
        "parentbased_traceidratio", alias="OTEL_TRACES_SAMPLER"
    )
    traces_ratio: Annotated[float, checked(_is_share, "write a number from 0 to 1")] = Field(
        1.0, alias="OTEL_TRACES_SAMPLER_ARG"
    )
    # Whether nothing is sent after all.
    otel_disabled: Annotated[bool, BeforeValidator(lambda text: text.lower() == "true")] = Field(
        default=False, alias="OTEL_SDK_DISABLED"
    )

    @property
    def traces_url(self) -> str:
        """Where spans are sent; empty where none are."""
        if self.otel_disabled:
            return ""
        base = self.otlp_endpoint.rstrip("/")
        return self.otlp_traces_endpoint or (base and f"{base}/v1/traces")

    @property
    def traces_headers(self) -> dict[str, str]:
        """What is sent with them."""
        return self.otlp_traces_headers or self.otlp_headers

    @property
    def sampler(self) -> Sampler:
        """Which requests are recorded."""
        name = self.traces_sampler.removeprefix("parentbased_")
        ratio = {"always_on": 1.0, "always_off": 0.0}.get(name, self.traces_ratio)
        return Sampler(ratio, by_parent=name != self.traces_sampler)


class ServerSettings(TraceSettings):
    """What every process that serves HTTP has."""

    # Bytes of a request's body.
    max_body: Count = Field(20_000_000, alias="PASSERELLE_MAX_BODY")
    # Bytes of all bodies that are held at once.
    body_memory: Count = Field(128_000_000, alias="PASSERELLE_BODY_MEMORY")
    # Seconds that the line and the headers of each request may take.
    head_timeout: Count = Field(10, alias="PASSERELLE_HEAD_TIMEOUT")
    # Seconds that a client is waited for in a whole body.
    body_timeout: Count = Field(300, alias="PASSERELLE_BODY_TIMEOUT")
    # Bytes a second that a client must send of a body, or take of an answer.
    min_rate: Count = Field(1_000, alias="PASSERELLE_MIN_RATE")
    # Seconds that a connection is kept without a request.
    keep_alive: Count = Field(620, alias="PASSERELLE_KEEP_ALIVE")
    # Clients' connections at once.
    max_connections: Count = Field(10_000, alias="PASSERELLE_MAX_CONNECTIONS")
    # The Google Cloud project that traces belong to.
    project: str = Field("", alias="GOOGLE_CLOUD_PROJECT")
    # The path that people's addresses begin with, where the process is behind another site's proxy.
    path_prefix: PathPrefix = Field("", alias="PASSERELLE_PATH_PREFIX")
    # The networks of the proxies in front, which say whose requests they pass on.
    trusted_proxies: Annotated[
        tuple[str, ...], words(","), checked(client_address.is_trustable, _NETWORKS)
    ] = Field((), alias="PASSERELLE_TRUSTED_PROXIES")
    # The header in which they say it.
    proxy_header: Annotated[str, one_of("X-Forwarded-For", "Forwarded")] = Field(
        "X-Forwarded-For", alias="PASSERELLE_PROXY_HEADER"
    )
    port: Port = Field(8080, alias="PORT")
    bind: Addresses = Field(default_factory=every_interface, alias="PASSERELLE_BIND")
