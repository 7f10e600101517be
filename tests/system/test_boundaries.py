"""What keeps the rooms clean, beside the contracts of import-linter in pyproject.toml."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.support import stack

PACKAGES = ("passerelle", "gateway", "services")


def sources(package: str) -> list[Path]:
    """The package's own modules; a link to a script is checked where the script is."""
    return sorted(path for path in (stack.ROOT / package).rglob("*.py") if not path.is_symlink())


def test_serving_and_routing_import_no_torch() -> None:
    for module in (
        "services.model.app",
        "services.model.engines",
        "gateway.app",
        "passerelle.cli.main",
    ):
        code = f"import {module}, sys; sys.exit('torch' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0, module


def reads_environment(path: Path) -> bool:
    """Whether a file touches os.environ or os.getenv."""
    tree = ast.parse(path.read_text())
    names = {
        alias.name for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "os" for alias in node.names
    }  # fmt: skip
    return bool(names & {"environ", "getenv"}) or any(
        isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
        and isinstance(node.value, ast.Name) and node.value.id == "os"
        for node in ast.walk(tree)
    )  # fmt: skip


def test_only_the_settings_modules_read_the_environment() -> None:
    readers = {
        str(path.relative_to(stack.ROOT))
        for package in PACKAGES for path in sources(package) if reads_environment(path)
    }  # fmt: skip
    # process.py hands the environment on to a child; it reads nothing from it.
    assert readers == {
        "gateway/settings.py", "services/model/settings.py",
        "services/frontend/settings.py", "passerelle/server/settings.py",
        "passerelle/local/process.py",
    }  # fmt: skip


def test_no_file_is_long_or_called_utils() -> None:
    for package in (*PACKAGES, "bench", "scripts", "tests"):
        for path in sources(package):
            longest = 400 if package == "tests" else 300  # a module's tests stay in one file
            assert len(path.read_text().splitlines()) <= longest, path
            assert path.stem not in {"utils", "common", "helpers", "misc"}, path


def test_nothing_that_runs_here_tells_its_maker_how_it_is_used() -> None:
    code = "import services.bake.evaluation, openvino, nncf, sys; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert {"openvino", "nncf"} <= set(loaded)
    assert not [name for name in loaded if name.startswith("openvino_telemetry.")]
