"""Another version of a package is another network, and so is another content of it."""

from pathlib import Path

import pytest

from passerelle.artifact import installed_packages

RECORD = """\
ownlib/__init__.py,sha256=AAAA,10
ownlib/__pycache__/__init__.cpython-311.pyc,,
../../../bin/ownlib,sha256=BBBB,200
__editable__.ownlib.pth,sha256=CCCC,20
own_lib-1.0.dist-info/RECORD,,
own_lib-1.0.dist-info/direct_url.json,sha256=DDDD,20
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages with one distribution, `own-lib`, of the module `ownlib`."""
    about = tmp_path / "own_lib-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: own-lib\nVersion: 1.0\n")
    (about / "RECORD").write_text(RECORD)
    (about / "top_level.txt").write_text("ownlib\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return about


def found() -> dict[str, str]:
    return installed_packages.fingerprints({"ownlib", "nowhere", "json"})


def test_a_package_is_known_by_its_version(packages: Path) -> None:
    before = found()
    assert before.keys() == {"own-lib"}
    assert before["own-lib"].startswith("1.0 ")
    text = (packages / "METADATA").read_text()
    (packages / "METADATA").write_text(text.replace("Version: 1.0", "Version: 1.1"))
    assert found() != before


def test_and_by_its_files(packages: Path) -> None:
    before = found()
    (packages / "RECORD").write_text(RECORD.replace("AAAA", "EEEE"))
    assert found() != before


@pytest.mark.parametrize("told", ["BBBB", "CCCC", "DDDD"])
def test_but_not_by_what_differs_from_machine_to_machine(packages: Path, told: str) -> None:
    before = found()
    (packages / "RECORD").write_text(RECORD.replace(told, told.replace(told[:4], "EEEE")))
    assert found() == before


def test_one_without_a_list_of_files_is_known_by_its_version(packages: Path) -> None:
    (packages / "RECORD").unlink()
    assert found()["own-lib"].startswith("1.0 ")
