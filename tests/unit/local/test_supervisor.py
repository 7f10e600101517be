"""passerelle/local/supervisor.py: what is started, replaced, restarted and stopped, in order."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from passerelle.local import readiness, supervisor
from passerelle.local.backend_command import BackendCommand
from passerelle.local.baking import Result
from passerelle.local.launch import Service
from passerelle.local.options import Options
from passerelle.local.process import Process
from passerelle.local.reload import Lineup
from passerelle.local.supervisor import Supervisor
from passerelle.manifest.model import ExternalModel
from tests.unit.local import fake

if TYPE_CHECKING:
    from passerelle.local.launch import Launcher
    from passerelle.local.reload import Reloader


class FakeLauncher:
    """Starts processes that do nothing, and keeps what was done in `events`."""

    def __init__(self, folder: Path, events: list[str]) -> None:
        self.sockets = folder / "sockets"
        self.sockets.mkdir()
        self.folder, self.events = folder, events
        self.commands: dict[str, fake.FakeCommand] = {}
        self.clock = fake.Clock()

    def process(self, name: str) -> Process:
        self.events.append(f"start {name}")
        self.commands[name] = fake.command(self.folder, name)
        process = Process(name, self.commands[name], self.clock.monotonic)
        process.start()
        return process

    def service(self, name: str, folders: tuple[Path, ...]) -> Service:
        return Service(name, folders, self.process(name), f"unix:{name}")

    def link(self, service: Service) -> None:
        self.events.append(f"link {service.name}")

    def gateway(self) -> Process:
        return self.process("gateway")

    def frontend(self) -> Process:
        return self.process("frontend")

    def child(self, name: str) -> fake.Child:
        return self.commands[name].children[-1]


class FakeReloader:
    """Gives each of `changes` once."""

    def __init__(self) -> None:
        self.changes: list[Lineup] = []
        self.served: list[frozenset[str]] = []

    def poll(self, served: frozenset[str]) -> Lineup | None:
        self.served.append(served)
        return self.changes.pop(0) if self.changes else None


class Run:
    """A supervisor and everything around it."""

    def __init__(self, folder: Path, *, gateway: bool = True, page_port: int | None = None) -> None:
        self.folder = folder
        self.events: list[str] = []
        self.reports: list[str] = []
        self.launcher = FakeLauncher(folder, self.events)
        self.reloader = FakeReloader()
        self.supervisor = Supervisor(
            Options(folder / "models.yaml", folder, "127.0.0.1", 8080, gateway, page_port),
            cast("Launcher", self.launcher), cast("Reloader", self.reloader), self.reports.append,
            self.launcher.clock,
        )  # fmt: skip

    def serve(self, results: list[Result], *external: ExternalModel) -> None:
        self.supervisor.serve(Lineup(tuple(results), external))

    def result(self, model_id: str, version: int = 1, service: str | None = None) -> Result:
        """A model that was baked; version 0 was not."""
        model = fake.model(model_id, service=service or model_id)
        folder = self.folder / f"{model_id}-{version}" if version else None
        return Result(model, folder, "" if folder else "no weights")


@pytest.fixture
def statuses(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the gateway, and each service by itself, says of the models; all are ready at first."""
    known = {"a": "ready", "b": "ready"}
    monkeypatch.setattr(readiness, "statuses_at_gateway", lambda _: known)
    monkeypatch.setattr(readiness, "statuses", lambda _: known)
    monkeypatch.setattr(readiness, "is_starting", lambda _: "starting" in known.values())
    return known


@pytest.fixture
def run(tmp_path: Path, statuses: dict[str, str]) -> Run:
    assert statuses
    return Run(tmp_path)


def stop_at(events: list[str], name: str) -> Callable[[], None]:
    def announce() -> None:
        events.append(name)
        raise KeyboardInterrupt

    return announce


def test_services_start_before_the_gateway_and_the_page_and_all_is_announced_once_ready(
    tmp_path: Path, statuses: dict[str, str]
) -> None:
    assert statuses
    run = Run(tmp_path, page_port=8000)
    with pytest.raises(KeyboardInterrupt):
        run.supervisor.run(Lineup((run.result("a"),)), stop_at(run.events, "announce"))
    assert run.events == ["start a", "link a", "start gateway", "start frontend", "announce"]
    assert not run.launcher.sockets.exists()
    assert all(child.code == 0 for child in map(run.launcher.child, ("a", "gateway", "frontend")))


