"""passerelle/cli/own_packages.py: a package of another project in place of ours."""

import sys
from pathlib import Path

import pytest

from passerelle.cli import own_packages


def test_our_own_are_taken() -> None:
    own_packages.refuse_others()


@pytest.mark.parametrize("name", ["services/__init__.py", "services.py"])
def test_another_projects_are_told(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    monkeypatch.delitem(sys.modules, "services", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(SystemExit, match=f"another services than Passerelle's, at {tmp_path}"):
        own_packages.refuse_others()
