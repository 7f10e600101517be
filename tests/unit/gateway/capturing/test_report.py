"""What is told of a model whose requests are captured."""

import dataclasses
from pathlib import Path

import pytest

from gateway.capturing import answer_counts, report
from gateway.capturing.answer_counts import AnswerCounts
from gateway.capturing.differences import Difference, Differences
from gateway.capturing.kept import BLOCK, Kept
from gateway.route import Route
from gateway.status import Status
from passerelle.manifest.model import Capture
from tests.unit.gateway import made as others
from tests.unit.gateway.capturing import made
from tests.unit.gateway.capturing.made import NOW, STEM


@pytest.fixture
def route() -> Route:
    """That of a model with a capture, whose card has a reference."""
    counted = AnswerCounts()
    for _ in range(20):
        counted.answers.count(made.document())
    found = others.upstream()
    card = {"digest": others.DIGEST, "reference": {"of": "crops", **counted.answers.document()}}
    for replica in found.replicas.values():
        replica.statuses = {"m": Status("ready", "", card)}
    return others.route(found, capture=Capture(size=made.SIZE))


def test_it_says_what_is_kept_what_differs_and_how_far_it_drifts(
    route: Route, tmp_path: Path
) -> None:
    folder, counted = tmp_path / "m", AnswerCounts(dropped=2)
    for _ in range(20):
        counted.answers.count(made.document("dog"))
    kept = Kept(folder)
    with kept.locked():
        name = kept.add(STEM, made.sent(), made.SIZE, NOW)
        Differences(folder).add("n", Difference(0.5, NOW, "cat", "dog", name), NOW)
        Differences(folder).add("o", Difference(0.25, NOW, "cat", "cow"), NOW)
        answer_counts.add(folder, answer_counts.key(route.status.card), counted, NOW)
    assert report.capture(tmp_path, route, NOW, "/ml") == {
        "pictures": 1, "bytes": 2 * BLOCK, "max_bytes": made.SIZE, "dropped": 2,
        "differences": [
            {"variant": "o", "agreement": 0.25, "picture": None, "at": "2023-11-14T22:13:20Z",
             "answer": "cat", "other": "cow"},
            {"variant": "n", "agreement": 0.5, "picture": f"/ml/models/m/captured/{STEM}.jpg",
             "at": "2023-11-14T22:13:20Z", "answer": "cat", "other": "dog"},
        ],
    }  # fmt: skip
    drift = report.drifted(tmp_path, route, NOW)
    assert drift is not None
    assert drift["classes"]["distance"] == 1.0
    assert drift["pictures"] == drift["reference_pictures"] == 20


def test_before_anything_is_kept_there_is_nothing(route: Route, tmp_path: Path) -> None:
    found, drift = report.capture(tmp_path, route, NOW), report.drifted(tmp_path, route, NOW)
    assert found is not None
    assert (found["pictures"], found["differences"]) == (0, [])
    assert drift is not None
    assert drift["classes"]["distance"] is None


def test_where_nothing_is_captured_nothing_is_told(route: Route, tmp_path: Path) -> None:
    plain = dataclasses.replace(route, model=others.model())
    assert report.capture(tmp_path, plain, NOW) is None
    assert report.drifted(tmp_path, plain, NOW) is None


def test_a_folder_that_cannot_be_read_is_told(route: Route, tmp_path: Path) -> None:
    (tmp_path / "m").write_text("no folder")
    found = report.capture(tmp_path, route, NOW)
    assert found is not None
    assert "can't be read" in found["problem"]
    assert report.drifted(tmp_path, route, NOW) is None


def test_a_picture_is_found_by_its_name_alone(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "m")
    with kept.locked():
        kept.add(STEM, made.sent(), made.SIZE, NOW)
    assert report.picture(tmp_path, "m", f"{STEM}.jpg") == (made.sent().content, "image/jpeg")
    for name in (f"../pictures/{STEM}.jpg", f"{STEM}.png", "..", ""):
        assert report.picture(tmp_path, "m", name) is None
