"""services/frontend/status.py: the models' last minutes."""

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
