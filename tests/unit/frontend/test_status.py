"""services/frontend/status.py: the models' last minutes."""

import datetime
import re
from pathlib import Path
from typing import Any

import pytest

from services.frontend import status
from tests.unit.frontend.gateway import FakeGateway, page

SLOT = {"status": "ready", "requests": 5, "failed": 1, "p50_ms": 10.0, "p95_ms": 40.0}


def history(slots: int) -> dict[str, Any]:
    replicas = {"ready": 1, "known": 2}
    one = {"id": "a", "title": "A", "status": "ready", "replicas": replicas, "in_flight": 0}
    return {"slot_seconds": 5, "models": [one | {"slots": [SLOT] * slots}]}


def test_every_model_is_drawn(tmp_path: Path) -> None:
    gateway = FakeGateway({"/history": (200, history(60))})
    text = page(tmp_path, gateway).test_client().get("/status").text
    assert "The last 5 minutes" in text
    assert "1 of 2 ready" in text
    assert "300 requests, 60 failed" in text


def test_pictures_that_gave_no_numbers_are_counted(tmp_path: Path) -> None:
    counted = history(60)
    counted["models"][0]["non_finite"] = 3
    text = (
        page(tmp_path, FakeGateway({"/history": (200, counted)})).test_client().get("/status").text
    )
    assert "3 pictures gave no numbers (NaN or infinity)" in text


def test_a_script_gets_the_charts_alone(tmp_path: Path) -> None:
    gateway = FakeGateway({"/history": (200, history(60))})
    text = page(tmp_path, gateway).test_client().get("/status?part=1").text
    assert "300 requests" in text
    assert "<html" not in text
    assert [each.url.path for each in gateway.requests] == ["/history"]


USED = {"requests": 1_204, "refusals": 12, "errors": 2, "pictures": 4_711}


def told(folder: Path, *rows: dict[str, Any], everybody: bool = False) -> str:
    """The status page where the gateway counts, its words alone."""
    today = datetime.datetime.now(datetime.UTC).date()
    target = f"/usage?since={today}&until={today}&by=model"
    answer = {"everybody": everybody, "usage": rows}
    gateway = FakeGateway({"/history": (200, history(60)), target: (200, answer)})
    text = page(folder, gateway).test_client().get("/status").text
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_what_was_asked_of_each_model_today_is_shown(tmp_path: Path) -> None:
    rows = [{"model": each, **USED, "inference_seconds": 92.481} for each in ("a", "gone")]
    text = told(tmp_path, *rows)
    assert "Today What this page asked since midnight (UTC)." in text
    assert "A 1,204 12 2 4,711 92.5 s gone 1,204" in text


def test_that_it_is_everybodys_is_said_and_that_it_is_none(tmp_path: Path) -> None:
    text = told(tmp_path, everybody=True)
    assert "All requests since midnight (UTC). Nothing was asked yet." in text


def test_a_gateway_that_counts_nothing_has_charts_all_the_same(tmp_path: Path) -> None:
    gateway = FakeGateway({"/history": (200, history(60))})
    text = page(tmp_path, gateway).test_client().get("/status").text
    assert "300 requests" in text
    assert "Today" not in text


def test_a_gateway_that_refuses_the_key_is_told(tmp_path: Path) -> None:
    gateway = FakeGateway({"/history": (401, {"detail": "No such key."})})
    response = page(tmp_path, gateway).test_client().get("/status")
    assert response.status_code == 502
    assert "does not accept this page's key" in response.text


@pytest.mark.parametrize(("slots", "minutes"), [(0, 0), (60, 5), (13, 1)])
def test_minutes_are_whole(slots: int, minutes: int) -> None:
    assert status.minutes(history(slots)) == minutes


def test_no_models_have_no_minutes() -> None:
    assert status.minutes({"slot_seconds": 5, "models": []}) == 0
