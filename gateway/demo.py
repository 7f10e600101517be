"""The key that a gateway makes for itself, where its file holds none and it was told to.

So that `docker compose up` serves on a clean checkout, as a notebook server does: the key is
printed, known to this process alone, and no longer good once the file holds one.
"""

from collections.abc import Callable
from pathlib import Path

from passerelle import keys
from wire import log


def reader(url: str) -> Callable[[Path], keys.Keys]:
    """A reader of key files that answers with a key made now as long as they hold none."""
    text, key = keys.new("demo", ("*",), None)

    def read(path: Path) -> keys.Keys:
        """The keys of a file, or the one that was made.

        Raises:
            keys.KeysError
        """
        known = keys.read(path)
        if known.by_prefix:
            return known
        line = f"curl -H 'X-API-Key: {text}' {url}/models"
        log.write("WARNING", "there is no key yet; until there is, try this one", demo=line)
        return keys.Keys({key.prefix: key})

    return read
