"""Calling what an architecture names: the user's own code, whose every error becomes a sentence."""

import contextlib
import difflib
import importlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from passerelle.manifest.model import Recipe
from services.bake import constructor_error, errors, json_lines
from services.bake.errors import ArchitectureError


def call(recipe: Recipe) -> Any:
    """What the architecture's `package.module:callable` gives for the recipe's arguments.

    A torch module that stands there ready made is given as it is.

    Raises:
        ArchitectureError: names the callable, what was raised, and where.
    """
    module, _, name = recipe.architecture.partition(":")
    with explained(recipe):
        target = attribute(importlib.import_module(module), name)
        if isinstance(target, torch.nn.Module) and not (recipe.arguments or recipe.keywords):
            return target
        bind(target, recipe)
        return target(*recipe.arguments, **recipe.keywords)


def attribute(module: Any, path: str) -> Any:
    """What a dotted name stands for in a module.

    Raises:
        ArchitectureError: there is none; names the nearest.
    """
    found = module
    for part in path.split("."):
        if not hasattr(found, part):
            near = difflib.get_close_matches(part, [each for each in dir(found) if each[0] != "_"])
            hint = f"; did you mean {' or '.join(near)}?" if near else "; check architecture."
            raise ArchitectureError(f"{module.__name__}:{path}: there is no {part}{hint}")
        found = getattr(found, part)
    return found


def bind(target: Callable[..., Any], recipe: Recipe) -> None:
    """Return only if the callable takes the recipe's arguments, or doesn't say what it takes.

    Raises:
        ArchitectureError
    """
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*recipe.arguments, **recipe.keywords)
    except TypeError as error:
        raise ArchitectureError(
            f"{recipe.architecture} can't be called: {error}; check arguments and keywords. "
            f"It takes {signature}."
        ) from None


@contextlib.contextmanager
def explained(recipe: Recipe) -> Iterator[None]:
    """Run code of the user's. It changes nothing for what comes after it.

    Raises:
        ArchitectureError: for whatever the code raises, sys.exit included.
    """
    folders = [folder for folder in recipe.module_folders if Path(folder).is_dir()]
    try:
        with contextlib.chdir(folders[0] if folders else "."), undisturbed():
            yield
    except (*errors.KNOWN, KeyboardInterrupt):
        raise
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code == json_lines.TERMINATED:
            raise
        text = constructor_error.sentence(recipe.architecture, error, folders)
        raise ArchitectureError(text) from error


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Put back what code sets for a whole process: warnings, and where and as what torch computes.

    `torch.compile` gives its function unchanged meanwhile: converters don't take a compiled one.
    """
    compiler = torch.compile
    torch.compile = uncompiled  # type: ignore[assignment]  # it has overloads
    try:
        with warnings.catch_warnings():
            yield
    finally:
        torch.compile = compiler
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
        torch.set_grad_enabled(True)


def uncompiled(function: Any = None, **_: Any) -> Any:
    """As torch.compile: called with what to compile, or as a decorator with options."""
    return (lambda each: each) if function is None else function
