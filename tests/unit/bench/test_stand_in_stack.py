"""bench/stand_in_stack.py: which checkouts are measured, and that its manifest is one."""

from pathlib import Path

import pytest

from bench import stack, stand_in_stack
from passerelle.manifest import reading


def checkout(folder: Path) -> Path:
    """A folder that looks like a checkout."""
    config = folder / stack.GATEWAY_CONFIG
    config.parent.mkdir(parents=True)
    config.write_text("")
    return folder


def test_checkouts_are_told_apart_by_their_folders_names(tmp_path: Path) -> None:
    roots = [checkout(tmp_path / name) for name in ("before", "after", "other/after")]
    assert stand_in_stack.checkouts(roots[:2]) == roots[:2]
    with pytest.raises(SystemExit, match="Two checkouts are named after"):
        stand_in_stack.checkouts(roots)


def test_a_folder_without_a_gateway_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="holds no gateway/"):
        stand_in_stack.checkouts([tmp_path])


def test_its_manifest_holds_the_stand_in_as_a_service_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "models.yaml"
    file.write_text(stand_in_stack.MANIFEST)
    (model,) = reading.read(file)
    assert (model.id, model.service) == (stand_in_stack.MODEL, stand_in_stack.MODEL)
