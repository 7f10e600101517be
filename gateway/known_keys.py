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
from gateway.caller import USUAL_VERBS, Verb
from gateway.keys import api_keys, key_file, plain_key
from gateway.keys.api_keys import Key, Keys, KeysError
from passerelle.server import log


@functools.cache
def demo_key() -> tuple[str, Key]:
    """The text and the key for this run, of all workers: made before the first."""
    return api_keys.new("demo", ("*",), None)


class OwnKey:
    """A key in a file of its own, which may be exchanged while the gateway runs.

    One reader has it to itself, in one thread at a time.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        mode: int = plain_key.OWNER,
        verbs: tuple[Verb, ...] = USUAL_VERBS,
    ) -> None:
        """The key, made where its file is not there.

        Raises:
            KeysError: it can't be read, or made.
        """
        self.path, self._name, self._verbs = path, name, verbs
        self._last = plain_key.read_or_make(path, name, mode)

    def read(self) -> Key:
        """The key that the file holds now; the last good one where that is broken, or gone."""
        try:
            self._last = plain_key.read(self.path, self._name)
        except KeysError as error:
            log.write("ERROR", f"the last good key of {self._name} stays in use: {error}")
        return dataclasses.replace(self._last, verbs=self._verbs)


def own_keys(options: settings.Settings) -> list[OwnKey]:
    """The page's key and Prometheus', as far as the gateway was told to have them.

    Raises:
        KeysError
    """
    found = []
    if options.page_key:
        found.append(OwnKey(options.page_key, "frontend"))
    if options.metrics_key:
        found.append(OwnKey(options.metrics_key, "prometheus", plain_key.GROUP, ("metrics",)))
    return found


def reader(options: settings.Settings) -> Callable[[Path], Keys]:
    """A function that reads the key file and adds the page's key, Prometheus' and the demo key.

    Raises:
        KeysError: the page's key or Prometheus' can't be read, or made.
    """
    own = own_keys(options)
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
        return Keys(by_prefix | {key.prefix: key for key in (each.read() for each in own)})

    return read
