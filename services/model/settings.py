"""The model service's settings: the only place here that reads the environment."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

from passerelle.server import environment
from services.model import processors, scheduler

SPARE = 32  # threads beside those that wait: to work, to read, and to say that the line is full


@dataclasses.dataclass(frozen=True)
class Settings:
    """What one model service runs with. docs/settings.md has a line for each."""

    artifacts: tuple[Path, ...]  # the folders that bake made, one a model
    max_body: int  # bytes
    max_pixels: int  # of a picture, before it is decoded
    inference_threads: int  # processor threads for all models of this service together
    max_queue: int  # requests that wait for their turn at one model
    request_threads: int  # requests being read, waiting or worked on at once
    project: str  # the Google Cloud project that traces belong to
    bind: tuple[str, ...]  # gunicorn addresses


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings, cast and with their defaults.

    Raises:
        environment.SettingError: names the variable and what to write.
    """
    whole_number = environment.whole_number
    folders = environment.required(
        environ, "PASSERELLE_ARTIFACTS", f"the artifact folders, separated by {os.pathsep!r}"
    )
    port = whole_number(environ, "PORT", 8080)
    max_queue = whole_number(environ, "PASSERELLE_MAX_QUEUE", scheduler.WAITING)
    return Settings(
        artifacts=tuple(each for path in folders.split(os.pathsep) for each in inside(Path(path))),
        max_body=whole_number(environ, "PASSERELLE_MAX_BODY", 20_000_000),
        max_pixels=whole_number(environ, "PASSERELLE_MAX_PIXELS", 50_000_000),
        inference_threads=whole_number(environ, "PASSERELLE_INFERENCE_THREADS", processors.count()),
        max_queue=max_queue,
        request_threads=whole_number(environ, "PASSERELLE_REQUEST_THREADS", max_queue + SPARE),
        project=environ.get("GOOGLE_CLOUD_PROJECT", ""),
        bind=tuple(environ.get("PASSERELLE_BIND", f"0.0.0.0:{port}").split(",")),
    )


def inside(path: Path) -> list[Path]:
    """An artifact's folder itself, or the artifacts' folders in it."""
    return sorted(card.parent for card in path.glob("*/card.json")) or [path]
