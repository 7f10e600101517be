"""The way of a bake, from a recipe to a checked artifact."""

from pathlib import Path

import pytest

from passerelle.artifact import card, labels, opened_files, store
from services.bake import class_names, graph, pipeline
from services.bake.errors import BakeError
from tests.unit.bake import nets

pytestmark = pytest.mark.torch


def test_a_recipe_becomes_an_artifact_step_by_step(tmp_path: Path) -> None:
    recipe, steps = nets.recipe(labels=["a", "b", "c", "d"]), list[str]()
    folder = pipeline.bake(recipe, tmp_path, steps.append)
    assert folder == store.folder(tmp_path, recipe)
    assert steps == ["weights", "convert", "check", "measure"]
    made = card.read(folder)
    assert (made.id, made.classes, made.digest) == ("tiny", 4, store.digest(recipe))
    assert made.check["error"] <= made.check["tolerance"] == graph.TOLERANCE
    assert (made.labels, labels.read(folder)) == ("as listed", ["a", "b", "c", "d"])
    assert made.labels_sha256 == labels.sha256(["a", "b", "c", "d"])
    assert made.agreement is None
    assert (made.activation, made.activation_from) == ("softmax", "the output: logits")
    assert (made.output, made.multi_label) == (None, False)
    assert made.task == "classification"
    assert made.signature.inputs == (card.TensorSpec("pixels", (1, 32, 32, 3), "UINT8"),)
    assert made.signature.outputs == (card.TensorSpec("logits", (1, 4), "FP32"),)
    assert made.reference is not None
    assert (made.reference["of"], made.reference["pictures"]) == ("crops of photographs", 50)
    assert set(made.reference["classes"]) <= {"a", "b", "c", "d"}
    assert str(tmp_path) not in (folder / card.FILE).read_text()
    assert {"model.xml", "model.bin"} < {file.name for file in folder.iterdir()}


def test_a_card_names_the_file_of_labels_without_its_folder(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("a\nb\nc\nd\n")
    recipe = nets.recipe(labels=f"file:{tmp_path}/names.txt")
    assert card.read(pipeline.bake(recipe, tmp_path, lambda _: None)).labels == "file:names.txt"


@pytest.mark.parametrize(
    ("given", "published", "source"),
    [
        (["a", "b"], ["c", "d"], "as listed"),
        ("imagenet-1k", None, "imagenet-1k"),
        (None, ["c", "d"], "torchvision:IMAGENET1K_V1"),
        (None, ["c", "d", "e"], "numbers"),
        (None, None, "numbers"),
    ],
)
def test_the_card_says_where_the_classes_names_come_from(
    given: str | list[str] | None, published: list[str] | None, source: str
) -> None:
    built = nets.built(nets.Tiny(), labels=published, published="IMAGENET1K_V1")
    is_imagenet = given == "imagenet-1k"
    names = class_names.find(nets.recipe(labels=given), published, 1000 if is_imagenet else 2)
    assert pipeline.labels_source(nets.recipe(labels=given), built, names) == source


def test_a_bake_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BakeError, match="labels names 1"):
        pipeline.bake(nets.recipe(labels=["a"]), tmp_path, lambda _: None)
    assert not [*tmp_path.iterdir()]


def test_a_file_that_only_a_run_shows_is_kept_with_the_artifact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hidden_data.py").write_text(
        "from pathlib import Path\nfrom tests.unit.bake.nets import Tiny\n\ndef net():\n"
        "    Path(__file__).with_name('da' + 'ta.txt').read_text()\n    return Tiny()\n"
    )
    (tmp_path / "data.txt").write_text("one")
    monkeypatch.syspath_prepend(str(tmp_path))
    recipe = nets.recipe(
        architecture="hidden_data:net", engine="torch", module_folders=(str(tmp_path),)
    )
    first = pipeline.bake(recipe, tmp_path / "artifacts", lambda _: None)
    assert opened_files.read(first).keys() == {"data.txt"}
    (tmp_path / "data.txt").write_text("two")
    second = pipeline.bake(recipe, tmp_path / "artifacts", lambda _: None)
    assert second != first
    assert card.read(second).digest != card.read(first).digest
    (tmp_path / "data.txt").write_text("one")
    assert store.folder(tmp_path / "artifacts", recipe) == first


def test_a_file_that_changes_while_it_is_baked_makes_no_artifact(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("a\nb\nc\nd\n")
    recipe = nets.recipe(labels=f"file:{tmp_path}/names.txt")

    def change(step: str) -> None:
        if step == "measure":  # the names were read before
            (tmp_path / "names.txt").write_text("a\nb\nc\ne\n")

    with pytest.raises(BakeError, match="changed meanwhile; bake it again"):
        pipeline.bake(recipe, tmp_path / "artifacts", change)
    assert not [*(tmp_path / "artifacts").iterdir()]


def test_a_file_is_named_on_the_card_without_its_folder() -> None:
    assert pipeline.public_source("file:/home/me/net.pth") == "file:net.pth"
    assert pipeline.public_source("torchvision:DEFAULT") == "torchvision:DEFAULT"


def test_an_embedding_has_no_classes(tmp_path: Path) -> None:
    folder = pipeline.bake(nets.recipe(task="embedding"), tmp_path, lambda _: None)
    made = card.read(folder)
    assert (made.task, made.classes, made.labels) == ("embedding", 0, "none")
    assert made.activation == "none"
    assert labels.read(folder) == []
