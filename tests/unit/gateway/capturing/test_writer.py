"""The work of the thread that writes."""

import errno
import itertools
import json
from pathlib import Path

import pytest

from gateway.capturing import answer_counts, differences, json_file, kept, picture_file
from gateway.capturing.backlog import Backlog
from gateway.capturing.job import Differing
from gateway.capturing.writer import CALM, Writer
from tests.unit.gateway.capturing import made
from tests.unit.gateway.capturing.made import JPEG, NOW, PNG, STEM

MODEL = "0123456789ab"


class Case:
    """A writer, whose clock stands still unless it is set."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now, self.backlog = folder, NOW, Backlog()
        self.numbers = itertools.count()
        self.writer = Writer(self.backlog, self.new_stem, lambda: self.now)

    def new_stem(self, seconds: float) -> str:
        return picture_file.new_stem(seconds, bytes([next(self.numbers)] * 6))

    def run(self) -> None:
        self.backlog.end()
        self.writer.run()

    @property
    def pictures(self) -> list[str]:
        return sorted(each.name for each in (self.folder / "pictures").glob("*"))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path / "m")


def test_a_job_is_kept_and_counted(case: Case) -> None:
    case.backlog.put(made.job(case.folder, counts=True))
    case.backlog.put(made.job(case.folder, counts=True, stem=None, exchange=None))
    case.run()
    assert case.pictures == [f"{STEM}.jpg"]
    assert json.loads((case.folder / "answers" / f"{STEM}.json").read_text())["model"] == "m"
    counted = answer_counts.read(case.folder, MODEL, NOW)
    assert counted.answers.classes == {"cat": 2}


def test_each_of_several_pictures_has_its_file_and_counts(case: Case) -> None:
    form = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="f"\r\n\r\n%b\r\n' % each
        for each in (JPEG, PNG)
    )
    exchange = made.answered(form + b"--x--\r\n").exchange
    exchange.headers = {"content-type": "multipart/form-data; boundary=x"}
    document = made.document()
    response = made.response(
        {"model": "m", "task": document["task"], "results": [document, document]}
    )
    case.writer.do(made.job(case.folder, exchange=exchange, response=response, counts=True))
    case.writer.flush()
    assert case.pictures == [f"{STEM}.jpg", "20231114T221320000000-000000000000.png"][::-1]
    assert answer_counts.read(case.folder, MODEL, NOW).answers.pictures == 2


def test_a_difference_names_the_picture_that_was_kept_before_or_is_kept_for_it(case: Case) -> None:
    differing = Differing("n", 0.25, made.response(made.document("dog")))
    case.writer.do(made.job(case.folder))
    case.writer.do(made.job(case.folder, exchange=None, differing=differing))
    other = "20231114T221320000000-ffffffffffff"
    case.writer.do(made.job(case.folder, stem=other, differing=differing))
    case.writer.do(made.job(case.folder, stem="x", exchange=None, differing=differing))
    found = differences.read(case.folder, NOW)["n"]
    assert [each.picture for each in found] == [f"{STEM}.jpg", f"{other}.jpg", None]
    assert (found[0].answer, found[0].other, found[0].agreement) == ("cat 0.90", "dog 0.90", 0.25)


def test_those_that_were_left_out_are_counted(case: Case) -> None:
    case.backlog.end()
    case.backlog.put(made.job(case.folder))
    case.writer.run()
    assert answer_counts.read(case.folder, MODEL, NOW).dropped == 1


def test_what_is_wrong_with_the_folder_is_said_once_and_once_when_it_is_over(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    case.folder.write_text("no folder")
    for _ in range(3):
        case.writer.do(made.job(case.folder, counts=True))
        case.writer.flush()
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["severity"] == "ERROR"
    assert "requests can't be captured" in json.loads(line)["message"]
    case.folder.unlink()
    case.writer.do(made.job(case.folder))
    case.writer.flush()
    assert answer_counts.read(case.folder, MODEL, NOW).answers.pictures == 3
    assert capsys.readouterr().out == ""
    case.now += CALM
    case.writer.do(made.job(case.folder))
    assert "captured again" in capsys.readouterr().out


def test_a_disk_that_is_full_is_said_once(
    case: Case, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(path: Path, _: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    for each in (0, 1):
        with monkeypatch.context() as patched:
            patched.setattr(json_file, "put", put)
            for _ in range(10):
                case.writer.do(made.job(case.folder, counts=True))
                case.writer.do(made.job(case.folder, counts=True, stem=None, exchange=None))
                case.writer.flush()
                case.now += CALM
        assert len(capsys.readouterr().out.splitlines()) == 1 - each
        case.writer.do(made.job(case.folder.with_name("other")))  # another model's does well
        case.writer.do(made.job(case.folder, counts=True, stem=None, exchange=None))
        assert capsys.readouterr().out == ""


def test_an_unforeseen_error_ends_nothing(
    case: Case, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept.Kept, "add", lambda *_: 1 / 0)
    case.backlog.put(made.job(case.folder))
    case.run()
    assert "ZeroDivisionError" in json.loads(capsys.readouterr().out)["traceback"]
