"""A checkout as people have it: a strict umask, git set to CRLF, an odd path, no right to write."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import small_net, stack

ODD = "my $HOME (über) models"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A clone by a git that writes CRLF, for its owner's eyes alone."""
    folder = tmp_path_factory.mktemp("clone") / ODD
    crlf = ["-c", "core.autocrlf=true", "-c", "core.eol=crlf", "-c", "safe.directory=*"]
    subprocess.run(
        ["git", *crlf, "clone", "--quiet", "--no-hardlinks", str(stack.ROOT), str(folder)],
        check=True, umask=0o077,
    )  # fmt: skip
    yield folder
    shutil.rmtree(folder)


def passerelle(checkout: Path, *words: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "passerelle", *words], capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(checkout)}, cwd=cwd, umask=0o077,
    )  # fmt: skip


def test_text_has_line_feeds_alone(checkout: Path) -> None:
    for name in (
        "scripts/setup", "scripts/install", ".ci/run", "gateway/Dockerfile", "Makefile",
        "docker-compose.yaml", "models.schema.json", "services/bake/pipeline.py",
    ):  # fmt: skip
        assert b"\r" not in (checkout / name).read_bytes(), name
    picture = "services/bake/pictures/chelsea.png"
    assert (checkout / picture).read_bytes() == (stack.ROOT / picture).read_bytes()


@pytest.mark.parametrize(
    "words", [("render", "compose", "--check"), ("schema", "--check"), ("check",)]
)
def test_what_was_generated_is_current(checkout: Path, words: tuple[str, ...]) -> None:
    done = passerelle(checkout, *words, cwd=checkout)
    assert done.returncode == 0, done.stderr


def test_what_was_generated_is_current_with_crlf_too(checkout: Path, tmp_path: Path) -> None:
    text = (checkout / "docker-compose.yaml").read_bytes()
    (tmp_path / "docker-compose.yaml").write_bytes(text.replace(b"\n", b"\r\n"))
    there = ("render", "compose", "--check", "-o", str(tmp_path / "docker-compose.yaml"))
    assert passerelle(checkout, *there, cwd=checkout).returncode == 0


def test_a_folder_with_an_odd_name_is_served_from_an_odd_checkout(
    checkout: Path, tmp_path: Path
) -> None:
    folder = tmp_path / ODD
    folder.mkdir()
    (folder / "by link").symlink_to(folder)
    small_net.write(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(checkout))
        with stack.running(
            folder / "by link" / "models.yaml", folder / "state", root=checkout
        ) as up:
            assert up.predict("first").ok


def test_a_key_file_of_containers_can_be_read_in_them_whatever_the_umask(
    checkout: Path, tmp_path: Path
) -> None:
    small_net.write(tmp_path)
    done = passerelle(checkout, "render", "compose", cwd=tmp_path)
    assert done.returncode == 0
    assert not done.stderr
    assert (tmp_path / "keys.yaml").stat().st_mode & 0o777 == 0o644
