"""passerelle/local/launch.py: what each process is started with."""

import os
from pathlib import Path

import pytest

from passerelle.local import launch, process
from passerelle.local.launch import Launcher
from passerelle.local.options import Options
from tests.unit.local import fake


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[process.Command]:
    """What was started."""
    commands: list[process.Command] = []

    def spawn(command: process.Command) -> fake.Child:
        commands.append(command)
        return fake.Child()

    monkeypatch.setattr(process.Command, "spawn", spawn)
    return commands


def launcher(folder: Path, *, gateway: bool = True, page_port: int | None = None) -> Launcher:
    manifest, state, sockets = (folder / name for name in ("models.yaml", "state", "sockets"))
    sockets.mkdir()
    return Launcher(Options(manifest, state, "0.0.0.0", 8080, gateway, page_port), sockets)


@pytest.mark.parametrize("package", ["gateway", "services.model", "services.frontend"])
def test_each_package_is_served_by_its_own_configuration(package: str) -> None:
    arguments = launch.gunicorn(package)
    assert arguments[1:4] == ["-m", "gunicorn", "-c"]
    assert arguments[4].endswith(f"{package.replace('.', '/')}/gunicorn.conf.py")
    assert Path(arguments[4]).is_file()


def test_a_package_that_is_not_there_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match="none"):
        launch.gunicorn("none")


def test_a_service_has_its_artifacts_and_a_new_socket_each_time(
    tmp_path: Path, spawned: list[process.Command]
) -> None:
    starts = launcher(tmp_path)
    first, second = (starts.service("net", (Path("/a"), Path("/b"))) for _ in range(2))
    assert first.address == f"unix:{tmp_path}/sockets/net.1"
    assert second.address == f"unix:{tmp_path}/sockets/net.2"
    assert spawned[0].environ["PASSERELLE_ARTIFACTS"] == f"/a{os.pathsep}/b"
    assert spawned[0].environ["PASSERELLE_BIND"] == first.address
    assert spawned[0].log == tmp_path / "state/logs/net.log"


def test_without_a_gateway_the_service_has_the_port(
    tmp_path: Path, spawned: list[process.Command]
) -> None:
    assert launcher(tmp_path, gateway=False).service("net", ()).address == "0.0.0.0:8080"
    assert spawned[0].environ["PASSERELLE_BIND"] == "0.0.0.0:8080"


@pytest.mark.usefixtures("spawned")
def test_the_link_leads_to_the_process_that_serves_now(tmp_path: Path) -> None:
    starts = launcher(tmp_path)
    for number in (1, 2):
        starts.link(starts.service("net", ()))
        assert (tmp_path / "sockets/net.sock").readlink() == tmp_path / f"sockets/net.{number}"


def test_the_gateway_follows_the_manifest_and_finds_services_at_their_links(
    tmp_path: Path, spawned: list[process.Command]
) -> None:
    launcher(tmp_path).gateway()
    environ = spawned[0].environ
    assert environ["PASSERELLE_MANIFEST"] == str(tmp_path / "models.yaml")
    assert environ["PASSERELLE_KEYS"] == str(tmp_path / "state/keys.yaml")
    assert environ["PASSERELLE_UPSTREAM"] == f"unix:{tmp_path}/sockets/{{service}}.sock"
    assert environ["PASSERELLE_PORTS"] == str(tmp_path / "sockets")
    assert environ["PASSERELLE_USAGE"] == str(tmp_path / "state/usage.db")
    assert environ["PASSERELLE_TRAFFIC"] == str(tmp_path / "state/traffic.db")
    assert environ["PASSERELLE_CAPTURE"] == str(tmp_path / "state/captured")
    assert environ["PASSERELLE_HEADER_FILES"] == ""  # which is of containers
    assert environ["PASSERELLE_BIND"] == "0.0.0.0:8080"
    assert "PASSERELLE_PAGE_KEY" not in environ
    assert environ["PASSERELLE_UPSTREAM_AUTH"] == ""  # whatever is set for services elsewhere


def test_the_page_and_the_gateway_share_a_key_that_is_there_first(
    tmp_path: Path, spawned: list[process.Command]
) -> None:
    starts = launcher(tmp_path, page_port=8000)
    starts.gateway()
    key = tmp_path / "state/frontend.key"
    assert key.read_text().startswith("psl_")
    starts.frontend()
    gateway, page = spawned
    assert gateway.environ["PASSERELLE_PAGE_KEY"] == page.environ["PASSERELLE_KEY_FILE"] == str(key)
    assert page.environ["PASSERELLE_GATEWAY"] == "http://127.0.0.1:8080"
    assert page.environ["PASSERELLE_BIND"] == "0.0.0.0:8000"
