"""passerelle/local/backends.py: which commands run, what port files say, and when they end."""

from pathlib import Path

import pytest

from passerelle.local import backend_command, backends, readiness
from passerelle.local.backend_command import BackendCommand
from passerelle.local.backends import Backends
from passerelle.manifest.model import ExternalModel
from tests.unit.local import fake


class Run:
    """Backends whose processes do nothing, each at a port of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.clock = folder, fake.Clock()
        self.reports: list[str] = []
        self.children: list[tuple[tuple[str, ...], fake.Child]] = []
        self.listening: set[int] = set()
        self.healthy: set[int] = set()
        self.missing = False
        monkeypatch.setattr(backend_command, "is_there", lambda _: True)
        monkeypatch.setattr(readiness, "listens", self.listening.__contains__)
        monkeypatch.setattr(readiness, "is_healthy", lambda port, _: port in self.healthy)
        self.backends = Backends(folder / "logs", folder, self.reports.append, self.clock.monotonic)

    def serve(self, *models: ExternalModel) -> None:
        self.backends.serve(models)

    def pass_time(self, seconds: float) -> None:
        """Poll as the main loop does."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.sleep(0.5)
            self.backends.poll()

    def said(self, model: ExternalModel) -> str:
        """What a model's port file says; nothing without one."""
        file = self.folder / backends.port_file(model)
        return file.read_text().strip() if file.exists() else ""

    def child(self, *command: str) -> fake.Child:
        """The last process of a command."""
        return [child for started, child in self.children if started == command][-1]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    made = Run(tmp_path, monkeypatch)

    def spawn(command: BackendCommand) -> fake.Child:
        if made.missing:
            raise FileNotFoundError(2, "No such file or directory")
        made.children.append((command.backend.command, fake.Child()))
        command.port = 4000 + len(made.children)
        return made.children[-1][1]

    monkeypatch.setattr(BackendCommand, "spawn", spawn)
    return made


OLD, NEW = fake.external("ocr", "old"), fake.external("ocr", "new")
DRAIN_AFTER = backends.HANDOVER + OLD.timeout


def test_a_command_is_started_once_and_its_port_is_told_once_it_listens(run: Run) -> None:
    run.serve(OLD)
    run.serve(OLD)
    run.pass_time(1)
    assert (len(run.children), run.said(OLD)) == (1, "")
    run.listening.add(4001)
    run.pass_time(1)
    assert run.said(OLD) == "4001"


def test_one_that_ends_says_so_until_it_listens_again(run: Run) -> None:
    run.serve(OLD)
    run.listening.add(4001)
    run.pass_time(1)
    run.child("old").code = 3
    run.backends.poll()
    assert run.said(OLD) == "its command ended with code 3 (see ocr.log)"
    assert run.reports[0].startswith("ocr ended with code 3; starting it again in 0.5 s")
    run.pass_time(1)
    assert (len(run.children), run.said(OLD)[:11]) == (2, "its command")
    run.listening.add(4002)
    run.pass_time(1)
    assert run.said(OLD) == "4002"


def test_one_that_cannot_be_started_says_so(run: Run) -> None:
    run.missing = True
    run.serve(OLD)
    assert "can't be started (No such file or directory)" in run.said(OLD)
    assert len(run.reports) == 1


def test_one_that_never_listens_says_so_after_a_while(run: Run) -> None:
    run.serve(OLD)
    run.pass_time(backends.LISTEN_TIMEOUT)
    assert run.said(OLD) == ""
    run.pass_time(1)
    assert "nothing listens on the PORT" in run.said(OLD)


def test_an_image_alone_is_not_started_and_says_so(run: Run) -> None:
    image = fake.external("ocr", image="acme/ocr")
    run.serve(image)
    assert (run.children, run.said(image)) == ([], backends.ONLY_AN_IMAGE)
    assert run.reports[0].startswith("ocr: its image is started by passerelle render compose")


def test_what_one_lacks_is_told_once_and_it_is_not_waited_for(run: Run) -> None:
    lacking = fake.external("ocr", "old", headers={"A": "env:NO_SUCH_VARIABLE"})
    run.serve(lacking)
    run.serve(lacking, fake.external("other", "other"))
    assert len(run.reports) == 1
    assert "ocr: the variable of its header A, NO_SUCH_VARIABLE, is not set" in run.reports[0]
    assert run.backends.pending({}, 5) == {"other"}
    run.serve(OLD)
    assert run.backends.pending({}, 5) == {"ocr"}


def test_a_changed_command_takes_over_once_it_is_well_and_the_old_one_drains_later(
    run: Run,
) -> None:
    run.serve(OLD)
    run.listening.add(4001)
    run.pass_time(1)
    run.serve(NEW)
    run.listening.add(4002)
    run.pass_time(30)
    assert (run.said(OLD), run.said(NEW)) == ("4001", "4002")
    run.healthy.add(4002)
    run.pass_time(DRAIN_AFTER - 1)
    assert run.child("old").code is None
    run.pass_time(3)
    assert (run.child("old").code, run.said(OLD)) == (0, "")
    assert run.child("new").code is None


def test_an_old_one_that_dies_before_another_is_well_is_started_again(run: Run) -> None:
    run.serve(OLD)
    run.serve(NEW)
    run.child("old").code = 1
    run.pass_time(2)
    assert run.child("old").code is None


def test_an_old_one_drains_at_last_where_the_new_one_never_gets_well(run: Run) -> None:
    run.serve(OLD)
    run.serve(NEW)
    run.pass_time(backends.READY_TIMEOUT)
    assert run.child("old").code is None
    run.pass_time(DRAIN_AFTER + 2)
    assert run.child("old").code == 0


def test_one_that_is_gone_from_the_manifest_drains_once_nobody_asks_it(run: Run) -> None:
    run.serve(OLD)
    run.serve()
    run.pass_time(DRAIN_AFTER - 1)
    assert run.child("old").code is None
    run.pass_time(2)
    assert run.child("old").code == 0
    assert run.backends.processes == []


def test_one_that_comes_back_meanwhile_goes_on(run: Run) -> None:
    run.serve(OLD)
    run.serve(NEW)
    run.serve(OLD)
    run.pass_time(DRAIN_AFTER + 2)
    assert (run.child("old").code, run.child("new").code) == (None, None)  # the latter: not yet
    assert len(run.children) == 2


def test_one_that_does_not_end_is_killed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[float | None] = []

    def wait(_: fake.Child, timeout: float | None = None) -> int:
        killed.append(timeout)
        return 0

    monkeypatch.setattr(fake.Child, "wait", wait)
    run.serve(OLD)
    run.child("old").ignores_sigterm = True
    run.serve()
    run.pass_time(DRAIN_AFTER + 1)
    assert (len(run.backends.processes), killed) == (1, [])
    run.pass_time(backends.DRAIN_TIMEOUT)
    assert (run.backends.processes, killed) == ([], [0])


def test_what_may_yet_get_ready_is_waited_for(run: Run) -> None:
    url, other = fake.external("url", url="http://a"), fake.external("other", "other")
    run.serve(OLD, other, url, fake.external("image", image="acme/ocr"))
    assert run.backends.pending({}, 5) == {"ocr", "other", "url"}
    assert run.backends.pending({"ocr": "ready", "url": "starting"}, 5) == {"other", "url"}
    run.child("other").code = 3
    run.pass_time(5)
    assert run.backends.pending({"url": "starting"}, 5) == {"ocr"}