def test_the_page_is_stopped_first_then_the_gateway_then_the_services(
    tmp_path: Path, statuses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert statuses
    run, stopped = Run(tmp_path, page_port=8000), []
    monkeypatch.setattr(
        Process, "wait_or_kill", lambda process, timeout: stopped.append((process.name, timeout))
    )
    with pytest.raises(KeyboardInterrupt):
        run.supervisor.run(Lineup((run.result("a"),)), stop_at(run.events, "announce"))
    drain = supervisor.DRAIN_TIMEOUT
    assert stopped[:3] == [("frontend", drain), ("gateway", drain), ("a", drain)]
    assert [timeout for _, timeout in stopped[3:]] == [0, 0, 0]


def test_those_that_do_not_end_are_waited_for_together(
    tmp_path: Path, statuses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert statuses
    run, waits = Run(tmp_path), []

    def wait_or_kill(_: Process, timeout: float) -> None:
        waits.append(timeout)
        run.launcher.clock.sleep(timeout)

    run.serve([run.result("a"), run.result("b")])
    monkeypatch.setattr(Process, "wait_or_kill", wait_or_kill)
    run.supervisor.stop()
    assert waits[:2] == [supervisor.DRAIN_TIMEOUT, 0]


def test_models_of_one_service_share_a_process(run: Run) -> None:
    run.serve([run.result("a", service="zoo"), run.result("b", service="zoo")])
    assert run.events == ["start zoo", "link zoo"]


def test_a_model_that_could_not_be_baked_does_not_keep_the_others_away(run: Run) -> None:
    run.serve([run.result("a", 0), run.result("b")])
    assert run.events == ["start b", "link b"]


def test_an_unchanged_service_is_left_alone_and_a_changed_one_replaced(run: Run) -> None:
    run.serve([run.result("a"), run.result("b")])
    old = run.launcher.child("b")
    run.events.clear()
    run.serve([run.result("a"), run.result("b", 2)])
    assert run.events == ["start b", "link b"]
    assert old.code == 0


def test_a_service_that_is_gone_from_the_manifest_drains(run: Run) -> None:
    run.serve([run.result("a"), run.result("b")])
    run.serve([run.result("a")])
    assert (run.launcher.child("a").code, run.launcher.child("b").code) == (None, 0)


def test_a_model_whose_new_bake_failed_goes_on_as_it_is(run: Run) -> None:
    run.serve([run.result("a")])
    run.events.clear()
    run.serve([run.result("a", 0)])
    assert run.events == []
    assert run.launcher.child("a").code is None


def test_the_old_process_serves_until_the_new_one_is_ready(
    run: Run, statuses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run.serve([run.result("a")])
    old = run.launcher.child("a")
    asked: list[int | None] = []

    def is_starting(_: str) -> bool:
        asked.append(old.code)
        return len(asked) < 4

    assert statuses
    monkeypatch.setattr(readiness, "is_starting", is_starting)
    run.serve([run.result("a", 2)])
    assert asked == [None] * 4
    assert old.code == 0


def test_a_new_process_that_never_gets_ready_replaces_the_old_after_a_while(
    run: Run, statuses: dict[str, str]
) -> None:
    run.serve([run.result("a")])
    statuses["a"] = "starting"
    began = run.launcher.clock.now
    run.serve([run.result("a", 2)])
    waited = run.launcher.clock.now - began
    assert waited == pytest.approx(supervisor.READY_TIMEOUT, abs=supervisor.POLL_INTERVAL)
    assert run.events[-1] == "link a"


def test_what_died_is_told_and_started_again(run: Run) -> None:
    run.serve([run.result("a")])
    run.launcher.child("a").code = 1
    run.supervisor.poll()
    assert run.reports[0].startswith("a ended with code 1")
    for _ in range(4):
        run.supervisor.poll()
    assert len(run.launcher.commands["a"].children) == 2


def test_a_drained_process_is_not_started_again(run: Run) -> None:
    run.serve([run.result("a"), run.result("b")])
    run.serve([run.result("a")])
    for _ in range(10):
        run.supervisor.poll()
    assert len(run.launcher.commands["b"].children) == 1
    assert run.reports == []


def test_a_changed_manifest_is_served_once_it_is_baked(run: Run) -> None:
    run.serve([run.result("a")])
    run.reloader.changes = [Lineup((run.result("a"), run.result("b")))]
    run.supervisor.poll()
    assert run.events[-2:] == ["start b", "link b"]
    assert run.reloader.served == [frozenset({"a"})]


def test_backends_are_started_watched_waited_for_and_stopped_with_the_rest(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = fake.Child()
    monkeypatch.setattr(BackendCommand, "spawn", lambda _: child)
    monkeypatch.setattr(readiness, "listens", lambda _: True)
    run.serve([run.result("a")], fake.external("ocr", "sh"))
    assert run.supervisor.pending() == {"ocr"}
    run.supervisor.poll()
    assert [file.name[:4] for file in run.launcher.sockets.glob("*.port")] == ["ocr."]
    child.code = 3
    run.supervisor.poll()
    assert run.reports[0].startswith("ocr ended with code 3")
    assert run.supervisor.pending() == set()
    child.code = None
    for _ in range(4):
        run.supervisor.poll()
    run.supervisor.stop()
    assert child.code == 0


def test_a_door_without_any_model_of_ours_is_waited_for(run: Run, statuses: dict[str, str]) -> None:
    statuses.clear()
    run.serve([])
    assert run.supervisor.pending() == {supervisor.DOOR}


def test_without_a_gateway_the_manifest_is_not_followed(tmp_path: Path) -> None:
    run = Run(tmp_path, gateway=False)
    run.serve([run.result("a")])
    run.supervisor.poll()
    assert run.reloader.served == []


@pytest.mark.parametrize("gateway", [True, False])
def test_models_are_pending_until_ready_or_failed(
    *, gateway: bool, tmp_path: Path, statuses: dict[str, str]
) -> None:
    run = Run(tmp_path, gateway=gateway)
    run.serve([run.result("a", service="zoo"), run.result("b", service="zoo")])
    statuses |= {"a": "starting", "b": "failed"}
    assert run.supervisor.pending() == {"a"}
    statuses.clear()
    door = {supervisor.DOOR} if gateway else set()
    assert run.supervisor.pending() == {"a", "b"} | door


def test_models_that_take_too_long_are_told_and_the_run_goes_on(
    run: Run, statuses: dict[str, str]
) -> None:
    run.serve([run.result("a"), run.result("b")])
    statuses["b"] = "starting"
    run.supervisor.wait_until_ready()
    assert run.reports == [f"not ready after 120 s: b (see {run.folder / 'logs'})"]
