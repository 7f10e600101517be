"""The gateway's settings: the only place here that reads the environment."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from gateway import service_address
from gateway.keys.wrong_keys import MAX_FAILURES
from gateway.limits import redis_url
from gateway.upstream import MAX_IN_FLIGHT
from passerelle.manifest import access_fields
from passerelle.server import google_cloud, settings
from passerelle.server.pictures import sending

REDIS = "write redis://host:6379/0, the same with rediss:// for TLS, or unix:///path"
UPSTREAM = (
    "write where the services are: http://{service}:8080, https://host/path/{service} or "
    "unix:/path/{service}.sock, or pairs such as zoo=http://10.0.0.5:8080 with commas"
)


def _is_origin(text: str) -> bool:
    """Whether a text is an origin as browsers send it."""
    return bool(re.fullmatch(access_fields.ORIGIN, text)) and access_fields.as_sent(text) == text


Origins = Annotated[
    tuple[str, ...],
    settings.words(","),
    settings.checked(
        lambda text: all(_is_origin(each.strip()) for each in text.split(",")),
        "write origins such as https://app.example.com with commas, or *, as browsers send them: "
        "in lower case, without :443 of https and :80 of http",
    ),
]


class Settings(settings.ServerSettings):
    """What the gateway runs with, beside every server's own; see docs/settings.md."""

    manifest: Path = Field(Path("models.yaml"), alias="PASSERELLE_MANIFEST")
    # The file that `passerelle keys new` writes.
    keys: Path = Field(alias="PASSERELLE_KEYS", description="the file of the API keys")
    # The file of the page's own key, made where there is none.
    page_key: Path | None = Field(None, alias="PASSERELLE_PAGE_KEY")
    # The file of a key that may see the metrics and nothing else, made where there is none.
    metrics_key: Path | None = Field(None, alias="PASSERELLE_METRICS_KEY")
    # The address to print with a key made for this run; none is made unless given.
    demo: str = Field("", alias="PASSERELLE_DEMO")
    # Google's metadata server.
    metadata_host: str = Field(google_cloud.METADATA_HOST, alias="GCE_METADATA_HOST")
    # How to reach a service; see service_address.py.
    upstream: Annotated[str, settings.checked(service_address.is_setting, UPSTREAM)] = Field(
        service_address.USUAL, alias="PASSERELLE_UPSTREAM"
    )
    # How services know us: google, or not at all.
    upstream_auth: Annotated[str, settings.one_of("google")] = Field(
        "", alias="PASSERELLE_UPSTREAM_AUTH"
    )
    # The folder of the files with the ports of the backends that `passerelle up` starts.
    ports: Path | None = Field(None, alias="PASSERELLE_PORTS")
    # Where the files of backends' headers are, if not where the manifest says.
    header_files: Path | None = Field(None, alias="PASSERELLE_HEADER_FILES")
    # Whether to refuse services that hold another model than the manifest says.
    refuse_others: settings.Flag = Field(default=True, alias="PASSERELLE_REFUSE_OTHERS")
    # Of pages elsewhere whose scripts may ask, beside those in the manifest.
    cors_origins: Origins = Field((), alias="PASSERELLE_CORS_ORIGINS")
    # Wrong keys or tokens of one address in a minute; further ones are answered later.
    max_wrong_keys: settings.Count = Field(MAX_FAILURES, alias="PASSERELLE_MAX_WRONG_KEYS")
    # Requests with one service at once.
    max_in_flight: settings.Count = Field(MAX_IN_FLIGHT, alias="PASSERELLE_MAX_IN_FLIGHT")
    # Whether a model that fails most of its requests is asked no more for a while.
    breaker: settings.Flag = Field(default=True, alias="PASSERELLE_BREAKER")
    # The file of the usage; none is counted unless given.
    usage: Path | None = Field(None, alias="PASSERELLE_USAGE")
    # Days of it that are kept, today included.
    usage_days: settings.Count = Field(400, alias="PASSERELLE_USAGE_DAYS")
    # The file of how splits' variants and mirrors answer; it is kept in memory unless given.
    traffic: Path | None = Field(None, alias="PASSERELLE_TRAFFIC")
    # The folder of what is captured; needed where the manifest has a model with `capture`.
    capture: Path | None = Field(None, alias="PASSERELLE_CAPTURE")
    # Boxes of a pipeline's first step that its second is asked about: as many as its service takes.
    max_pictures: settings.Count = Field(sending.MAX_PICTURES, alias="PASSERELLE_MAX_PICTURES")
    # Processes that answer, each with a cache, a history and limits of requests at once of its own.
    workers: settings.Count = Field(1, alias="PASSERELLE_WORKERS")
    # Where all workers and instances count limits together; each counts alone unless it is set.
    redis: Annotated[str, settings.checked(redis_url.is_usable, REDIS)] = Field(
        "", alias="REDIS_URL", repr=False
    )
    # Milliseconds that a request waits for it at most.
    redis_timeout: settings.Count = Field(100, alias="PASSERELLE_REDIS_TIMEOUT")
    # That answer what isn't a prediction: the listing, the history, the documents.
    request_threads: settings.Count = Field(4, alias="PASSERELLE_REQUEST_THREADS")

    @field_validator("upstream")
    @classmethod
    def _fill_in_project_number(cls, address: str, info: ValidationInfo) -> str:
        host = info.data["metadata_host"]
        return google_cloud.fill_in_project_number(address, "PASSERELLE_UPSTREAM", host)


def variable(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """The text of a variable that the manifest names; empty where it is not set."""
    return environ.get(name, "")


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings, cast and with their defaults.

    Raises:
        settings.SettingError: names the variables and what to write.
    """
    return Settings.read(environ)
