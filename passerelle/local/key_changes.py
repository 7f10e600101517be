"""Changes of the file of the API keys, which running gateways follow."""

import dataclasses
from pathlib import Path

import yaml

from gateway import key_file, plain_key
from gateway.api_keys import Key


def add(path: Path, key: Key) -> None:
    """Add a key to a file, for its owner's eyes alone, in one step."""
    is_begun = path.exists() and path.stat().st_size > 0
    known = key_file.read(path).by_prefix if is_begun else {}
    write(path, [*known.values(), key])


def write(path: Path, keys: list[Key]) -> None:
    """Write the file of these keys: for its owner alone, or as the one before was."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [
        {name: value for name, value in dataclasses.asdict(key).items() if value is not None}
        | {"models": list(key.models)}
        for key in keys
    ]
    plain_key.write_privately(path, yaml.safe_dump({"keys": records}, sort_keys=False), mode)
