"""docs/python.md is run as it stands, against real models of the names that it uses."""

import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.conftest import shared_state
from tests.support import documents, small_net, stack, task_nets

DOCUMENT = "docs/python.md"
IDS = {"first": "efficientnet-lite0", "boxes": "people", "bands": "rooms", "colours": "similar"}
URL = "http://127.0.0.1:8080"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """Small networks that have the names of the document's models."""
    folder = tmp_path_factory.mktemp("sdk")
    task_nets.write(folder)
    text = task_nets.MANIFEST.partition("models:\n")[2]
    text = small_net.MANIFEST + "".join(
        line for line in text.splitlines(keepends=True) if line.split()[2].strip(",") in IDS
    )
    text += "  - {id: tagged, pipeline: [people, first]}\n"
    for ours, shown in IDS.items():
        text = re.sub(rf"\b{ours}(?=[,\n\]])", shown, text)
    with stack.running(
        small_net.write(folder, text), shared_state(folder / "state"), "--no-page"
    ) as running:
        yield running


@pytest.fixture
def here(tmp_path: Path, up: stack.Stack, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the pictures that the document names, and the key in the environment."""
    with Image.open(io.BytesIO(stack.CAT)) as cat:
        for name in ("cat", "dog", "street", "room"):
            cat.convert("RGB").save(tmp_path / f"{name}.jpg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PASSERELLE_KEY", up.key)
    return tmp_path


def test_the_examples_run_one_after_another(here: Path, up: stack.Stack) -> None:  # noqa: ARG001  # the folder is the working directory
    names: dict[str, Any] = {}
    blocks = documents.blocks(DOCUMENT, "python")
    assert len(blocks) >= 8
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for block in blocks:
            exec(block.replace(URL, up.url), names)  # noqa: S102  # it is our own document
    for name in ("client", "patient", "hasty"):
        names[name].close()
    lines = printed.getvalue()
    assert "415 " in lines  # of the bytes that are no picture
    assert "404 There is no model 'efficientnet-lite9'" in lines
