"""Which files and folders a bake reads: what changes in them may make another artifact."""

from pathlib import Path

from passerelle.artifact import (
    module_closure,
    onnx_source,
    source_tree,
    user_modules,
    weight_sources,
)
from passerelle.manifest.model import Recipe


def paths(recipe: Recipe) -> set[Path]:
    """The checkpoint, the labels, the pictures, and all of the user's modules, there or not."""
    closure = module_closure.of(recipe)
    wanted = [
        Path(folder) / name
        for folder in recipe.module_folders
        for module in user_modules.top_levels(recipe)
        for name in _names(module)
    ]
    named = [weight_sources.named_file(source) for source in (recipe.weights, recipe.labels)]
    pictures = source_tree.package(Path(recipe.calibration)) if recipe.calibration else None
    return {
        *closure.files.values(), *closure.folders, *wanted, *(file for file in named if file),
        *onnx_source.external(recipe).values(),
        *(pictures.files + pictures.folders if pictures else ()),
    }  # fmt: skip


def _names(module: str) -> tuple[str, str]:
    """What a top-level module's file or folder may be called."""
    return f"{module}.py", module
