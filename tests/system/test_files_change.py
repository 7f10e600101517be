"""What changes under a running mesh is taken up: nothing stale, and no request is lost."""

import contextlib
import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
import safetensors.numpy

from gateway.keys import api_keys, key_file
from passerelle.local import key_changes, local_state
from tests.support import small_net, stack

BAKE = 60  # seconds that a bake and a start have, on a machine that does other things as well
SOON = 5.0  # seconds within which a change is taken up
HELPER = """\
from pathlib import Path

SCALE = +1 * int(Path(__file__).with_name("si" + "gn").read_text())
"""
SOURCE = small_net.SOURCE.replace("import torch", "import torch\nfrom layers import SCALE").replace(
    "return ", "return SCALE * "
)
MANIFEST = f"""{small_net.MANIFEST.replace("random", "file:net.safetensors")}\
    labels: file:names.txt
"""


def save(file: Path, best: int) -> None:
    """A checkpoint of the small network by which one class is the best of any picture."""
    bias = np.eye(4, dtype=np.float32)[best]
    layer = {"layer.weight": np.zeros((4, 3, 8, 8), np.float32), "layer.bias": bias}
    safetensors.numpy.save_file(layer, file)


def write(folder: Path) -> Path:
    """The small network with a helper, a checkpoint and labels; the manifest's path."""
    path = small_net.write(folder, MANIFEST)
    (folder / "small_net.py").write_text(SOURCE)
    (folder / "layers.py").write_text(HELPER)
    (folder / "sign").write_text("+1")
    (folder / "names.txt").write_text("a\nb\nc\nd\n")
    save(folder / "net.safetensors", best=0)
    return path


@contextlib.contextmanager
def asked(status: Callable[[], int]) -> Iterator[None]:
    """Something that is asked for all the time inside the block, and each time given."""
    seen: Counter[int] = Counter()
    stop = threading.Event()

    def ask() -> None:
        while not stop.wait(0.1):
            seen[status()] += 1

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        stop.set()
        asking.join()
    assert set(seen) == {200}


@contextlib.contextmanager
def running(manifest: Path) -> Iterator[stack.Stack]:
    """A run of the small network that is asked all the time, and never in vain."""
    with (
        stack.running(manifest, manifest.parent / "state") as up,
        asked(lambda: int(up.predict("first").status_code)),
    ):
        yield up


def category(up: stack.Stack) -> str:
    return str(up.predict("first").json()["category"])


def in_place(new: Path, old: Path) -> None:
    old.write_bytes(new.read_bytes())


def by_a_rename(new: Path, old: Path) -> None:
    new.rename(old)


def exchange(
    old: Path, write_new: Callable[[Path], object], how: Callable[[Path, Path], None]
) -> None:
    """Write a file anew with the same length and the same time."""
    new, before = old.with_name(f"new-{old.name}"), old.stat()
    write_new(new)
    assert new.stat().st_size == before.st_size
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    how(new, old)
    os.utime(old, ns=(before.st_atime_ns, before.st_mtime_ns))


def taken_up(up: stack.Stack, change: Callable[[], object], expected: str) -> None:
    """Make a change: its bake begins soon, and then it is what answers."""
    bakes = up.printed.count("baking first")
    change()
    stack.wait_for(lambda: up.printed.count("baking first") > bakes, SOON)
    stack.wait_for(lambda: category(up) == expected, BAKE)


def test_checkpoint_labels_and_helper_are_taken_up_with_the_same_length_and_time(
    tmp_path: Path,
) -> None:
    with running(write(tmp_path)) as up:
        checkpoint, names, helper = (
            tmp_path / name for name in ("net.safetensors", "names.txt", "layers.py")
        )
        assert category(up) == "a"
        taken_up(up, lambda: exchange(checkpoint, lambda new: save(new, 1), in_place), "b")
        taken_up(up, lambda: exchange(checkpoint, lambda new: save(new, 2), by_a_rename), "c")
        text = "a\nb\nC\nd\n"
        taken_up(up, lambda: exchange(names, lambda new: new.write_text(text), in_place), "C")
        text = HELPER.replace("+1", "-1")
        taken_up(up, lambda: exchange(helper, lambda new: new.write_text(text), by_a_rename), "a")
        sign = tmp_path / "sign"  # whose name shows only when the helper runs
        taken_up(up, lambda: exchange(sign, lambda new: new.write_text("-1"), in_place), "C")
        assert "what first is baked from was changed and is taken up" in up.printed


