"""The API keys that this gateway accepts: those of its file, and those that it was told to add.

The page has a key of its own in a file that only it and the gateway read; so may Prometheus, whose
key is for the metrics alone. And where the key file holds none, a gateway that was told to makes a
demo key for this run, so that `docker compose up` serves on a clean checkout as a notebook server
does: it is printed, known to this run alone, and no longer accepted once the file holds a key.
"""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path

from gateway import settings
from gateway.keys import api_keys, key_file, plain_key
from gateway.keys.api_keys import Key, Keys, KeysError
from passerelle.server import log


@functools.cache
def demo_key() -> tuple[str, Key]:
    """The text and the key for this run, of all workers: made before the first."""
    return api_keys.new("demo", ("*",), None)


def page_key(options: settings.Settings) -> Key | None:
    """The page's key, made where its file is not there; None where the gateway has no page.

    Raises:
        KeysError
    """
    return plain_key.read_or_make(options.page_key, "frontend") if options.page_key else None


def metrics_key(options: settings.Settings) -> Key | None:
    """Prometheus' key, made where its file is not there; None where nobody was told to make one.

    Raises:
        KeysError
    """
    if options.metrics_key is None:
        return None
    made = plain_key.read_or_make(options.metrics_key, "prometheus", plain_key.GROUP)
    return dataclasses.replace(made, verbs=("metrics",))


def page_key_reader(options: settings.Settings) -> Callable[[], Key | None]:
    """A function that reads the page's key, which may be exchanged; a broken one changes nothing.

    Raises:
        KeysError: it can't be read, or made, now.
    """
    last = page_key(options)

    def read() -> Key | None:
        nonlocal last
        if options.page_key:
            try:
                last = plain_key.read(options.page_key, "frontend")
            except KeysError as error:
                log.write("ERROR", f"the page's last good key stays in use: {error}")
        return last

    return read


def reader(options: settings.Settings) -> Callable[[Path], Keys]:
    """A function that reads the key file and adds the page's key, Prometheus' and the demo key.

    Raises:
        KeysError: the page's key or Prometheus' can't be read, or made.
    """
    read_page_key, metrics = page_key_reader(options), metrics_key(options)
    text, demo = demo_key()

    def read(path: Path) -> Keys:
        """The keys that are accepted now.

        Raises:
            KeysError
        """
        by_prefix = dict(key_file.read(path).by_prefix)
        if options.demo and not by_prefix:
            by_prefix[demo.prefix] = demo
            line = f"curl -H 'X-API-Key: {text}' {options.demo}/models"
            message = "there is no key yet; until there is, try this one"
            log.write_with_key("WARNING", message, demo=line)
        for own in (read_page_key(), metrics):
            if own:
                by_prefix[own.prefix] = own
        return Keys(by_prefix)

    return read
