"""Headers of backends, from the environment and from files, as a backend receives them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import foreign, stack
from tests.support.stack import Stack
from tests.system.test_backends import described, running, said

HEADERS = {"Authorization": "env:OCR_TOKEN", "X-Key": "file:secrets/ocr.txt", "X-Plain": "text"}
TOKEN, OLD, NEW = "Bearer of-the-environment", "of-the-file-1", "of-the-file-2"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("headers")


@pytest.fixture(scope="module")
def up(folder: Path) -> Iterator[Stack]:
    """A run of backends, two of which lack a header's text."""
    (folder / "secrets").mkdir()
    (folder / "secrets" / "ocr.txt").write_text(OLD + "\n")
    manifest = foreign.write(
        folder,
        foreign.model("ocr", "one", headers=HEADERS),
        foreign.model("unset", "two", headers={"Authorization": "env:OTHER_TOKEN"}),
        foreign.model("absent", "three", headers={"X-Key": "file:secrets/none.txt"}, health=None),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCR_TOKEN", TOKEN)
        patch.delenv("OTHER_TOKEN", raising=False)
        with running(manifest, folder / "state") as found:
            yield found


def received(up: Stack, **options: Any) -> Any:
    """The headers that the backend got."""
    return said(up, **options)["headers"]


def test_a_backend_gets_them_in_the_place_of_the_clients(up: Stack) -> None:
    sent = {"x-key": "the client's", "X-PLAIN": "the client's"}
    found = received(up, headers=sent)
    assert (found["authorization"], found["x-key"], found["x-plain"]) == (TOKEN, OLD, "text")
    assert up.key not in str(found)


def test_what_is_missing_is_said_and_keeps_nobody_away(up: Stack, folder: Path) -> None:
    reason = "the header Authorization is missing, since the variable OTHER_TOKEN is not set"
    assert described(up, "unset") == ("unavailable", reason)
    reason = "the header X-Key is missing, since the file none.txt is not there"
    assert described(up, "absent") == ("unavailable", reason)
    response = up.predict("absent", b"picture")
    assert (response.status_code, "none.txt is not there" in response.text) == (503, True)
    assert str(folder) not in response.text
    assert "OTHER_TOKEN, is not set; export it" in " ".join(up.printed.split())


def test_a_file_that_comes_later_is_taken_up(up: Stack, folder: Path) -> None:
    (folder / "secrets" / "none.txt").write_text("now")
    stack.wait_for(lambda: described(up, "absent")[0] == "ready", 15)
    assert said(up, "absent")["headers"]["x-key"] == "now"


def test_a_replaced_file_is_taken_up_without_a_restart(up: Stack, folder: Path) -> None:
    pid = said(up)["pid"]
    (folder / "secrets" / "new.txt").write_text(NEW)
    (folder / "secrets" / "new.txt").replace(folder / "secrets" / "ocr.txt")
    stack.wait_for(lambda: received(up)["x-key"] == NEW, 15)
    assert said(up)["pid"] == pid


def test_no_log_and_no_listing_has_a_secret(up: Stack, folder: Path) -> None:
    logs = "".join(file.read_text() for file in (folder / "state" / "logs").iterdir())
    shown = logs + up.printed + up.get("/models").text + up.get("/history").text
    assert not any(secret in shown for secret in (TOKEN, OLD, NEW))
