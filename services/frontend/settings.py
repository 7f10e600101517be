"""The page's settings: the only place here that reads the environment."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

import limits

from passerelle.server import environment, google_cloud


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the page runs with. docs/settings.md has a line for each."""

    gateway: str  # its address
    shown: str  # the same as people reach it, for the curl line
    key_file: Path  # holds the page's key, and nothing else
    max_body: int  # bytes of a picture
    rate: limits.RateLimitItem  # pictures of one visitor
    https: bool  # whether visitors come by it, so that cookies are for it alone
    request_threads: int
    project: str  # the Google Cloud project that traces belong to
    bind: tuple[str, ...]  # gunicorn addresses


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings, cast and with their defaults.

    Raises:
        environment.SettingError: names the variable and what to write.
    """
    port = environment.whole_number(environ, "PORT", 8000)
    gateway = google_cloud.fill_in_project_number(
        environ.get("PASSERELLE_GATEWAY", "http://gateway:8080"), "PASSERELLE_GATEWAY"
    ).rstrip("/")
    key_file = environment.required(environ, "PASSERELLE_KEY_FILE", "the file of the page's key")
    return Settings(
        gateway=gateway,
        shown=environ.get("PASSERELLE_GATEWAY_SHOWN", gateway).rstrip("/"),
        key_file=Path(key_file),
        max_body=environment.whole_number(environ, "PASSERELLE_MAX_BODY", 20_000_000),
        rate=rate(environ.get("PASSERELLE_RATE", "300/minute")),
        https=environment.flag(environ, "PASSERELLE_HTTPS", default=False),
        request_threads=environment.whole_number(environ, "PASSERELLE_REQUEST_THREADS", 64),
        project=environ.get("GOOGLE_CLOUD_PROJECT", ""),
        bind=tuple(environ.get("PASSERELLE_BIND", f"0.0.0.0:{port}").split(",")),
    )


def rate(text: str) -> limits.RateLimitItem:
    """A limit such as 300/minute.

    Raises:
        environment.SettingError
    """
    try:
        return limits.parse(text)
    except ValueError:
        raise environment.SettingError(
            f"PASSERELLE_RATE is {text!r}; write a number and a time, such as 300/minute."
        ) from None


def key(file: Path) -> str:
    """The page's key, read whenever it is needed, since it may be exchanged.

    Raises:
        environment.SettingError
    """
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise environment.SettingError(f"The page's key in {file} can't be read: {error}") from None
    if not text:
        raise environment.SettingError(f"{file} is empty; write the page's key into it.")
    return text
