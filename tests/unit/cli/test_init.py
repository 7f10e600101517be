"""passerelle/cli/init.py: a folder of one's own."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from passerelle.cli import init, main
from passerelle.manifest import reading

BESIDE = {"models.schema.json", ".gitignore", "README.md"}
EXAMPLES = [
    None,
    "v1",
    "v2",
    "torchvision",
    "own",
    "text",
    "yolo",
    "embedding",
    "backends",
    "rollout",
]


def run(*words: str) -> Result:
    return CliRunner().invoke(main.main, ["init", *words])


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_has_the_default_models(tmp_path: Path) -> None:
    shown = run(str(tmp_path / "new"))
    assert shown.exit_code == 0
    assert f"Next: cd {tmp_path / 'new'} && passerelle up" in shown.output
    assert names(tmp_path / "new") == {"models.yaml"} | BESIDE
    ids = [model.id for model in reading.read(tmp_path / "new" / "models.yaml")]
    assert ids[0] == "efficientnet-lite0"
    assert len(ids) == 4


def test_the_current_folder_is_taken_unless_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Next: passerelle up" in run().output
    assert names(tmp_path) == {"models.yaml"} | BESIDE


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_manifest_is_right_and_finds_its_schema(example: str | None, tmp_path: Path) -> None:
    run(str(tmp_path), *(["--example", example] if example else []))
    assert reading.read_manifest(tmp_path / "models.yaml").models
    first = (tmp_path / "models.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=./models.schema.json"


def test_an_example_of_ones_own_module_brings_all_that_it_needs(tmp_path: Path) -> None:
    shown = run(str(tmp_path), "--example", "own")
    assert "pip install -r requirements.txt && passerelle up" in shown.output
    assert names(tmp_path) == BESIDE | {
        "models.yaml", "requirements.txt", "colours.safetensors", "mynets/__init__.py",
        "mynets/colours.txt", "mynets/net.py", "mynets/palette.py",
    }  # fmt: skip


def test_an_example_with_a_handler_says_what_that_needs(tmp_path: Path) -> None:
    shown = run(str(tmp_path), "--example", "text")
    steps = "pip install -r requirements.txt && pip install -r handler-requirements.txt"
    assert f"{steps} && passerelle up" in " ".join(shown.output.split())
    assert names(tmp_path) == BESIDE | {
        "models.yaml", "lines.py", "requirements.txt", "handler-requirements.txt",
    }  # fmt: skip


def test_an_example_of_several_servers_says_how_they_are_installed(tmp_path: Path) -> None:
    shown = run(str(tmp_path), "--example", "backends")
    assert "sh install.sh && passerelle up" in " ".join(shown.output.split())
    written = names(tmp_path)
    assert written >= BESIDE | {"models.yaml", "install.sh", "colours.py"}
    for server in ("flask", "litserve", "bentoml", "mlserver"):
        assert written >= {f"{server}.txt", f"{server}_service.py"}


@pytest.mark.parametrize("there", ["models.yaml", "README.md", "mynets/net.py"])
def test_a_file_that_is_there_is_told_and_nothing_is_written(there: str, tmp_path: Path) -> None:
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_text("mine")
    shown = run(str(tmp_path), "--example", "own")
    assert shown.exit_code == 1
    assert f"already has {there}, and nothing is overwritten" in shown.output
    assert "passerelle init FOLDER" in shown.output
    assert names(tmp_path) == {there}
    assert (tmp_path / there).read_text() == "mine"


def test_a_link_to_nowhere_is_there_too(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").symlink_to("nowhere")
    assert "already has models.yaml" in run(str(tmp_path)).output


def test_a_folder_that_may_not_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(file: Path, _: bytes) -> None:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(init, "write", denied)
    shown = run(str(tmp_path))
    assert shown.exit_code == 1
    assert f"{tmp_path}/models.yaml: Permission denied. Choose a folder" in shown.output


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert run(str(tmp_path / "file")).exit_code == 2


def test_the_readme_is_short(tmp_path: Path) -> None:
    run(str(tmp_path))
    assert len((tmp_path / "README.md").read_text().splitlines()) <= 12


def test_what_python_compiled_beside_an_example_is_left_out() -> None:
    assert not [name for name in init.of_example("own") if "__pycache__" in name]
    assert not [name for name in init.of_example("backends") if name.startswith("venvs")]
