"""The environment as people have it: proxies, another project's settings, a plain locale."""

import contextlib
import http.client
import http.server
import os
import subprocess
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import small_net, stack

DEAD = "http://127.0.0.1:9"  # where nothing listens
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
BY_PROXY = dict.fromkeys(PROXIES, DEAD) | {"no_proxy": "", "NO_PROXY": ""}
OTHER_PROJECT = {
    "GUNICORN_CMD_ARGS": "--bind 127.0.0.1:9 --workers 4 --worker-class sync",
    "WEB_CONCURRENCY": "4",
    "FLASK_DEBUG": "1",
    "FLASK_APP": "other:app",
    "PYTHONWARNINGS": "error",
    "PYTHONOPTIMIZE": "2",
    "PASSERELLE_UPSTREAM": "http://other:80",
    "PASSERELLE_UPSTREAM_AUTH": "google",
    "PASSERELLE_BIND": "127.0.0.1:9",
    "OMP_NUM_THREADS": "1",
}
BARE = {
    "HOME": "/nonexistent",
    "TMPDIR": "/nonexistent",
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "COLUMNS": "20",
    "NO_COLOR": "1",
    "REQUESTS_CA_BUNDLE": "/none",
    "SSL_CERT_FILE": "/none",
}
TITLE = "Réseau 猫"


def passerelle(*words: str, **environ: str) -> str:
    """What a command prints, which must work."""
    done = subprocess.run(
        [*stack.PASSERELLE, *words], capture_output=True, text=True, check=False,
        env=os.environ | environ, cwd=stack.ROOT, errors="replace",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("environ", [BY_PROXY, OTHER_PROJECT, BARE], ids=["proxy", "other", "bare"])
def test_a_run_is_the_same_in_every_environment(tmp_path: Path, environ: dict[str, str]) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password something\n")
    netrc.chmod(0o600)
    text = small_net.MANIFEST + f"    title: {TITLE}\n"
    manifest, state = small_net.write(tmp_path, text), tmp_path / "state"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (environ | {"NETRC": str(netrc)}).items():
            patch.setenv(name, value)
        up = stack.Stack(manifest, state)
    own = environ | {"NETRC": str(netrc)}
    try:
        up.wait_until_up()
        picture = str(stack.PICTURES / "chelsea.png")
        assert "first: " in passerelle("predict", picture, "--state", str(state), **own)
        passerelle("models", "--state", str(state), **own)
        where = ("-f", str(manifest), "--state", str(state), "--no-plot")
        passerelle("evaluate", *where, str(stack.PICTURES), **own)
        assert up.get("/models").json()["models"][0]["title"] == TITLE
    finally:
        assert up.stop() == 0


class Proxy(http.server.BaseHTTPRequestHandler):
    """A forward proxy that knows one far host, and where it is."""

    asked: list[str]
    credentials: list[str]
    port: int

    def do_GET(self) -> None:  # the base class's name
        self.asked.append(self.path)
        self.credentials += self.headers.get_all("Authorization", [])
        url = urllib.parse.urlsplit(self.path)
        key = {"X-API-Key": self.headers.get("X-API-Key", "")}
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as link:
            link.request("GET", url.path, headers=key)
            answer = link.getresponse()
            body = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    folder = tmp_path_factory.mktemp("small")
    with stack.running(small_net.write(folder), folder / "state", "--no-page") as running:
        yield running


@pytest.fixture
def proxy(small: stack.Stack) -> Iterator[tuple[str, type[Proxy]]]:
    """A proxy's address, and what it was asked."""
    handler = type("Handler", (Proxy,), {"asked": [], "credentials": [], "port": small.port})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", handler
    server.shutdown()
    server.server_close()


def test_a_far_gateway_is_asked_by_the_proxy_without_foreign_credentials(
    small: stack.Stack, proxy: tuple[str, type[Proxy]], tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("default login someone password something\n")
    environ = {"NETRC": str(tmp_path / "netrc"), "http_proxy": proxy[0], "no_proxy": ""}
    far = ("models", "--url", "http://models.example.org/", "--key", small.key)
    assert "first" in passerelle(*far, **environ)
    assert proxy[1].asked == ["http://models.example.org/models"]
    assert not proxy[1].credentials
    near = ("models", "--url", small.url, "--key", small.key)
    assert "first" in passerelle(*near, **environ)
    assert len(proxy[1].asked) == 1


def test_a_proxy_that_does_not_answer_is_told() -> None:
    done = subprocess.run(
        [*stack.PASSERELLE, "models", "--url", "http://models.example.org", "--key", "none"],
        capture_output=True, text=True, check=False, env=os.environ | BY_PROXY, cwd=stack.ROOT,
    )  # fmt: skip
    assert done.returncode == 1
    assert "The environment's proxy for http://models.example.org does not answer" in done.stderr


def test_another_projects_packages_on_the_path_are_told(tmp_path: Path) -> None:
    (tmp_path / "gateway").mkdir()
    (tmp_path / "gateway" / "__init__.py").write_text("raise RuntimeError")
    done = subprocess.run(
        [*stack.PYTHON, "-P", "-m", "passerelle", "models"], capture_output=True, text=True,
        check=False, env=os.environ | {"PYTHONPATH": f"{tmp_path}:{stack.ROOT}"}, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"another gateway than Passerelle's, at {tmp_path}" in done.stderr
    assert "Traceback" not in done.stderr
