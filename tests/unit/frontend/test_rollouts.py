"""services/frontend/rollouts.py: what the status page says of splits, mirrors and promotions."""

import re
from pathlib import Path
from typing import Any

from services.frontend import rollouts
from services.frontend.rollouts import Rollout
from tests.unit.frontend.gateway import FakeGateway, model, page

AGREEMENT = {"mean": 0.98, "low": 0.95, "high": 0.992, "compared": 200}


def variant(name: str, kind: str = "answer", **given: Any) -> dict[str, Any]:
    """A row of the gateway's figures."""
    return {
        "model": name, "kind": kind, "weight": None if kind == "mirror" else 50.0,
        "status": "ready", "requests": 1234, "errors": 1, "p50_ms": 11.2, "p95_ms": 20.0,
        "agreement": None, "skipped": 0, "not_compared": 0,
    } | given  # fmt: skip


MEASURE = {
    "name": "agreement", "wanted": 0.97, "value": 0.981, "low": 0.972, "high": 0.99,
    "requests": 812, "verdict": "holds",
}  # fmt: skip
EVENTS = [
    {"at": f"2026-11-27T08:0{n}:00Z", "weights": {"a": 95.0, "b": 5.0}, "what": what, "why": why}
    for n, (what, why) in enumerate([("started", "It began."), ("advanced", "All hold.")])
]
PROMOTION = {
    "state": "judging", "weights": {"a": 75.0, "b": 25.0}, "revision": 3, "verdict": "holds",
    "since": "2026-11-27T08:01:00Z", "steps": [5, 25, 50, 100], "reason": "812 of 1000 requests",
    "measures": [MEASURE], "events": EVENTS,
}  # fmt: skip
DIFFERENCE = {
    "variant": "b", "agreement": 0.0, "picture": "/models/s/captured/1.jpg",
    "at": "2026-11-27T08:00:00Z", "answer": "tabby", "other": "tiger <cat>",
}  # fmt: skip
CAPTURE = {"pictures": 2, "bytes": 1_500_000, "max_bytes": 10_000_000, "differences": [DIFFERENCE]}
DRIFT = {
    "pictures": 2, "reference": "bake",
    "classes": {
        "distance": 0.12, "by_chance": 0.02,
        "most": [{"class": "tabby", "share": 0.3, "reference": 0.1}],
    },
    "scores": {"distance": 0.08, "by_chance": 0.01, "mean": 0.61, "reference_mean": 0.7},
}  # fmt: skip


def traffic(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"hours": 24, "variants": list(rows)}


def told(folder: Path, **members: Any) -> str:
    """The words of the part that a script refreshes, where model a has these members."""
    gateway = FakeGateway({"/models/a": (200, model("a") | members)})
    text = page(folder, gateway).test_client().get("/status/rollouts").text
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_each_variant_has_its_share_figures_and_agreement(tmp_path: Path) -> None:
    other = variant("b", weight=5.0, p95_ms=25.0, agreement=AGREEMENT, skipped=1, not_compared=2)
    text = told(tmp_path, traffic=traffic(variant("a", weight=95.0), other))
    assert "Who answered in the last 24 hours." in text
    assert "A 95% 1,234 1 20 ms &ndash; 0" in text
    assert "B 5% 1,234 1 25 ms 1.2 times 98% 95% to 99.2%, 200 pictures 3" in text


def test_a_mirror_is_told_from_who_answers_and_has_no_share(tmp_path: Path) -> None:
    text = told(tmp_path, traffic=traffic(variant("a"), variant("b", "mirror", requests=0)))
    assert "B mirror &ndash; 0 1" in text


def test_a_variant_that_isnt_ready_says_so(tmp_path: Path) -> None:
    text = told(tmp_path, traffic=traffic(variant("a"), variant("b", status="starting")))
    assert "B starting 50%" in text


