"""Which requests are kept, and which are counted."""

import contextlib
import threading
from pathlib import Path

import pytest

from gateway.capturing import answer_counts, capturer, differences, kept
from gateway.capturing.answer_counts import AnswerCounts
from gateway.capturing.capturer import Capturer
from passerelle.manifest.model import Capture
from tests.unit.gateway import made as others
from tests.unit.gateway.capturing import made
from tests.unit.gateway.capturing.made import NOW, Answered

MODEL = answer_counts.key({"digest": others.DIGEST})
OTHER = made.response(made.document("dog"))


class Case:
    """A capturer whose chance is as it is set."""

    def __init__(self, folder: Path) -> None:
        self.chance, self.folder = 0.0, folder
        self.capturer = Capturer(folder, lambda: self.chance, lambda: NOW)

    async def write(self) -> None:
        async with self.capturer.running():
            pass

    @property
    def pictures(self) -> int:
        return kept.sums(self.folder / "m").pictures

    @property
    def counted(self) -> AnswerCounts:
        return answer_counts.read(self.folder / "m", MODEL, NOW)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


async def test_a_share_is_kept_and_all_count(case: Case) -> None:
    followed = made.answered(capture=Capture(share=0.1, size=made.SIZE))
    for case.chance in (0.05, 0.1, 0.5, 0.0999):
        case.capturer.take(followed)
    await case.write()
    assert (case.pictures, case.counted.answers.pictures) == (2, 4)


@pytest.mark.parametrize(
    "followed",
    [
        made.answered(capture=None),
        made.answered(answer=made.response(status=415)),
        Answered(made.answered().route, made.answered().exchange, None),
    ],
)
async def test_other_models_and_refusals_are_left_alone(followed: Answered, case: Case) -> None:
    case.capturer.take(followed)
    case.capturer.differ(followed, "n", 0.0, OTHER)
    await case.write()
    assert list(case.folder.iterdir()) == []


async def test_an_answer_by_a_threshold_of_the_clients_is_kept_and_does_not_count(
    case: Case,
) -> None:
    case.capturer.take(made.answered(query={"threshold": "0.1"}))
    await case.write()
    assert (case.pictures, case.counted.answers.pictures) == (1, 0)


@pytest.mark.parametrize("task", ["embedding", "segmentation", "tensor"])
async def test_answers_of_which_nothing_is_counted_wait_for_nobody(case: Case, task: str) -> None:
    case.chance = 0.9
    case.capturer.take(made.answered(task=task, capture=Capture(share=0.5, size=made.SIZE)))
    await case.write()
    assert list(case.folder.iterdir()) == []


async def test_what_differs_is_kept_though_chance_did_not_choose_it(case: Case) -> None:
    case.chance = 1.0
    followed = made.answered()
    case.capturer.take(followed)
    case.capturer.differ(followed, "n", 0.5, OTHER)
    case.capturer.differ(made.answered(), "n", 1.0, OTHER)  # which doesn't
    await case.write()
    assert case.pictures == 1
    (found,) = differences.read(case.folder / "m", NOW)["n"]
    assert (found.answer, found.other) == ("cat 0.90", "dog 0.90")
    assert found.picture is not None


async def test_what_differs_from_two_is_kept_once(case: Case) -> None:
    followed = made.answered()
    case.capturer.take(followed)
    case.capturer.differ(followed, "n", 0.5, OTHER)
    case.capturer.differ(followed, "o", 0.5, OTHER)
    await case.write()
    found = differences.read(case.folder / "m", NOW)
    assert case.pictures == 1
    assert found["n"][0].picture == found["o"][0].picture


async def test_no_file_says_who_asked(case: Case) -> None:
    followed = made.answered()
    case.capturer.take(followed)
    case.capturer.differ(followed, "n", 0.5, OTHER)
    await case.write()
    content = b"".join(each.read_bytes() for each in case.folder.rglob("*") if each.is_file())
    assert b"dog" in content
    for each in (b"psl_secret", b"mine", b"Bearer"):
        assert each not in content


async def test_a_disk_that_hangs_does_not_hold_up_the_end(
    case: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(capturer, "LAST_WRITE", 0.01)
    hangs = threading.Event()
    monkeypatch.setattr(case.capturer.writer, "do", lambda _: hangs.wait(60))
    case.capturer.take(made.answered())
    await case.write()
    assert "wasn't written yet is lost" in capsys.readouterr().out
    hangs.set()


async def test_it_ends_with_the_gateway(case: Case) -> None:
    with contextlib.suppress(RuntimeError):
        async with case.capturer.running():
            case.capturer.take(made.answered())
            raise RuntimeError
    assert case.pictures == 1
    case.capturer.take(made.answered())  # nobody writes it any more
