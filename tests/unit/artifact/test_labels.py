"""The classes' names on disk."""

from pathlib import Path

from passerelle.artifact import labels


def test_names_are_kept_in_their_order_and_in_their_language(tmp_path: Path) -> None:
    names = ["chat", "chien", "éléphant", "chat"]
    labels.write(tmp_path, names)
    assert labels.read(tmp_path) == names
    assert "éléphant" in (tmp_path / labels.FILE).read_text(encoding="utf-8")


def test_names_have_a_hash_that_tells_their_order() -> None:
    assert labels.sha256(["a", "b"]) == labels.sha256(["a", "b"]) != labels.sha256(["b", "a"])
    assert labels.sha256(["a", "b"]) != labels.sha256(["a, b"])
    assert len(labels.sha256(["éléphant", "\ud800"])) == 64
    assert labels.sha256([]) == ""
