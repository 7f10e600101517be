"""What a bake reads, there or not."""

from pathlib import Path

from passerelle.artifact import inputs
from passerelle.manifest.model import Recipe


def test_all_that_a_bake_reads_is_watched_there_or_not(tmp_path: Path) -> None:
    for name in ("nets/a.py", "nets/means.json", "pictures/1.jpg", "unrelated.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    recipe = Recipe(
        id="net",
        architecture="nets.a:Net",
        weights=f"file:{tmp_path}/none.pth",
        labels=f"file:{tmp_path}/none.txt",
        calibration=str(tmp_path / "pictures"),
        module_folders=(str(tmp_path),),
    )
    assert inputs.paths(recipe) == {
        tmp_path / name for name in (
            "nets", "nets.py", "nets/a.py", "nets/means.json", "none.pth", "none.txt",
            "pictures", "pictures/1.jpg",
        )
    }  # fmt: skip


def test_of_what_is_downloaded_or_installed_there_is_nothing_to_watch() -> None:
    recipe = Recipe(
        id="net", architecture="torchvision:resnet18", weights="torchvision:DEFAULT", labels=["a"]
    )
    assert inputs.paths(recipe) == set()
