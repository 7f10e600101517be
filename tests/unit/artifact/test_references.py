"""What a source refers to is read and never run."""

from pathlib import Path

import pytest

from passerelle.artifact import references
from passerelle.artifact.references import References


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import a.b.c as d, e", {"a.b.c", "e"}),
        ("from a.b import c, d", {"a.b.c", "a.b.d"}),
        ("from a import *", {"a"}),
        ("from . import a", {"own.deep.a"}),
        ("from .b import *", {"own.deep.b"}),
        ("from .. import a", {"own.a"}),
        ("from ..b.c import d", {"own.b.c.d"}),
        ("from ..... import a", {"a"}),
        ("def f():\n    import a", {"a"}),
        ("class N:\n    async def f(self):\n        from a import b", {"a.b"}),
        ("try:\n    import a\nexcept ImportError:\n    import b", {"a", "b"}),
        ("if False:\n    import a", {"a"}),
    ],
)
def test_modules_are_found_wherever_they_are_imported(
    tmp_path: Path, source: str, modules: set[str]
) -> None:
    (tmp_path / "nets.py").write_text(source)
    found = references.read(tmp_path / "nets.py")
    assert set(found.modules("own.deep")) == modules
    assert not found.is_dynamic


@pytest.mark.parametrize("source", ["import importlib as i", "__import__(x)", "exec(x)"])
def test_a_source_that_may_import_what_it_does_not_name_is_told(
    tmp_path: Path, source: str
) -> None:
    (tmp_path / "nets.py").write_text(source)
    assert references.read(tmp_path / "nets.py").is_dynamic


def test_texts_are_those_that_may_be_a_name(tmp_path: Path) -> None:
    source = "f'configs/{x}.yaml', b'net.pth', ' padded ', '', 'two\\nlines', 1, 'x' * 2"
    (tmp_path / "nets.py").write_text(f"{source}, {'y' * 300!r}\n'docs'")
    assert references.read(tmp_path / "nets.py").texts == {
        "configs/", ".yaml", "net.pth", "padded", "x",
    }  # fmt: skip


def test_a_source_in_another_encoding_is_read_by_its_cookie(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_bytes("# coding: latin-1\nimport a\nX = 'é'".encode("latin-1"))
    assert references.read(tmp_path / "nets.py") == References(
        frozenset({(0, "a")}), frozenset("é")
    )


@pytest.mark.parametrize("source", [b"print 'Python 2'", b"\xff", b"a\0", b"(" * 5000])
def test_what_is_no_python_refers_to_nothing(tmp_path: Path, source: bytes) -> None:
    (tmp_path / "nets.py").write_bytes(source)
    assert references.read(tmp_path / "nets.py") == References()


@pytest.mark.parametrize(
    ("text", "module"),
    [("layers", "layers"), ("models.deep.Net", "models.deep.Net"), ("models.", "models"),
     ("nets:Net", "nets"), ("Layers", "Layers"), ("config.json", "config.json"), (".b", None),
     ("two words", None), ("a/b", None), ("", None)],
)  # fmt: skip
def test_a_text_may_name_a_module(text: str, module: str | None) -> None:
    assert references.module_of(text) == module
