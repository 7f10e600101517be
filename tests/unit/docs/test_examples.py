"""The examples in the documents are what they claim to be: manifests, JSON, Python."""

import ast
import importlib
import json

import pytest
import yaml

from passerelle.manifest.schema import Entry
from tests.support import documents


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
                assert all(hasattr(module, alias.name) for alias in node.names)
