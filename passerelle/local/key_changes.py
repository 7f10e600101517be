"""Changes of the file of the API keys, which running gateways follow.

Whoever changes it holds a lock on it meanwhile, so that no change of another's is lost, and
exchanges it in one step. What people wrote into it stays: comments, and records that don't change.
Where it can't, as among records that share their text (YAML's anchors), a warning says so.
"""

import contextlib
import fcntl
import io
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import YAMLError

from gateway.keys import key_file, plain_key
from gateway.keys.api_keys import Key, KeysError
from passerelle.manifest.core_schema import PREFIX

WIDE = 10_000  # characters; no line is broken
EMPTY = "keys: []\n"


class _TextConstructor(RoundTripConstructor):
    """Reads every word as the text that it is."""


for _tag in ("bool", "float", "int", "null", "timestamp"):
    _TextConstructor.add_constructor(f"{PREFIX}{_tag}", RoundTripConstructor.construct_yaml_str)


def add(path: Path, key: Key) -> None:
    """Add a key to a file, which is made where it isn't there."""
    with changing(path, may_make=True) as keys:
        keys.append(key)


def write(path: Path, keys: list[Key]) -> None:
    """Write the file of these keys, and no others: for its owner alone, or as it was before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path):
        _exchange(path, _changed(EMPTY, [], keys))


@contextlib.contextmanager
def changing(path: Path, *, may_make: bool = False) -> Iterator[list[Key]]:
    """The keys of a file; what the block makes of this list is written at its end.

    Where there is no file, it and its folder are made only if they may be.

    Raises:
        KeysError: the file is broken, and left as it is; or it isn't there, and may not be made.
    """
    path = path.resolve()  # a link stays one
    if may_make:
        path.parent.mkdir(parents=True, exist_ok=True)
    else:
        key_file.read_text(path)
    with _locked(path):
        text = key_file.read_text(path)
        text = text if text.strip() else EMPTY
        before = key_file.parse(text, path)
        keys = list(before)
        yield keys
        if keys != before:
            _exchange(path, _changed_or_anew(text, before, keys))


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which is made where it isn't there, unless the block fails."""
    is_new = not path.exists()
    while True:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600)) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_at(path, file.fileno()):  # another has exchanged it meanwhile
                continue
            try:
                yield
            except BaseException:
                if is_new and os.fstat(file.fileno()).st_size == 0:
                    path.unlink(missing_ok=True)
                raise
            return


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether an open file is the one at a path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _changed_or_anew(text: str, before: list[Key], keys: list[Key]) -> str:
    """The text with other keys; without what people wrote, and a warning, if that can't be kept."""
    with contextlib.suppress(YAMLError, KeysError):
        changed = _changed(text, before, keys)
        if key_file.parse(changed, Path()) == keys:
            return changed
    sys.stderr.write("Warning: the comments in the key file could not be kept.\n")
    return _changed(EMPTY, [], keys)


def _changed(text: str, before: Iterable[Key], keys: Iterable[Key]) -> str:
    """The text with other keys than before: those that are new come last."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = WIDE
    yaml.Constructor = _TextConstructor
    document = yaml.load(text)
    records, known = document["keys"], {key.prefix: key for key in before}
    wanted = {key.prefix: key for key in keys}
    for number in reversed(range(len(records))):
        key = wanted.pop(records[number]["prefix"], None)
        if key is None:
            del records[number]
        elif key != known[key.prefix]:
            _update(records[number], key_file.record(key))
    if not records:
        records.fa.set_block_style()
    records.extend(CommentedMap(key_file.record(key)) for key in wanted.values())
    stream = io.StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()


def _update(found: CommentedMap, record: dict[str, Any]) -> None:
    """Bring a record up to date. A new field isn't its last, which a comment may stand behind."""
    for name in [each for each in found if each not in record]:
        del found[name]
    for name, value in record.items():
        if name not in found:
            found.insert(len(found) - 1, name, value)
        elif found[name] != value:
            found[name] = value


def _exchange(path: Path, text: str) -> None:
    """Write the file in one step, with the rights that it had."""
    plain_key.write_privately(path, text, path.stat().st_mode & 0o777)
