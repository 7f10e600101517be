"""The format, for editors."""

import json
from pathlib import Path

from passerelle.manifest import schema

ROOT = Path(schema.__file__).parents[2]


def test_the_file_for_editors_is_that_of_the_classes() -> None:
    assert json.loads((ROOT / "models.schema.json").read_text()) == schema.schema()


def test_no_part_takes_unknown_keys() -> None:
    for name, part in schema.schema()["$defs"].items():
        if part.get("type") == "object":
            assert part.get("additionalProperties") is False, name
