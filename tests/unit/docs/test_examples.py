"""The examples in the documents are what they claim to be: manifests, JSON, Python."""

import ast
import dataclasses
import importlib
import json

import pytest
import yaml

from gateway.promotion import judgement
from gateway.promotion.figures import Figures
from gateway.promotion.judgement import Pair
from passerelle.manifest import reading
from passerelle.manifest.model import Split
from passerelle.manifest.schema import Entry
from tests.support import documents, stack


class Loader(yaml.SafeLoader):
    """YAML with Compose's own tag."""


def sequence(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> list[str]:
    return [str(each) for each in loader.construct_sequence(node)]


Loader.add_constructor("!override", sequence)


@pytest.mark.parametrize("document", documents.DOCUMENTS)
def test_every_entry_is_one_that_the_manifest_takes(document: str) -> None:
    for block in documents.blocks(document, "yaml"):
        content = yaml.load(block, Loader)  # noqa: S506  # it is a SafeLoader
        entries = content if isinstance(content, list) else content.get("models", [])
        for entry in entries:
            Entry.model_validate(entry)


@pytest.mark.parametrize("document", documents.DOCUMENTS)
def test_every_answer_is_json(document: str) -> None:
    for block in documents.blocks(document, "json"):
        assert json.loads(block)["request_id"]


@pytest.mark.parametrize("document", documents.DOCUMENTS)
def test_what_python_imports_is_there(document: str) -> None:
    for block in documents.blocks(document, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = importlib.import_module(node.module)
                for alias in node.names:
                    if not hasattr(module, alias.name):  # a module in it, unless it isn't there
                        importlib.import_module(f"{node.module}.{alias.name}")


def test_the_example_of_a_rollout_gets_to_its_end_with_the_requests_that_are_told() -> None:
    (split,) = [
        each for each in reading.read_manifest(stack.ROOT / "examples/rollout.yaml").models
        if isinstance(each, Split)
    ]  # fmt: skip
    assert split.promote
    needed = [until_all_holds(split, weight / 100) for weight in split.promote.steps]
    assert needed == [550, 500, 400, 400]
    told = documents.text("docs/rollouts.md")
    assert "After some 550 the weights move" in told
    assert "about 500, 400 and 400 later" in told


def until_all_holds(split: Split, weight: float) -> int:
    """How many requests a step takes of two variants that are alike and never fail, in fifties."""
    assert split.promote
    for requests in range(50, 2000, 50):
        compared = int(requests * split.compare)
        old, new = (
            Figures(count, times={50 + bucket: count // 10 for bucket in range(10)})
            for count in (
                int(requests * (share + split.compare * (1 - share)))
                for share in (1 - weight, weight)
            )
        )
        new = dataclasses.replace(new, compared=compared, agreement=compared * 0.97)
        if judgement.judge(split.promote, Pair("old", "new", old, new)).verdict == "holds":
            return requests
    raise AssertionError(f"not at {weight}")
