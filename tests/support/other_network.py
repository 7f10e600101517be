"""A network of its own, on which a web server has an address that counts as public.

Who fetches pictures asks public addresses alone, so that nothing on this machine's own would do.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Whoever asks for one of these gets it from the server below, and from nobody else meanwhile.
PUBLIC, OTHER = "5.5.5.5", "5.5.5.6"  # of a provider of mobile telephony's
INSIDE, HERE = "10.254.254.2", "10.254.254.1"


def is_possible() -> bool:
    """Whether this process may make networks."""
    return os.geteuid() == 0 and all(map(shutil.which, ("ip", "nsenter", "openssl", "unshare")))


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Wait until no other process of this machine has such a network, and have it alone."""
    with (Path(tempfile.gettempdir()) / "passerelle-other-network.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def serving(script: Path, *arguments: str) -> Iterator[None]:
    """A Python script runs in that network, where PUBLIC, OTHER and INSIDE are its own addresses.

    It must print a line once it listens. Of several processes of tests one at a time has it.
    """
    with alone(), running(script, *arguments):
        yield


@contextlib.contextmanager
def running(script: Path, *arguments: str) -> Iterator[None]:
    """The same for who is alone."""
    command = ["unshare", "--net", sys.executable, "-u", "-c", WAIT, str(script), *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    near, far = f"pn{process.pid}", f"pf{process.pid}"
    try:
        assert process.stdout.readline() == b"in\n"
        inside = ("nsenter", "--target", str(process.pid), "--net", "ip")
        _run("ip", "link", "add", near, "type", "veth", "peer", "name", far)
        _run("ip", "link", "set", far, "netns", str(process.pid))
        for address in (f"{INSIDE}/30", f"{PUBLIC}/32", f"{OTHER}/32"):
            _run(*inside, "address", "add", address, "dev", far)
        _run(*inside, "link", "set", far, "up")
        _run(*inside, "link", "set", "lo", "up")
        _run("ip", "address", "add", f"{HERE}/30", "dev", near)
        _run("ip", "link", "set", near, "up")
        for address in (PUBLIC, OTHER):
            _run("ip", "route", "add", f"{address}/32", "via", INSIDE)
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.stdout.readline()
        yield
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
        subprocess.run(["ip", "link", "delete", near], check=False, capture_output=True)


WAIT = """\
import runpy, sys
print("in")
sys.stdin.readline()
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
