"""A peer that runs: started with files and ports of its own, and stopped with all it started."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench import machine
from bench.peers.catalog import Peer
from bench.peers.venv import ROOT
from bench.stack import free_ports
from passerelle.local.process import die_with_parent

STOP = 8.0  # seconds that a peer has to stop by itself
PREPARE = 60.0  # seconds that its preparation may take
LOOK = 0.1  # seconds between two looks
LAST = 4  # lines of its log that tell why it doesn't run

Born = tuple[int, str]  # a process and when it began, so that no other is taken for it


class PeerError(Exception):
    """A peer that doesn't run; the text says why."""


class Process:
    """One peer's process, in a session of its own."""

    key = ""  # it asks for none

    def __init__(self, peer: Peer, venv: Path, artifact: Path | None, folder: Path) -> None:
        ports = free_ports(3)
        self.url = f"http://127.0.0.1:{ports[0]}"
        self.log = folder / "log"
        self.words = {"port": ports[0], "port2": ports[1], "port3": ports[2], "folder": folder}
        self.words["workers"] = peer.workers
        self.peer, self.programs = peer, venv / "bin"
        self.environ = {
            **os.environ,
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "BENCH_PORT": str(ports[0]),
            "BENCH_ARTIFACT": str(artifact.resolve()) if artifact else "",
            **{name: self.filled(value) for name, value in peer.settings.items()},
        }

    def start(self) -> None:
        """Prepare, then start; the clock runs from here.

        Raises:
            PeerError: it couldn't be prepared.
        """
        if self.peer.prepare:
            try:
                subprocess.run(
                    self.command(self.peer.prepare),
                    cwd=ROOT, env=self.environ, timeout=PREPARE, check=True, capture_output=True,
                )  # fmt: skip
            except subprocess.SubprocessError as error:
                raise PeerError(f"not prepared: {error}") from None
        with self.log.open("wb") as output:
            self.child = subprocess.Popen(
                self.command(self.peer.command),
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # it takes no lock and calls one function
            )
        self.began = time.monotonic()

    def command(self, words: tuple[str, ...]) -> list[str]:
        """A command of its virtual environment, with its own port and folder in it."""
        program, *rest = map(self.filled, words)
        return [str(self.programs / program), *rest]

    def filled(self, word: str) -> str:
        """A word of the catalogue with this run's values in it."""
        return word.format(**self.words)

    @property
    def pids(self) -> list[int]:
        """All its processes."""
        return [pid for pid, _ in tree(self.child.pid)]

    @property
    def running(self) -> bool:
        """Whether its first process lives."""
        return self.child.poll() is None

    def last_words(self) -> str:
        """The end of what it printed."""
        said = self.log.read_text(errors="replace").replace(str(ROOT), ".")
        lines = [line.strip() for line in said.splitlines()]
        return " / ".join([line for line in lines if line][-LAST:])

    def stop(self) -> None:
        """Ask all of it to stop, then kill what is left of all that it started."""
        family = tree(self.child.pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGTERM)
        self.ended(family, STOP)
        for pid, _ in filter(alive, family):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.ended(family, STOP)

    def ended(self, family: list[Born], seconds: float) -> None:
        """Wait until none of them lives, at most so long."""
        end = time.monotonic() + seconds
        while any(map(alive, family)) and time.monotonic() < end:
            self.child.poll()
            time.sleep(LOOK)
        self.child.poll()


@contextlib.contextmanager
def started(peer: Peer, venv: Path, artifact: Path | None, folder: Path) -> Iterator[Process]:
    """A peer that is stopped at the end, whatever happens."""
    process = Process(peer, venv, artifact, folder)
    process.start()
    try:
        yield process
    finally:
        process.stop()


def tree(pid: int) -> list[Born]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    begins = {}
    for each in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (each / "stat").read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(each.name))
            begins[int(each.name)] = fields[19]
    found, queue = [], [pid]
    while queue:
        parent = queue.pop()
        if parent in begins:
            found.append((parent, begins[parent]))
        queue += children.get(parent, [])
    return found


def alive(born: Born) -> bool:
    """Whether that very process still lives, and is no zombie."""
    try:
        fields = Path(f"/proc/{born[0]}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[19] == born[1] and fields[0] != "Z"


def seconds(pids: list[int]) -> float:
    """Processor seconds that these processes, and what ended below them, have taken."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
    return total / machine.TICKS


def memory(pids: list[int]) -> float:
    """MB of memory that all these processes hold, shared pages counted once."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += machine.megabytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss")
    return total
