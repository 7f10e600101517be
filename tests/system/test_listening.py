"""Where processes listen: IPv6, sockets, one setting for the process and its health check."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.support import processes, small_net, stack

GATEWAY = "gateway/Dockerfile"
PAGE = "services/frontend/Dockerfile"
MODEL = "services/model/Dockerfile"


def has_ipv6() -> bool:
    """Whether this machine can listen on ::1."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


def run(*words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*stack.PASSERELLE, *words], capture_output=True, text=True, check=False,
        env=os.environ | environ, cwd=stack.ROOT,
    )  # fmt: skip


@ipv6
@pytest.mark.parametrize("host", ["::1", "::"])
def test_a_whole_run_listens_on_ipv6(tmp_path: Path, host: str) -> None:
    manifest = small_net.write(tmp_path)
    up = stack.Stack(manifest, tmp_path / "state", "--host", host)
    try:
        up.wait_until_up()
        url = f"http://[::1]:{up.port}"
        assert f"'{url}/model/first/predict'" in up.printed
        assert f"Open http://[::1]:{up.page_port}" in up.printed
        picture = str(stack.PICTURES / "chelsea.png")
        for where in (("--state", str(up.state)), ("--url", url, "--key", up.key)):
            done = run("predict", picture, *where)
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith("first: ")
        page = requests.get(f"http://[::1]:{up.page_port}/", timeout=10)
        assert page.ok
        assert 'value="first"' in page.text
        if host == "::":  # which takes those who come by IPv4, too
            assert requests.get(f"{up.url}/health/live", timeout=5).ok
    finally:
        assert up.stop() == 0


@ipv6
def test_a_service_is_found_by_its_address_of_ipv6(tmp_path: Path, state: Path) -> None:
    at = f"[::1]:{stack.free_port()}"
    with (
        processes.service(processes.artifact(state / "artifacts"), at),
        processes.gateway(tmp_path, f"http://{at}") as door,
    ):
        stack.wait_for(lambda: door.model()["status"] == "ready", 30)
        assert door.predict().ok


@pytest.mark.parametrize("host", ["2001:db8::1", "192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_this_machine_has_not_is_told(tmp_path: Path, host: str) -> None:
    done = run("up", "-f", str(small_net.write(tmp_path)), "--state", str(tmp_path), "--host", host)
    assert done.returncode == 1
    assert f"address {host}" in done.stderr
    assert "--host 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr


def health(dockerfile: str, **environ: str) -> int:
    """The exit code of an image's own health check, run as its shell runs it."""
    text = (stack.ROOT / dockerfile).read_text()
    command = re.search(r"^HEALTHCHECK .*\\\n +CMD (.+)", text, re.MULTILINE)
    assert command
    plain = {name: value for name, value in os.environ.items() if name != "PORT"}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command[1]], cwd=stack.ROOT, env=plain | {"PATH": path} | environ,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.stderr
    return done.returncode


@contextmanager
def serving(dockerfile: str, folder: Path, **environ: str) -> Iterator[None]:
    """The process of an image's folder, for as long as the block lasts."""
    (folder / "keys.yaml").write_text("keys: []\n")
    (folder / "key").write_text("psl_00000000_" + "A" * 43)
    own = {
        "PASSERELLE_MANIFEST": str(stack.ROOT / "models.yaml"),
        "PASSERELLE_KEYS": str(folder / "keys.yaml"),
        "PASSERELLE_KEY_FILE": str(folder / "key"),
        "PASSERELLE_UPSTREAM": "http://127.0.0.1:9",
    }
    config = stack.ROOT / Path(dockerfile).with_name("gunicorn.conf.py")
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [*stack.PYTHON, "-m", "gunicorn", "-c", str(config)],
            env=os.environ | own | environ, cwd=stack.ROOT, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield
        assert child.poll() is None, (folder / "log").read_text()
    finally:
        child.terminate()
        child.wait(15)


LISTEN = [
    "127.0.0.1:{port}",
    "0.0.0.0:{port}",
    "unix:{folder}/a",
    "localhost:{port},unix:{folder}/b",
]
LISTEN += ["[::1]:{port}", "[::]:{port}"] if has_ipv6() else []


@pytest.mark.parametrize("listen", LISTEN)
def test_an_image_asks_for_its_health_where_it_was_told_to_listen(
    tmp_path: Path, listen: str
) -> None:
    bind = {"PASSERELLE_BIND": listen.format(port=stack.free_port(), folder=tmp_path), "PORT": "9"}
    assert health(GATEWAY, **bind) == 1
    with serving(GATEWAY, tmp_path, **bind):
        stack.wait_for(lambda: health(GATEWAY, **bind) == 0, 30)


@pytest.mark.parametrize("dockerfile", [GATEWAY, PAGE, MODEL])
def test_a_port_is_enough_for_the_process_and_its_health_check(
    tmp_path: Path, state: Path, dockerfile: str
) -> None:
    environ = {"PORT": str(stack.free_port())}
    if dockerfile == MODEL:
        environ["PASSERELLE_ARTIFACTS"] = str(processes.artifact(state / "artifacts"))
    with serving(dockerfile, tmp_path, **environ):
        stack.wait_for(lambda: health(dockerfile, **environ) == 0, 30)