def test_without_an_answer_there_are_no_figures(tmp_path: Path) -> None:
    nothing = variant("b", p95_ms=None, agreement={**AGREEMENT, "low": None, "high": None})
    text = told(tmp_path, traffic=traffic(variant("a", p95_ms=None), nothing))
    assert "B 50% 1,234 1 &ndash; 98% 200 pictures 0" in text


def test_a_promotion_says_how_far_it_is_by_which_figures_and_what_happened(tmp_path: Path) -> None:
    text = told(tmp_path, promotion=PROMOTION)
    assert "Being judged : A 75%, B 25% 812 of 1000 requests" in text
    assert "Agreement 97% 98.1% 97.2% to 99% 812 holds" in text
    assert text.index("a step on A 95%, B 5% All hold.") < text.index("begun A 95%, B 5% It began.")


def test_a_weight_that_was_lowered_is_no_step_on(tmp_path: Path) -> None:
    lowered = EVENTS[1] | {"what": "lowered", "why": "Somebody asked for 5 %."}
    text = told(tmp_path, promotion=PROMOTION | {"events": [lowered]})
    assert "lowered A 95%, B 5% Somebody asked for 5 %." in text


def test_of_differing_pictures_the_answers_are_shown_and_no_picture(tmp_path: Path) -> None:
    gateway = FakeGateway({"/models/a": (200, model("a") | {"capture": CAPTURE})})
    html = page(tmp_path, gateway).test_client().get("/status/rollouts").text
    assert "2 pictures are kept: 1.5 MB of 10 MB" in html
    assert "On 1 picture the models differ most" in html
    assert "tiger &lt;cat&gt;" in html
    assert "<img" not in html
    assert "captured" not in html


def test_drift_names_the_classes_that_moved_most(tmp_path: Path) -> None:
    text = told(tmp_path, drift=DRIFT)
    assert "differ by 12% from those on the card; by chance they would by 2%." in text
    assert "The scores differ by 8%; by chance they would by 1%." in text
    assert "tabby 30% 10%" in text


def test_a_folder_that_cant_be_read_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, capture={"problem": "No such folder."}) == "A No such folder."


def test_what_nobody_follows_isnt_there(tmp_path: Path) -> None:
    assert told(tmp_path) == ""
    assert told(tmp_path, traffic=None, promotion=None) == ""


def test_only_those_that_are_followed_are_asked_for(tmp_path: Path) -> None:
    listed = {"models": [model("a"), model("b") | {"followed": False}, {"id": "c", "title": "C"}]}
    gateway = FakeGateway({"/models": (200, listed)})
    assert page(tmp_path, gateway).test_client().get("/status/rollouts").status_code == 200
    assert [each.url.path for each in gateway.requests] == ["/models", "/models/a"]


def test_a_gateway_that_refuses_the_models_is_told(tmp_path: Path) -> None:
    gateway = FakeGateway({"/models": (401, {"detail": "No such key."})})
    assert page(tmp_path, gateway).test_client().get("/status/rollouts").status_code == 502


def test_what_is_long_is_cut() -> None:
    many = {**PROMOTION, "events": EVENTS * 5}
    found = Rollout({"promotion": many, "capture": {**CAPTURE, "differences": [DIFFERENCE] * 9}})
    assert len(found.promotion["events"]) == rollouts.MAX_EVENTS
    assert len(found.capture["differences"]) == rollouts.MAX_DIFFERENCES
    assert found.capture["differing"] == 9
    assert found.drift == {}


def test_the_whole_page_has_it_beside_the_charts(tmp_path: Path) -> None:
    one = {**model("a"), "in_flight": 0, "slots": []}
    history = {"slot_seconds": 5, "models": [one | {"replicas": {"ready": 1, "known": 1}}]}
    answers = {
        "/history": (200, history), "/models/a": (200, model("a") | {"promotion": PROMOTION}),
    }  # fmt: skip
    text = page(tmp_path, FakeGateway(answers)).test_client().get("/status").text
    assert 'data-model="a"' in text
    assert "Being judged" in text
