"""The sources that images are built from, in the repository and elsewhere."""

import os
from pathlib import Path

import pytest

from passerelle.deploy import sources

ROOT = Path(sources.__file__).parents[2]


def test_in_the_repository_they_lie_there(tmp_path: Path) -> None:
    assert sources.location(ROOT) == Path()
    assert sources.is_current(ROOT)
    assert sources.location(tmp_path) == sources.COPIES


def test_elsewhere_they_are_copied_whole_with_all_that_an_image_needs(tmp_path: Path) -> None:
    assert not sources.is_current(tmp_path)
    sources.write(tmp_path)
    assert sources.is_current(tmp_path)
    context = tmp_path / sources.COPIES
    for name in (
        "pyproject.toml", "constraints.txt", "openapi.yaml", "scripts/install",
        "gateway/Dockerfile", "services/model/Dockerfile", "services/bake/pictures/chelsea.png",
        "passerelle/server/healthcheck.py", "services/frontend/static/style.css",
    ):  # fmt: skip
        assert (context / name).is_file(), name
        assert not (context / name).is_symlink(), name
    assert not [*context.rglob("__pycache__")]


def test_every_path_that_a_dockerfile_copies_is_there(tmp_path: Path) -> None:
    sources.write(tmp_path)
    context = tmp_path / sources.COPIES
    dockerfiles = [*context.rglob("Dockerfile")]
    assert len(dockerfiles) == 3
    for dockerfile in dockerfiles:
        for line in dockerfile.read_text().splitlines():
            for word in line.split() if line.startswith("COPY") else ():
                if word.startswith("${SOURCE}/"):
                    assert (context / word.removeprefix("${SOURCE}/")).exists(), word


@pytest.mark.parametrize("folder", ["gateway", "services/frontend", "services/model"])
def test_no_image_has_the_modes_of_a_checkout(folder: str) -> None:
    stages = (ROOT / folder / "Dockerfile").read_text().split("\nFROM ")
    copies = [line for line in stages[-1].splitlines() if line.startswith("COPY")]
    assert "COPY --from=code /app /app" in copies
    assert all(line.startswith("COPY --from=") for line in copies)
    (code,) = (each for each in stages if each.splitlines()[0].endswith("AS code"))
    assert code.rstrip().endswith("RUN chmod -R a+rX .")


def test_a_file_that_was_changed_is_noticed_and_mended(tmp_path: Path) -> None:
    sources.write(tmp_path)
    file = tmp_path / sources.COPIES / "gateway" / "app.py"
    file.write_text("broken")
    assert not sources.is_current(tmp_path)
    sources.write(tmp_path)
    assert file.read_bytes() == (ROOT / "gateway" / "app.py").read_bytes()


@pytest.mark.parametrize("own", [b"data/raw\n", b"data/raw", b"d\xe9j\xe0"])
def test_the_folders_own_ignored_files_stay_ignored(tmp_path: Path, own: bytes) -> None:
    (tmp_path / ".dockerignore").write_bytes(own)
    sources.write(tmp_path)
    for file in (tmp_path / sources.COPIES).rglob("Dockerfile.dockerignore"):
        assert file.read_bytes().splitlines()[0] == own.rstrip()
        assert file.read_text(errors="replace").endswith("\n" + sources.IGNORED)
    (tmp_path / ".dockerignore").write_text("data\n")
    assert not sources.is_current(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_an_os_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        sources.write(tmp_path)
