"""The gateway's settings: the only place here that reads the environment."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

from gateway import upstream
from passerelle.server import environment


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the gateway runs with. docs/settings.md has a line for each."""

    manifest: Path
    keys: Path  # the file that `passerelle keys new` writes
    page_key: Path | None  # the file of the page's own key, made where there is none
    demo: str  # the address to print with a key made for this run; none is made unless given
    upstream: str  # how to reach a service; see `upstream.address`
    upstream_auth: str  # how services know us: "", or google
    project: str  # the Google Cloud project that traces belong to
    refuse_others: bool  # services that hold another model than the manifest says
    max_body: int  # bytes
    max_in_flight: int  # requests with one service at once
    request_threads: int  # requests at once, with whichever service
    bind: tuple[str, ...]  # gunicorn addresses


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings, cast and with their defaults.

    Raises:
        environment.SettingError: names the variable and what to write.
    """
    port = environment.whole_number(environ, "PORT", 8080)
    page_key = environ.get("PASSERELLE_PAGE_KEY", "")
    return Settings(
        manifest=Path(environ.get("PASSERELLE_MANIFEST", "models.yaml")),
        keys=Path(environment.required(environ, "PASSERELLE_KEYS", "the file of the API keys")),
        page_key=Path(page_key) if page_key else None,
        demo=environ.get("PASSERELLE_DEMO", ""),
        upstream=environ.get("PASSERELLE_UPSTREAM", "http://{service}:8080"),
        upstream_auth=environment.one_of(environ, "PASSERELLE_UPSTREAM_AUTH", ("", "google")),
        project=environ.get("GOOGLE_CLOUD_PROJECT", ""),
        refuse_others=environment.flag(environ, "PASSERELLE_REFUSE_OTHERS", default=True),
        max_body=environment.whole_number(environ, "PASSERELLE_MAX_BODY", 20_000_000),
        max_in_flight=environment.whole_number(
            environ, "PASSERELLE_MAX_IN_FLIGHT", upstream.MAX_IN_FLIGHT
        ),
        request_threads=environment.whole_number(environ, "PASSERELLE_REQUEST_THREADS", 128),
        bind=tuple(environ.get("PASSERELLE_BIND", f"0.0.0.0:{port}").split(",")),
    )
