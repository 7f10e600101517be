"""A model's last minutes, as a running gateway tells them."""

from gateway.history import SLOT_SECONDS
from gateway.keys import api_keys
from passerelle.local import key_changes
from tests.support import stack


def test_the_gateway_tells_each_models_history_to_who_may_use_it(up: stack.Stack) -> None:
    assert up.predict("efficientnet-lite0").ok

    def last() -> list[str]:
        return [each["slots"][-1]["status"] for each in up.get("/history").json()["models"]]

    stack.wait_for(lambda: set(last()) == {"ready"}, 15)
    document = up.get("/history").json()
    assert document["slot_seconds"] == SLOT_SECONDS
    first = document["models"][0]
    assert first["id"] == "efficientnet-lite0"
    assert sum(each["requests"] for each in first["slots"]) >= 1
    assert up.get("/history", headers={"X-API-Key": None}).status_code == 401
    text, key = api_keys.new("one", ("efficientnet-lite1",), None)
    key_changes.add(up.state / "keys.yaml", key)
    stack.wait_for(lambda: up.get("/models", headers={"X-API-Key": text}).ok, 10)
    found = up.get("/history", headers={"X-API-Key": text}).json()["models"]
    assert [each["id"] for each in found] == ["efficientnet-lite1"]
