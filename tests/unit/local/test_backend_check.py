"""passerelle/local/backend_check.py: what a backend names that isn't there."""

from pathlib import Path

from passerelle.local import backend_check
from tests.unit.local import fake


def test_a_program_and_the_files_of_headers_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    (tmp_path / "key.txt").write_text("k")
    names = ("none.txt", "empty.txt", "key.txt")
    headers = {name: f"file:{tmp_path / name}" for name in names}
    found = list(backend_check.problems(fake.external("ocr", "no-such-program", headers=headers)))
    assert [each.partition(";")[0] for each in found] == [
        "there is no program 'no-such-program' in PATH",
        f"the file of its header none.txt, {tmp_path}/none.txt, is not there",
        f"the file of its header empty.txt, {tmp_path}/empty.txt, is empty",
    ]


def test_a_program_with_a_path_must_be_beside_the_manifest() -> None:
    (told,) = backend_check.problems(fake.external("ocr", "venvs/ocr/bin/serve"))
    assert told == "there is no program 'venvs/ocr/bin/serve' in .; install it there"


def test_a_url_needs_nothing() -> None:
    model = fake.external("ocr", url="http://a", headers={"Accept": "application/json"})
    assert list(backend_check.problems_here(model, {})) == []


def test_a_run_needs_the_variables_of_headers() -> None:
    headers = {"A": "env:ONE", "B": "env:TWO", "C": "env:EMPTY"}
    model = fake.external("ocr", url="http://a", headers=headers)
    found = list(backend_check.problems_here(model, {"ONE": "1", "EMPTY": " "}))
    assert [each.partition(",")[0] for each in found] == [
        "the variable of its header B",
        "the variable of its header C",
    ]
    assert list(backend_check.problems(model)) == []  # of which a check knows nothing


def test_a_run_starts_no_image() -> None:
    (told,) = backend_check.problems_here(fake.external("ocr", image="acme/ocr"), {})
    assert "its image is started by passerelle render compose, not here" in told
    both = fake.external("ocr", "sh", image="acme/ocr")
    assert list(backend_check.problems_here(both, {})) == []
