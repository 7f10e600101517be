"""The model service's settings: the only place here that reads the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from passerelle.server import settings
from passerelle.server.pictures import sending
from services.model import (
    formats,
    memory_budget,
    processors,
    replacing_scheduler,
    scheduler,
)


def artifact_folders(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Each path itself, or the artifacts' folders in it."""
    return tuple(
        folder
        for path in paths
        for folder in sorted(card.parent for card in path.glob("*/card.json")) or [path]
    )


def known_formats(words: tuple[str, ...]) -> tuple[str, ...]:
    """Formats that can be read, each once."""
    known, given = formats.available(), tuple(word.strip().lower() for word in words)
    if not set(given) <= set(known):
        raise PydanticCustomError("setting", f"write any of {', '.join(known)}")
    return tuple(dict.fromkeys(given))


class Settings(settings.ServerSettings):
    """What a model service runs with, beside every server's own; see docs/settings.md."""

    # The folders that bake made, one a model.
    artifacts: Annotated[
        tuple[Path, ...], settings.words(os.pathsep), AfterValidator(artifact_folders)
    ] = Field(
        alias="PASSERELLE_ARTIFACTS",
        description=f"the artifact folders, separated by {os.pathsep!r}",
    )
    # Of a picture, before it is decoded.
    max_pixels: settings.Count = Field(50_000_000, alias="PASSERELLE_MAX_PIXELS")
    # Of pictures, by their words.
    formats: Annotated[tuple[str, ...], settings.words(","), AfterValidator(known_formats)] = Field(
        formats.DEFAULT, alias="PASSERELLE_FORMATS"
    )
    # Bytes that pictures take while they are decoded, all of them together.
    decode_memory: settings.Count = Field(
        default_factory=memory_budget.default_limit, alias="PASSERELLE_DECODE_MEMORY"
    )
    # Processor threads for all models of this service together.
    inference_threads: settings.Count = Field(
        default_factory=processors.count, alias="PASSERELLE_INFERENCE_THREADS"
    )
    # Of one request.
    max_pictures: settings.Count = Field(sending.MAX_PICTURES, alias="PASSERELLE_MAX_PICTURES")
    # Requests that wait for a slot of one model.
    max_queue: settings.Count = Field(scheduler.MAX_QUEUED, alias="PASSERELLE_MAX_QUEUE")
    # Seconds after which a handler's work is given up, once its request's time was over.
    stuck_after: settings.Count = Field(
        replacing_scheduler.STUCK_AFTER, alias="PASSERELLE_STUCK_AFTER"
    )


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings, cast and with their defaults.

    Raises:
        settings.SettingError: names the variables and what to write.
    """
    return Settings.read(environ)
