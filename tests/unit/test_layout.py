"""Every module has a file of unit tests, at the path of the same name."""

import ast
from pathlib import Path

import pytest

from tests.support import stack

PACKAGES = ("gateway", "passerelle", "services")
WITHOUT = {"__init__.py", "__main__.py", "gunicorn.conf.py"}  # they only point elsewhere
JSON_WRITERS = {"json.dumps", "json.dump", "json.JSONEncoder"}
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
def test_json_is_never_written_with_nan_or_infinity(module: Path) -> None:
    for call in ast.walk(ast.parse((stack.ROOT / module).read_text())):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in JSON_WRITERS:
            is_strict = any(each.arg == "allow_nan" for each in call.keywords)
            assert is_strict, f"line {call.lineno}: say allow_nan=False, or why not"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_has_its_unit_tests(module: Path) -> None:
    assert (stack.ROOT / unit_test(module)).is_file(), f"write {unit_test(module)}"
