"""Every module has a file of unit tests, at the path of the same name."""

from pathlib import Path

import pytest

from tests.support import stack

PACKAGES = ("gateway", "passerelle", "services")
WITHOUT = {"__init__.py", "__main__.py", "gunicorn.conf.py"}  # they only point elsewhere
DATA = {"examples", "image"}  # folders that hold what is copied to a person's folder or an image
MODULES = sorted(
    path.relative_to(stack.ROOT)
    for package in PACKAGES for path in (stack.ROOT / package).rglob("*.py")
    if path.name not in WITHOUT and DATA.isdisjoint(path.parts)
)  # fmt: skip


def unit_test(module: Path) -> Path:
    """services/model/engines/torch.py -> tests/unit/model/engines/test_torch.py."""
    package, *folders = module.parent.parts
    within = [package, *folders] if package == "gateway" else folders
    return Path("tests", "unit", *within, f"test_{module.stem}.py")


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_has_its_unit_tests(module: Path) -> None:
    assert (stack.ROOT / unit_test(module)).is_file(), f"write {unit_test(module)}"
