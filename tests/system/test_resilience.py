"""What happens when a model dies, hangs, or talks nonsense: the others never notice."""

import contextlib
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from passerelle.local import local_state
from tests.support import stack
from tests.system.test_gateway import problem

LITE0, LITE1 = "efficientnet-lite0", "efficientnet-lite1"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """A stack that these tests may hurt, whose models must answer within 2 s."""
    from tests.conftest import shared_state

    folder = tmp_path_factory.mktemp("own")
    text = (stack.ROOT / "models.yaml").read_text()
    (folder / "models.yaml").write_text(text.replace("models:", "defaults: {timeout: 2s}\nmodels:"))
    with stack.running(folder / "models.yaml", shared_state(folder / "state")) as running:
        yield running


def test_a_killed_model_comes_back_and_the_others_never_notice(own: stack.Stack) -> None:
    others: list[int] = []
    stop = threading.Event()
    worker = own.service(LITE0)

    def ask_another() -> None:
        while not stop.is_set():
            others.append(own.predict(LITE1).status_code)

    asking = threading.Thread(target=ask_another)
    asking.start()
    try:
        os.killpg(os.getpgid(worker), signal.SIGKILL)
        told = own.predict(LITE0)
        for _ in range(3):  # cut off, or nobody there: by then the gateway knows
            if told.status_code == 503:
                break
            assert "Try again" in problem(told, 502)["detail"]
            told = own.predict(LITE0)
        assert "unavailable" in problem(told, 503)["detail"]
        assert int(told.headers["Retry-After"]) >= 1
        stack.wait_for(lambda: own.predict(LITE0).ok, 15)
    finally:
        stop.set()
        asking.join()
    assert len(others) > 5
    assert set(others) == {200}
    assert f"{LITE0} was killed by signal 9; starting it again" in own.printed


def test_a_model_that_hangs_is_a_timeout_and_recovers(own: stack.Stack) -> None:
    worker = own.service(LITE0)
    stack.wait_for(lambda: own.predict(LITE0).ok, 10)
    os.kill(worker, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        told = problem(own.predict(LITE0), 504)
        assert 1.9 < time.monotonic() - begin < 20
        assert "did not answer within 2 s" in told["detail"]
        stack.wait_for(lambda: own.statuses()[LITE0] == "unavailable", 8)
        problem(own.predict(LITE0), 503)  # and isn't waited for
        assert own.predict(LITE1).ok
    finally:
        os.kill(worker, signal.SIGCONT)
    stack.wait_for(lambda: own.predict(LITE0).ok, 10)


def test_a_killed_gateway_comes_back(own: stack.Stack) -> None:
    gateway = next(
        pid for pid in stack.children(own.process.pid)
        if "PASSERELLE_UPSTREAM=" in stack.environ(pid)
    )  # fmt: skip
    os.killpg(gateway, signal.SIGKILL)

    def answers() -> bool:
        try:
            return bool(own.predict(LITE0).ok)
        except requests.ConnectionError:
            return False

    stack.wait_for(answers, 15)


DRIPS = {  # answers that come too slowly, however steadily: what is sent at once, and drop by drop
    "slow-headers": (b"HTTP/1.1 200 OK\r\n", b"X"),
    "slow-body": (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", b" "),
}
NONSENSE = {
    "no-json": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "other-model": b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"model": "cat"}'[:-1],
    "no-http": b"220 mail.example.org ESMTP\r\n\r\n",
    "cut-short": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
    "too-large": b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b" " * 9_000_000,
    "bare-error": b"HTTP/1.1 500 X\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\noops",
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: http://example.org/\r\nContent-Length: 0\r\n\r\n",
    "hang-up": b"",
}


class Liar(socketserver.StreamRequestHandler):
    """A service that says its model is ready, and answers predictions with nonsense."""

    def handle(self) -> None:
        """Answer requests by their path."""
        while line := self.rfile.readline():
            length = 0
            while header := self.rfile.readline().strip():
                field, _, value = header.partition(b":")
                length = int(value) if field.lower() == b"content-length" else length
            self.rfile.read(length)
            path = line.decode().split()[1]
            name = path.split("/")[2].partition("?")[0] if path.startswith("/model/") else ""
            if path.endswith("/predict") and name in DRIPS:
                self.drip(*DRIPS[name])
                return
            if path.endswith("/predict"):
                with contextlib.suppress(OSError):  # it may hang up on too much nonsense
                    self.wfile.write(NONSENSE[name])
                return
            state = {"status": "ready", "reason": "", "digest": "0"}
            said = state if name else {"models": dict.fromkeys([*NONSENSE, *DRIPS], state)}
            body = json.dumps(said).encode()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def drip(self, at_once: bytes, drop: bytes) -> None:
        """Answer by and by, until the other side has had enough."""
        with contextlib.suppress(OSError):
            self.wfile.write(at_once)
            for _ in range(100):
                self.wfile.write(drop)
                time.sleep(0.1)


@pytest.fixture(scope="module")
def lied_to(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """A real gateway alone, with the liar as its only service."""
    folder = tmp_path_factory.mktemp("lied")
    listed = "".join(
        f"  - {{id: {name}, service: liar, architecture: 'torchvision:vgg16', weights: random}}\n"
        for name in [*NONSENSE, *DRIPS]
    )
    text = f"version: 1\ndefaults: {{timeout: 1s}}\nmodels:\n{listed}"
    (folder / "models.yaml").write_text(text)
    local_state.ensure_demo_key(folder)
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Liar)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = stack.free_port()
    environ = {
        "PASSERELLE_MANIFEST": str(folder / "models.yaml"),
        "PASSERELLE_KEYS": str(local_state.keys_file(folder)),
        "PASSERELLE_UPSTREAM": f"liar=http://127.0.0.1:{server.server_address[1]}",
        "PASSERELLE_BIND": f"127.0.0.1:{port}",
        "PASSERELLE_REFUSE_OTHERS": "0",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", str(stack.ROOT / "gateway/gunicorn.conf.py")]
    process = subprocess.Popen(command, env=os.environ | environ, cwd=stack.ROOT)
    gateway = stack.Stack.__new__(stack.Stack)  # the same questions, of a gateway alone
    gateway.state, gateway.url, gateway.port = folder, f"http://127.0.0.1:{port}", port
    try:
        stack.wait_for(lambda: answers_ready(gateway.url), 20)
        yield gateway
    finally:
        process.terminate()
        process.wait(15)
        server.shutdown()
        server.server_close()


def answers_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/health/ready", timeout=2).ok
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_never_passed_on(name: str, lied_to: stack.Stack) -> None:
    told = problem(lied_to.predict(name), 502)
    assert "makes no sense" in told["detail"] or "broke off" in told["detail"]


@pytest.mark.parametrize("name", DRIPS)
def test_an_answer_that_drips_is_bounded_by_the_timeout(name: str, lied_to: stack.Stack) -> None:
    begin = time.monotonic()
    told = problem(lied_to.predict(name), 504)
    assert 0.9 < time.monotonic() - begin < 8
    assert "did not answer within 1 s" in told["detail"]


def test_random_weights_are_said_plainly(lied_to: stack.Stack) -> None:
    told = lied_to.get("/models/hang-up").json()
    assert told["weights"] == "random"
    assert "answers mean nothing" in told["note"]
