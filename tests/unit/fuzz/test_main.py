"""The command that tries odd inputs."""

import tempfile
from pathlib import Path

import pytest

from tests.fuzz import __main__, target
from tests.fuzz.target import Found


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["fuzz", "--minutes", "0.002", "--target", "requests"])
    return tmp_path


def test_each_target_is_tried_for_its_part_of_the_time_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str], temporary: Path
) -> None:
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("requests: ")
    assert list(temporary.iterdir()) == []


def test_what_did_harm_is_kept(monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
    found = Found(faults=[("KeyError", b"odd")])
    monkeypatch.setattr(target, "run", lambda *_, note: note(b"odd") and found)
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 1
    (folder,) = temporary.iterdir()
    assert (folder / "requests-0").read_bytes() == b"odd"


def test_what_came_of_it_is_a_line() -> None:
    found = Found(tried=3, slowest=0.5, faults=[("KeyError", b"")])
    found.counts.update(["taken", "taken", "422 UnprocessableContent"])
    assert __main__.text("pictures", found) == (
        "pictures: 3 tried: 2 taken, 1 422 UnprocessableContent; the slowest took 0.50 s; 1 faults"
    )
