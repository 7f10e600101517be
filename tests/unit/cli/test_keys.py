"""passerelle/cli/keys.py: a key is shown once and kept as a hash."""

import datetime
from pathlib import Path

import pytest

from gateway import key_file
from tests.unit.cli import command


def test_a_new_key_is_accepted_for_its_models_until_its_day(tmp_path: Path) -> None:
    file = tmp_path / "keys.yaml"
    shown = command.run(
        "keys", "new", "--name", "alice", "--model", "a", "--expires", "2031-01-02",
        "--keys", str(file),
    )  # fmt: skip
    text = shown.stdout.strip()
    assert f"Kept as a hash in {file}. It is not shown again." in shown.stderr
    assert text not in file.read_text()
    key = key_file.read(file).find(text, datetime.date(2031, 1, 1))
    assert key is not None
    assert (key.name, key.models, key.expires) == ("alice", ("a",), datetime.date(2031, 1, 2))


def test_a_key_is_for_every_model_and_the_local_run_unless_told(tmp_path: Path) -> None:
    shown = command.run("keys", "new", "--name", "bob", "--state", str(tmp_path))
    key = key_file.read(tmp_path / "keys.yaml").find(shown.stdout.strip(), datetime.date.max)
    assert key is not None
    assert (key.models, key.expires) == (("*",), None)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--name", " "), "write a name"),
        (("--name", "a\nb"), "'a\\nb' holds U+000A, which is no part of a name"),
        (("--name", "a", "--expires", "2001-01-01"), "this day has passed"),
        (("--name", "a", "--expires", "soon"), "does not match the format"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(
    words: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    shown = command.run("keys", "new", *words, "--state", str(tmp_path))
    assert shown.exit_code == 2
    assert sentence in shown.output
    assert not (tmp_path / "keys.yaml").exists()
