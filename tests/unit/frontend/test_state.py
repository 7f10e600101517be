"""services/frontend/state.py: what all requests share."""

from pathlib import Path

from services.frontend import state
from tests.unit.frontend.gateway import page


def test_a_handler_finds_the_state_of_its_own_application(tmp_path: Path) -> None:
    one = page(tmp_path, PASSERELLE_MAX_BODY="1")
    other = page(tmp_path, PASSERELLE_MAX_BODY="2")
    with one.app_context():
        assert state.current().options.max_body == 1
    with other.app_context():
        assert state.current().options.max_body == 2
