"""The files that settings name, as they are found: each process says which one, and what to do."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import stack
from tests.unit.model import artifacts

KEY = "psl_00000000_" + "A" * 43
GATEWAY, PAGE, MODEL = (
    f"{each}/gunicorn.conf.py" for each in ("gateway", "services/frontend", "services/model")
)
# Root reads everything; without these capabilities it reads what it may, as anybody else does.
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
as_anybody = pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"), reason="setpriv is not installed"
)


def refused(config: str, folder: Path, **environ: str) -> str:
    """What a process says as it ends with 1."""
    (folder / "models.yaml").write_text((stack.ROOT / "examples/v1.yaml").read_text())
    (folder / "keys.yaml").write_text("keys: []\n")
    own = {
        "PASSERELLE_MANIFEST": str(folder / "models.yaml"),
        "PASSERELLE_KEYS": str(folder / "keys.yaml"),
        "PASSERELLE_BIND": f"127.0.0.1:{stack.free_port()}",
    }
    without = WITHOUT_RIGHTS if os.geteuid() == 0 else []
    done = subprocess.run(
        [*without, *stack.PYTHON, "-m", "gunicorn", "-c", str(stack.ROOT / config)],
        env=os.environ | own | environ, cwd=stack.ROOT, capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


@as_anybody
@pytest.mark.parametrize(
    ("config", "variable"),
    [
        (GATEWAY, "PASSERELLE_MANIFEST"),
        (GATEWAY, "PASSERELLE_KEYS"),
        (GATEWAY, "PASSERELLE_PAGE_KEY"),
        (PAGE, "PASSERELLE_KEY_FILE"),
    ],
)
def test_a_file_that_its_user_may_not_read_is_told(
    tmp_path: Path, config: str, variable: str
) -> None:
    file = tmp_path / "file"
    file.write_text(KEY)
    file.chmod(0)
    told = refused(config, tmp_path, **{variable: str(file)})
    assert f"can't be read by user {os.geteuid()}, whom this process runs as" in told
    assert f"chmod a+r {file}" in told


@as_anybody
def test_a_folder_that_its_user_may_not_enter_is_told(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "key").write_text(KEY)
    closed.chmod(0)
    for config, variable in ((GATEWAY, "PASSERELLE_PAGE_KEY"), (PAGE, "PASSERELLE_KEY_FILE")):
        told = refused(config, tmp_path, **{variable: str(closed / "key")})
        assert f"let it into the folder: chmod a+x {closed}" in told
    closed.chmod(0o700)


@as_anybody
def test_an_artifact_that_its_user_may_not_read_is_told(tmp_path: Path) -> None:
    artifact = artifacts.write(tmp_path / "artifact")
    for name in ("labels.json", "card.json"):
        (artifact / name).chmod(0)
        told = refused(MODEL, tmp_path, PASSERELLE_ARTIFACTS=str(artifact))
        assert "The model service can't start." in told
        assert f"chmod a+r {artifact / name}" in told


@pytest.mark.parametrize(
    ("config", "variable"),
    [(GATEWAY, "PASSERELLE_KEYS"), (GATEWAY, "PASSERELLE_PAGE_KEY"), (PAGE, "PASSERELLE_KEY_FILE")],
)
def test_a_folder_that_docker_made_in_place_of_a_file_is_told(
    tmp_path: Path, config: str, variable: str
) -> None:
    folder = tmp_path / "key"
    folder.mkdir()
    assert f"{folder}" in (told := refused(config, tmp_path, **{variable: str(folder)}))
    assert "is a folder; put a file there. Docker makes a folder" in told


@as_anybody
def test_a_pages_key_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "page"
    folder.mkdir(0o500)
    told = refused(GATEWAY, tmp_path, PASSERELLE_PAGE_KEY=str(folder / "key"))
    assert f"write to the folder {folder}" in told
