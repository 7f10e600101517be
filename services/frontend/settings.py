"""The page's settings: the only place here that reads the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import limits
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from passerelle.protocol import addresses, file_errors
from passerelle.server import google_cloud, settings
from passerelle.server.settings import SettingError


def parse_rate(text: Any) -> limits.RateLimitItem:
    """A limit such as 300/minute."""
    try:
        return limits.parse(text)
    except ValueError:
        raise PydanticCustomError(
            "setting", "write a number and a time, such as 300/minute"
        ) from None


def without_slash(address: str) -> str:
    """An address to which a path can be appended."""
    return address.rstrip("/")


def is_url(text: str) -> bool:
    """Whether a text is an address once the project's number is in it."""
    return addresses.is_url(text.replace(google_cloud.PLACEHOLDER, "1"))


Url = Annotated[
    str,
    AfterValidator(without_slash),
    settings.checked(is_url, "write an address such as http://gateway:8080"),
]


class Settings(settings.ServerSettings):
    """What the page runs with, beside every server's own; see docs/settings.md."""

    # Google's metadata server.
    metadata_host: str = Field(google_cloud.METADATA_HOST, alias="GCE_METADATA_HOST")
    # The gateway's address, and the same as people reach it, for the curl line.
    gateway: Url = Field("http://gateway:8080", alias="PASSERELLE_GATEWAY")
    public_gateway: Url = Field(
        default_factory=lambda data: data["gateway"], alias="PASSERELLE_GATEWAY_SHOWN"
    )
    # Holds the page's key, and nothing else.
    key_file: Path = Field(alias="PASSERELLE_KEY_FILE", description="the file of the page's key")
    # Pictures of one visitor.
    rate: Annotated[limits.RateLimitItem, BeforeValidator(parse_rate)] = Field(
        limits.parse("300/minute"), alias="PASSERELLE_RATE"
    )
    # Whether visitors come by it, so that cookies are for it alone.
    https: settings.Flag = Field(default=False, alias="PASSERELLE_HTTPS")
    request_threads: settings.Count = Field(64, alias="PASSERELLE_REQUEST_THREADS")
    port: settings.Port = Field(8000, alias="PORT")

    @field_validator("gateway")
    @classmethod
    def _fill_in_project_number(cls, address: str, info: ValidationInfo) -> str:
        host = info.data["metadata_host"]
        return google_cloud.fill_in_project_number(address, "PASSERELLE_GATEWAY", host)


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings, cast and with their defaults.

    Raises:
        SettingError: names the variables and what to write.
    """
    return Settings.read(environ)


def read_key(file: Path) -> str:
    """The page's key, read whenever it is needed, since it may be exchanged.

    Raises:
        SettingError
    """
    try:
        text = file.read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError) as error:
        reason = file_errors.reason(file, error)
        raise SettingError(f"The file of the page's key, {file}, {reason}.") from None
    if not text:
        raise SettingError(f"{file} is empty; write the page's key into it.")
    return text
