"""Small classifiers of a picture's colour: one is wrong, and one takes its time."""

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image

from passerelle.local import baking
from passerelle.manifest import reading
from passerelle.manifest.model import Model, of_kind
from tests.support import processes, stack

SOURCE = """\
import torch

class Colours(torch.nn.Module):
    '''Which of three colours there is most of; turned, another.'''
    def __init__(self, turn=0):
        super().__init__()
        self.turn = turn

    def forward(self, batch):
        return torch.roll(batch.mean((2, 3)) * 20, self.turn, 1)
"""
MODELS = """\
version: 1
models:
  - id: old
    architecture: "variant_nets:Colours"
    weights: architecture
    labels: [red, green, blue]
    input: {size: 64, fit: squash, mean: 0, std: 1}
    service: zoo
  - {id: same, like: old, service: zoo}
  - {id: wrong, like: old, keywords: {turn: 1}, service: zoo}
  - {id: slow, like: old, service: slowly}
"""
SECONDS = 0.1  # that the slow one's service waits for each answer


def write(folder: Path, more: str = "") -> Path:
    """The network and its manifest in a folder; the manifest's path."""
    (folder / "variant_nets.py").write_text(SOURCE)
    path = folder / "models.yaml"
    path.write_text(MODELS + more)
    return path


@contextmanager
def serving(folder: Path, artifacts: Path) -> Iterator[str]:
    """The services of all of them; where they are, as PASSERELLE_UPSTREAM says it."""
    models = of_kind(Model, reading.read_manifest(write(folder)).models)
    infer = "request.infer(share_outputs=True)"
    delayed = f'__import__("time").sleep({SECONDS}); {infer}'
    code = processes.copy_code(
        folder / "slow-code", services__model__engines__openvino=[(infer, delayed)]
    )
    addresses = []
    with ExitStack() as running:
        for name, root in (("zoo", stack.ROOT), ("slowly", code)):
            own = folder / name
            own.mkdir()
            for each in models:
                if each.service == name:
                    baked = baking.bake(each, artifacts, lambda *_: None)
                    assert baked.folder, baked.error
                    (own / each.id).symlink_to(baked.folder.resolve())
            at = f"127.0.0.1:{stack.free_port()}"
            running.enter_context(processes.service(own, at, root))
            addresses.append(f"{name}=http://{at}")
        yield ",".join(addresses)


def picture(number: int) -> bytes:
    """A PNG of one of three colours; each number has its own picture."""
    colour = [10, 10, 10]
    colour[number % 3] = 200 + number // 3 % 50
    content = io.BytesIO()
    Image.new("RGB", (64, 64), tuple(colour)).save(content, "PNG")
    return content.getvalue()
