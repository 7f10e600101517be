"""passerelle/cli/up.py: what is refused before the start, and what a person is told after it."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from passerelle.cli import progress, up
from passerelle.local import baking, local_state, preflight, supervisor
from passerelle.local.options import Options
from passerelle.local.reload import Lineup
from tests.unit.cli import command
from tests.unit.cli.test_model_table import READY
from tests.unit.local.fake import model

ONE = "version: 1\nmodels: [{id: a, architecture: 'nets:net', weights: random, input: {size: 32}}]"


class Calls:
    """What was checked and run."""

    def __init__(self) -> None:
        self.ports: list[tuple[str, int, str]] = []
        self.extras: tuple[str, ...] = ()
        self.runs = 0
        self.baked = True
        self.lineup = Lineup(())


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Calls:
    made = Calls()

    def require_free_port(host: str, port: int, variable: str = "PORT") -> None:
        made.ports.append((host, port, variable))

    def require(*extras: str) -> None:
        made.extras = extras

    def run(_: object, lineup: Lineup, announce: Callable[[], None]) -> None:
        made.runs += 1
        made.lineup = lineup
        announce()
        raise KeyboardInterrupt

    def baked(models: list[object], artifacts: Path, _: object) -> list[baking.Result]:
        folder = artifacts / "a" if made.baked else None
        return [baking.Result(model("a"), folder) for _ in models]

    monkeypatch.setattr(preflight, "require_free_port", require_free_port)
    monkeypatch.setattr(preflight, "require", require)
    monkeypatch.setattr(preflight, "make_socket_folder", lambda: tmp_path)
    monkeypatch.setattr(progress, "baked", baked)
    monkeypatch.setattr(supervisor.Supervisor, "run", run)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    command.gateway(monkeypatch, {"models": [READY]})
    return made


def run(folder: Path, *words: str, text: str = command.MANIFEST) -> Result:
    path = command.manifest(folder, text)
    return command.run("up", "-f", str(path), "--state", str(folder / "state"), *words)


def test_the_models_a_line_to_paste_and_the_page_are_told(calls: Calls, tmp_path: Path) -> None:
    shown = run(tmp_path, "--port", "8090", "--page-port", "8010")
    assert (shown.exit_code, calls.runs) == (0, 1)
    assert "a-long-name" in shown.output
    assert "Open http://127.0.0.1:8010" in shown.output
    key = local_state.demo_key(tmp_path / "state")
    assert f"curl -H 'X-API-Key: {key}' --data-binary @" in shown.output
    assert "http://127.0.0.1:8090/model/a/predict" in shown.output
    assert shown.output.splitlines()[-1] == "stopped"
    assert local_state.address(tmp_path / "state") == "http://127.0.0.1:8090"


def test_both_ports_are_checked_each_with_its_variable(calls: Calls, tmp_path: Path) -> None:
    run(tmp_path, "--host", "0.0.0.0")
    assert calls.ports == [("0.0.0.0", 8080, "PORT"), ("0.0.0.0", 8000, "PAGE_PORT")]
    assert calls.extras == ("local",)


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_address_of_ipv6_is_told_in_brackets_and_in_quotes(
    calls: Calls, tmp_path: Path, host: str
) -> None:
    shown = run(tmp_path, "--host", host)
    assert calls.ports[0] == ("::1", 8080, "PORT")
    assert "Open http://[::1]:8000" in shown.output
    assert "'http://[::1]:8080/model/a/predict'" in shown.output


def test_no_host_is_every_interface(calls: Calls, tmp_path: Path) -> None:
    run(tmp_path, "--host", "")
    assert calls.ports[0] == ("0.0.0.0", 8080, "PORT")


def test_what_does_not_run_needs_no_port_and_no_packages(calls: Calls, tmp_path: Path) -> None:
    run(tmp_path, "--no-page")
    assert [variable for _, _, variable in calls.ports] == ["PORT"]
    assert calls.extras == ("bake", "gateway")


def test_a_service_by_itself_needs_no_packages_of_the_gateway(calls: Calls, tmp_path: Path) -> None:
    run(tmp_path, "--no-gateway", text=ONE)
    assert calls.extras == ("bake",)


def test_one_service_without_a_gateway_is_told_without_a_key(calls: Calls, tmp_path: Path) -> None:
    shown = run(tmp_path, "--no-gateway", text=ONE)
    assert calls.runs == 1
    assert "curl --data-binary @" in shown.output
    assert "Open " not in shown.output
    assert "Docs: " not in shown.output


BACKENDS = """
version: 1
models: [{id: ocr, backend: {%s}}]
"""


def test_backends_alone_need_no_packages_of_a_bake(calls: Calls, tmp_path: Path) -> None:
    shown = run(tmp_path, text=BACKENDS % "command: [sh]")
    assert (shown.exit_code, calls.runs) == (0, 1)
    assert calls.extras == ("gateway", "frontend")
    assert [each.id for each in calls.lineup.external] == ["ocr"]
    assert "Try it, or send what the service of ocr takes, as it takes it:" in shown.output
    assert "http://127.0.0.1:8080/model/ocr/predict" in shown.output


def test_backends_need_a_gateway(calls: Calls, tmp_path: Path) -> None:
    shown = run(tmp_path, "--no-gateway", text=BACKENDS % "command: [sh]")
    assert (shown.exit_code, calls.runs) == (1, 0)
    assert "ocr: asked by the gateway; omit --no-gateway" in shown.output


def test_several_services_need_a_gateway(calls: Calls, tmp_path: Path) -> None:
    shown = run(tmp_path, "--no-gateway")
    assert (shown.exit_code, calls.runs) == (1, 0)
    assert "--no-gateway takes one service" in shown.output


def test_nothing_is_started_where_nothing_could_be_baked(calls: Calls, tmp_path: Path) -> None:
    calls.baked = False
    shown = run(tmp_path)
    assert (shown.exit_code, calls.runs) == (1, 0)
    assert "No model could be baked: there is nothing to serve." in shown.output


def test_the_picture_is_there_and_named_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = up.picture()
    assert elsewhere.is_file()
    monkeypatch.chdir(elsewhere.resolve().parent.parent)
    assert up.picture() == Path("pictures/chelsea.png")
    monkeypatch.chdir(tmp_path)
    assert up.picture().is_absolute()


def test_a_path_with_a_space_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(up, "picture", lambda: Path("my pictures/cat.png"))
    options = Options(tmp_path / "models.yaml", tmp_path, "127.0.0.1", 8080, gateway=False)
    up.announce(options, Lineup((baking.Result(model("a"), tmp_path),)))
    assert "--data-binary '@my pictures/cat.png' http://" in capsys.readouterr().out