def test_a_checkpoint_is_waited_for_while_it_is_copied_and_a_broken_one_changes_nothing(
    tmp_path: Path,
) -> None:
    with running(write(tmp_path)) as up:
        checkpoint, new = tmp_path / "net.safetensors", tmp_path / "new"
        save(new, 1)
        whole = new.read_bytes()
        checkpoint.write_bytes(whole[:100])
        stack.wait_for(lambda: "first was not baked; the one before goes on" in up.printed, BAKE)
        assert category(up) == "a"
        told = up.printed
        with checkpoint.open("wb") as copied:
            for byte in range(0, len(whole), 200):
                copied.write(whole[byte : byte + 200])
                copied.flush()
                time.sleep(0.1)
        stack.wait_for(lambda: category(up) == "b", BAKE)
        assert up.printed.count("was not baked") == told.count("was not baked")
        checkpoint.rename(new)
        stack.wait_for(lambda: "is not a file" in up.printed, BAKE)
        assert category(up) == "b"


def test_links_that_are_exchanged_are_taken_up(tmp_path: Path) -> None:
    """As Kubernetes exchanges what it mounts: all files at once, by one link to their folder."""
    write(tmp_path)
    for number in (1, 2):
        release = tmp_path / f"release{number}"
        release.mkdir()
        shutil.copy(tmp_path / "models.yaml", release)
        save(release / "net.safetensors", best=number)
    (tmp_path / "..data").symlink_to("release1")
    for name in ("models.yaml", "net.safetensors"):
        (tmp_path / name).unlink()
        (tmp_path / name).symlink_to(f"..data/{name}")

    def swap() -> None:
        (tmp_path / "new").symlink_to("release2")
        (tmp_path / "new").rename(tmp_path / "..data")

    with running(tmp_path / "models.yaml") as up:
        assert category(up) == "b"
        taken_up(up, swap, "c")


def key_of_the_same_length() -> tuple[str, api_keys.Key]:
    """A key whose prefix stands in the file without quotes, which YAML puts around a number."""
    while True:
        text, key = api_keys.new("alice", ("*",), None)
        if not key.prefix.isdecimal():
            return text, key


def test_keys_are_added_and_revoked_with_the_same_length_and_time(tmp_path: Path) -> None:
    state = tmp_path / "state"
    file = local_state.keys_file(state)
    made = [key_of_the_same_length() for _ in range(2)]
    with stack.running(small_net.write(tmp_path), state) as up:
        demo = list(key_file.read(file).by_prefix.values())

        def status(text: str) -> int:
            return int(up.get("/models", headers={"X-API-Key": text}).status_code)

        with asked(lambda: status(up.key)):  # which stays good all the while
            key_changes.write(file, [*demo, made[0][1]])
            stack.wait_for(lambda: status(made[0][0]) == 200, SOON)
            for how, revoked, added in ((in_place, 0, 1), (by_a_rename, 1, 0)):
                keys = [*demo, made[added][1]]
                exchange(file, lambda new, keys=keys: key_changes.write(new, keys), how)  # type: ignore[misc]  # a lambda's default
                stack.wait_for(lambda old=revoked: status(made[old][0]) == 401, SOON)  # type: ignore[misc]  # the same
                assert status(made[added][0]) == 200
            file.write_text("keys: [")
            time.sleep(SOON)
            file.unlink()
            time.sleep(SOON)
            assert status(made[0][0]) == 200


def test_the_pages_key_is_exchanged_without_a_lost_visit(tmp_path: Path) -> None:
    state = tmp_path / "state"
    key = state / "frontend.key"
    with stack.running(small_net.write(tmp_path), state) as up:
        old, (new, _) = key.read_text().strip(), api_keys.new("frontend", ("*",), None)

        def known(text: str) -> bool:
            return bool(up.get("/models", headers={"X-API-Key": text}).ok)

        with asked(lambda: requests.get(f"{up.page}/status", timeout=10).status_code):
            exchange(key, lambda file: file.write_text(f"{new}\n"), in_place)
            stack.wait_for(lambda: known(new) and not known(old), SOON)
            key.unlink()
            time.sleep(SOON)
            assert known(new)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="processor times are Linux's")
def test_watching_what_does_not_change_costs_next_to_nothing(tmp_path: Path) -> None:
    with stack.running(write(tmp_path), tmp_path / "state") as up:
        time.sleep(SOON)  # past what the start has to look into
        before = processor_seconds(up.process.pid)
        time.sleep(10)
        assert processor_seconds(up.process.pid) - before < 0.3  # of 10 s


def processor_seconds(pid: int) -> float:
    """The processor time of a process without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
