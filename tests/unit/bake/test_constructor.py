"""Calling what an architecture names."""

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

from passerelle.manifest.model import Recipe
from services.bake import constructor, json_lines
from services.bake.errors import ArchitectureError, BakeError
from tests.unit.bake import nets

pytestmark = pytest.mark.torch


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A recipe of a callable in a module of one's own, by the module's text."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(text: str, name: str = "net", **fields: Any) -> Recipe:
        (tmp_path / "ownnets.py").write_text(text)
        monkeypatch.delitem(sys.modules, "ownnets", raising=False)
        return nets.recipe(
            architecture=f"ownnets:{name}", module_folders=(str(tmp_path),), **fields
        )

    return write


def refusal(recipe: Recipe) -> str:
    with pytest.raises(ArchitectureError) as told:
        constructor.call(recipe)
    return str(told.value)


def test_a_callable_is_called_with_the_recipes_arguments() -> None:
    assert constructor.call(nets.recipe(arguments=[7])).layer.out_channels == 7
    assert constructor.call(nets.recipe(keywords={"classes": 3})).layer.out_channels == 3


def test_a_module_that_stands_there_is_taken_as_it_is(own: Any) -> None:
    made = constructor.call(own("import torch\nnet = torch.nn.Identity()\n"))
    assert isinstance(made, torch.nn.Identity)


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("Missing", {}, ":Missing: there is no Missing; check architecture."),
        ("tiny", {}, ":tiny: there is no tiny; did you mean Tiny?"),
        ("Tiny.from_nam", {}, ":Tiny.from_nam: there is no from_nam; "),
        ("Tiny", {"keywords": {"colour": 1}}, "got an unexpected keyword argument 'colour'"),
        ("Tiny", {"arguments": [1, 2]}, "too many positional arguments; check arguments and key"),
        ("Tiny", {"arguments": [1, 2]}, "It takes (classes: int = 4) -> None."),
    ],
)
def test_what_can_not_be_called_says_what_can(
    name: str, fields: dict[str, Any], expected: str
) -> None:
    recipe = nets.recipe(architecture=f"{nets.__name__}:{name}", **fields)
    assert expected in refusal(recipe)


class Own(BaseException):
    """Neither an Exception nor a way to stop."""


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("unknown model"), AssertionError(), KeyError("resnet999"), OSError(5, "disk"),
        RecursionError("too deep"), MemoryError(), DeprecationWarning("old"), StopIteration(),
        SystemExit(2), Own("mine"), ExceptionGroup("two", [ValueError(), TypeError()]),
    ],
)  # fmt: skip
def test_whatever_is_raised_names_the_callable_and_the_error(error: BaseException) -> None:
    recipe = nets.recipe()
    with pytest.raises(ArchitectureError) as told, constructor.explained(recipe):
        raise error
    assert recipe.architecture in str(told.value)
    assert told.value.__cause__ is error


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), SystemExit(json_lines.TERMINATED), BakeError("known")]
)
def test_what_stops_a_bake_stops_it_and_what_is_known_stays(error: BaseException) -> None:
    with pytest.raises(type(error)) as told, constructor.explained(nets.recipe()):
        raise error
    assert told.value is error


def test_errors_of_an_import_are_told_with_file_and_line(own: Any) -> None:
    assert refusal(own("x = 1\nclass Net(:\n    pass\n")) == (
        "ownnets:net can't be made: SyntaxError: invalid syntax (ownnets.py, line 2: class Net(:)."
    )
    assert "ZeroDivisionError: division by zero (ownnets.py, line 2: 1 / 0)" in refusal(
        own("\n1 / 0\n")
    )
    assert "it ended the program with sys.exit(2) (ownnets.py, line 1: raise" in refusal(
        own("raise SystemExit(2)\n")
    )


def test_relative_paths_begin_where_the_manifest_is(own: Any, tmp_path: Path) -> None:
    recipe = own(
        "import torch\ndef net():\n    open('net.json').close()\n    return torch.nn.ReLU()\n"
    )
    before = Path.cwd()
    assert f"Relative paths begin at {tmp_path}" in refusal(recipe)
    (tmp_path / "net.json").write_text("{}")
    assert isinstance(constructor.call(recipe), torch.nn.ReLU)
    assert Path.cwd() == before


def test_nothing_that_it_sets_stays(own: Any, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    before, compiler, filters = Path.cwd(), torch.compile, list(warnings.filters)
    recipe = own(
        "import os, warnings, torch\n"
        "torch.set_default_dtype(torch.float64)\n"
        "torch.set_default_device('meta')\n"
        "torch.set_grad_enabled(False)\n"
        "warnings.simplefilter('error')\n"
        "os.chdir('elsewhere')\n"
        "net = torch.nn.Linear(2, 2)\n"
    )
    constructor.call(recipe)
    assert Path.cwd() == before
    assert torch.compile is compiler
    assert warnings.filters == filters
    made = torch.zeros(1)
    assert (made.dtype, made.device.type) == (torch.float32, "cpu")
    assert torch.is_grad_enabled()
    assert os.getcwd() == str(before)  # noqa: PTH109  # as the module changes it


COMPILED = """\
import torch

class Net(torch.nn.Module):
    @torch.compile
    def one(self, batch):
        return batch

    @torch.compile(mode="reduce-overhead")
    def two(self, batch):
        return batch

net = torch.compile(Net(), fullgraph=True)
net.compile()
"""


def test_nothing_is_compiled(own: Any) -> None:
    made = constructor.call(own(COMPILED))
    kinds = {type(made).__name__, type(made.one).__name__, type(made.two).__name__}
    assert kinds == {"Net", "method"}
    assert made._compiled_call_impl == made._call_impl  # what a compiled one calls
