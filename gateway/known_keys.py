"""The keys that the gateway takes: those of its file, and what it was told to add to them.

The page has a key of its own in a file that only it and the gateway read. And where the key file
holds none, a gateway that was told to makes one for this run, so that `docker compose up` serves on
a clean checkout as a notebook server does: it is printed, known to this process alone, and no
longer good once the file holds one.
"""

from collections.abc import Callable
from pathlib import Path

from gateway import api_keys, settings
from passerelle.server import log


def page(options: settings.Settings) -> api_keys.Key | None:
    """The page's key, made where its file is not there.

    Raises:
        keys.KeysError
    """
    return api_keys.own(options.page_key, "frontend") if options.page_key else None


def reader(options: settings.Settings) -> Callable[[Path], api_keys.Keys]:
    """A reader of key files, as the settings say.

    Raises:
        keys.KeysError: the page's key can't be read, or made.
    """
    own = page(options)
    text, demo = api_keys.new("demo", ("*",), None)

    def read(path: Path) -> api_keys.Keys:
        """The keys of a file, and those that are added to them.

        Raises:
            keys.KeysError
        """
        known = dict(api_keys.read(path).by_prefix)
        if options.demo and not known:
            known[demo.prefix] = demo
            line = f"curl -H 'X-API-Key: {text}' {options.demo}/models"
            log.write("WARNING", "there is no key yet; until there is, try this one", demo=line)
        if own:
            known[own.prefix] = own
        return api_keys.Keys(known)

    return read
