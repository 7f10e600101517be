"""A handler's class: found in an artifact, made, and called, whatever it does."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from passerelle.artifact import card
from services.model import handler
from services.model.handler import Handler, HandlerError

PICTURE = Image.new("RGB", (4, 3))
SOURCE = """\
class Both:
    def preprocess(self, image):
        return {"size": image.size}
    def postprocess(self, outputs, image):
        return len(outputs), image

class Nothing:
    pass

class Broken:
    def __init__(self):
        raise OSError("no such thing")
    def postprocess(self, outputs):
        pass

class Greedy:
    def postprocess(self, outputs, image, more):
        pass

class Shy:
    def preprocess(self):
        pass
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An artifact with a handler's module, which is forgotten afterwards."""
    (tmp_path / card.HANDLER).mkdir()
    (tmp_path / card.HANDLER / "some_handlers.py").write_text(SOURCE)
    path, writes = sys.path[:], sys.dont_write_bytecode
    yield tmp_path
    sys.path[:], sys.dont_write_bytecode = path, writes
    sys.modules.pop("some_handlers", None)


def test_each_call_of_its_maker_gives_another_instance(folder: Path) -> None:
    make = handler.maker(folder, "some_handlers:Both")
    one, other = make(), make()
    assert one.instance is not other.instance
    assert (one.prepares, one.finishes, one.wants_image) == (True, True, True)
    assert one.postprocess({"a": np.zeros(1)}, PICTURE) == (1, PICTURE)
    assert not (folder / card.HANDLER / "__pycache__").exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("some_handlers:Nothing", "has neither preprocess nor postprocess"),
        ("some_handlers:Both.more", "some_handlers:Both.more fails: AttributeError"),
        ("some_handlers:None", "has no attribute 'None'"),
        ("no_handlers:Both", "no_handlers:Both fails: ModuleNotFoundError: No module named"),
    ],
)
def test_what_is_no_handler_is_told(name: str, told: str, folder: Path) -> None:
    with pytest.raises(HandlerError, match=told):
        handler.maker(folder, name)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Broken", r"Broken fails: OSError: no such thing \(some_handlers.py, line 12\)"),
        ("Greedy", "Greedy.postprocess must take outputs, or outputs and image beside self"),
        ("Shy", "Shy.preprocess must take image beside self"),
    ],
)
def test_one_that_can_not_be_made_is_told(name: str, told: str, folder: Path) -> None:
    make = handler.maker(folder, f"some_handlers:{name}")
    with pytest.raises(HandlerError, match=told):
        make()


def test_two_artifacts_may_not_bring_two_modules_of_one_name(folder: Path, tmp_path: Path) -> None:
    handler.maker(folder, "some_handlers:Both")
    other = tmp_path / "other"
    (other / card.HANDLER).mkdir(parents=True)
    (other / card.HANDLER / "some_handlers.py").write_text(SOURCE)
    handler.maker(other, "some_handlers:Both")  # which is the same
    (other / card.HANDLER / "some_handlers.py").write_text("class Both: pass")
    with pytest.raises(HandlerError, match="another model of this service has another some_handl"):
        handler.maker(other, "some_handlers:Both")


class Given:
    """A handler that gives what it is told to."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def preprocess(self, _: Image.Image) -> Any:
        return self.value() if callable(self.value) else self.value


def prepared(value: Any) -> Any:
    return Handler("handlers:Given", Given(value)).preprocess(PICTURE)


def test_what_it_prepares_are_arrays_by_name() -> None:
    array = np.zeros((1, 3))
    assert prepared({"images": array})["images"] is array


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, r"handlers:Given.preprocess gives nothing \(None\), not \{name: array\}"),
        (np.zeros(3), "gives a ndarray, not"),
        ({}, "gives a dict, not"),
        ({"images": [1, 2]}, "gives a list as images, no numpy array"),
        ({"images": np.array([1, np.nan])}, "gives NaN or infinity in images"),
    ],
)
def test_anything_else_is_told(value: Any, told: str) -> None:
    with pytest.raises(HandlerError, match=told):
        prepared(value)


def endless() -> None:
    endless()


def exits() -> None:
    raise SystemExit(3)


def interrupts() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (endless, "RecursionError"),
        (exits, r"fails: SystemExit: 3 \(test_handler.py, line \d+\)"),
        (interrupts, "fails: KeyboardInterrupt"),
        (lambda: 1 / 0, r"fails: ZeroDivisionError: division by zero \(test_handler.py, line \d+"),
        (lambda: next(iter(())), "StopIteration"),
    ],
)
def test_whatever_it_raises_is_told_with_its_place(function: Any, told: str) -> None:
    with pytest.raises(HandlerError, match=told):
        prepared(function)


def test_how_numpy_tells_errors_is_put_back() -> None:
    def sets() -> dict[str, Any]:
        np.seterr(divide="raise")
        return {"images": np.zeros(1)}

    before = np.geterr()
    prepared(sets)
    assert np.geterr() == before
