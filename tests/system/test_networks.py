"""Networks as people write them are baked and answer as torch does, or are told what is wrong."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from passerelle.artifact import card, labels
from services.bake import input_shape, torchvision_operators
from services.model import decode, engines
from tests.support import stack

torchvision = torchvision_operators.import_torchvision()
SIZE, RESIZE, CLASSES = 32, 40, 4

NETS = '''\
import json
import os
import subprocess
import sys
import threading
import urllib.request

import torch


class Net(torch.nn.Module):
    """Four classes, the same each time it is made."""

    def __init__(self, channels=3, eps=1e-5):
        super().__init__()
        torch.manual_seed(7)
        self.norm = torch.nn.BatchNorm2d(channels, eps=eps)
        self.patch = torch.nn.Conv2d(channels, 4, 8, stride=8)

    def forward(self, x):
        return 20 * self.patch(self.norm(x)).mean((2, 3))


class Compiled(Net):
    @torch.compile
    def forward(self, x):
        return super().forward(x)


class CastsInput(Net):
    def forward(self, x):
        return super().forward(x.half())


class Listed(Net):
    def __init__(self):
        super().__init__()
        self.layers = [torch.nn.Linear(4, 4)]


def half():
    return Net().half()


def double():
    net = Net().double()
    torch.set_default_dtype(torch.float64)
    return net


def parallel():
    return torch.nn.DataParallel(Net())


def lazy():
    net = Net()
    net.norm = torch.nn.LazyBatchNorm2d()
    return net


def by_file():
    with open("settings.json") as file:
        return Net(**json.load(file))


def loud(pid_file):
    print("made")
    os.write(1, b"by C\\n")
    os.chdir("/")
    threading.Thread(target=threading.Event().wait, args=(1,)).start()
    left = subprocess.Popen(["sleep", "600"])
    with open(pid_file, "w") as file:
        file.write(str(left.pid))
    return Net()


NONE = "none.json"
ready_made = Net()


def gpu():
    return Net().cuda()


def library():
    import cv2


def needs_file():
    open(NONE)


def pretrained():
    return urllib.request.urlopen("http://127.0.0.1:9/net.pth")


def program():
    sys.exit(2)


def pair():
    return Net(), "transforms"


def nothing():
    Net()


def meta():
    with torch.device("meta"):
        return Net()


def crash():
    import ctypes

    ctypes.string_at(0)
'''


class Net(torch.nn.Module):
    """As in NETS."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        torch.manual_seed(7)
        self.norm = torch.nn.BatchNorm2d(channels)
        self.patch = torch.nn.Conv2d(channels, CLASSES, 8, stride=8)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, channels, H, W) -> (N, 4)."""
        averaged: torch.Tensor = 20 * self.patch(self.norm(batch)).mean((2, 3))
        return averaged


def entry(name: str, architecture: str, **fields: Any) -> dict[str, Any]:
    shape = {"size": SIZE, "resize": RESIZE} | fields.pop("input", {})
    base = {"id": name, "architecture": architecture, "weights": "architecture", "input": shape}
    return base | fields


def bake(folder: Path, *entries: dict[str, Any]) -> tuple[str, dict[str, Path]]:
    """Bake a manifest as a person does; what was printed, on one line, and the folders by id."""
    (folder / "nets.py").write_text(NETS)
    (folder / "broken.py").write_text("x = 1\nclass Net(:\n    pass\n")
    (folder / "settings.json").write_text('{"channels": 3}')
    (folder / "models.yaml").write_text(json.dumps({"version": 1, "models": entries}))
    manifest, state = str(folder / "models.yaml"), str(folder / "state")
    command = [*stack.PASSERELLE, "bake", "-f", manifest, "--state", state]
    done = subprocess.run(
        command, cwd=stack.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False,
    )  # fmt: skip
    found = (folder / "state" / "artifacts").glob("*/card.json")
    folders = {card.read(each.parent).id: each.parent for each in found}
    assert (done.returncode == 0) == (len(folders) == len(entries)), done.stdout
    return " ".join(done.stdout.split()), folders


def expected(net: torch.nn.Module, picture: Image.Image, mode: str, **norm: Any) -> Any:
    """What torch gives for a picture, prepared by torchvision."""
    transforms = torchvision.transforms
    prepare = transforms.Compose(
        [
            transforms.Resize(RESIZE),
            transforms.CenterCrop(SIZE),
            transforms.ToTensor(),
            transforms.Normalize(**norm),
        ]
    )
    with torch.inference_mode():
        return net.eval()(prepare(picture.convert(mode))[None])[0].numpy()


RGB = {"mean": input_shape.MEAN[3], "std": input_shape.STD[3]}


def test_what_is_written_otherwise_is_the_same_network(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    left = tmp_path_factory.mktemp("left") / "pid"
    names = ("half", "double", "parallel", "lazy", "by_file", "ready_made", "Compiled")
    ids = {name: name.replace("_", "-").lower() for name in names}
    printed, folders = bake(
        tmp_path, *(entry(ids[name], f"nets:{name}") for name in names),
        entry("compiled-torch", "nets:Compiled", engine="torch"),
        entry("loud", "nets:loud", arguments=[str(left)]),
    )  # fmt: skip
    assert set(folders) == {*ids.values(), "compiled-torch", "loud"}, printed
    assert not stack.alive(int(left.read_text())), "a process that it left"
    cat = Image.open(io.BytesIO(stack.CAT))
    wanted = expected(Net(), cat, "RGB", **RGB)
    for name, folder in folders.items():
        made = card.read(folder)
        assert made.weights["kind"] == "architecture"
        other = {"half": "float16", "double": "float64"}
        assert made.weights["made_in"] == other.get(name, "float32")
        engine = engines.load(made.engine, folder, threads=1)
        inputs = {"pixels": decode.prepare(stack.CAT, made.input, 10**8).pixels[np.newaxis]}
        given = engine.infer(inputs)["logits"][0]
        assert np.abs(given - wanted).max() < 0.03 * np.abs(wanted).max(), name  # resizing rounds


def bake_refused(folder: Path) -> str:
    """What a bake of many networks that can't be baked prints."""
    torch.save(Net().state_dict(), folder / "net.pth")
    printed, folders = bake(
        folder,
        *(entry(f"m{number}", name) for number, name in enumerate(REFUSED)),
        entry("keyword", "nets:Net", keywords={"colour": 1}),
        entry("text", "nets:Net", keywords={"eps": "1e-3"}),
        entry("two", "nets:Net", keywords={"channels": 2}),
        entry("grey", "nets:Net", keywords={"channels": 1}),
        entry("listed", "nets:Listed", weights="file:net.pth"),
    )
    assert folders == {}
    return printed.replace(str(folder), "FOLDER")


def at(text: str) -> str:
    """Where a line of NETS is, as a refusal has it."""
    number = [line.strip() for line in NETS.splitlines()].index(text) + 1
    return f"(nets.py, line {number}: {text})"


REFUSED = {
    "nets:gpu": "nets:gpu can't be made: AssertionError: Torch not compiled with CUDA enabled",
    "nets:library": f"No module named 'cv2' {at('import cv2')}. Run pip install opencv",
    "nets:needs_file": f"'none.json' {at('open(NONE)')}. Relative paths begin at FOLDER",
    "nets:pretrained": "It wants the network, and got nothing from there.",
    "nets:program": f"it ended the program with sys.exit(2) {at('sys.exit(2)')}.",
    "nets:pair": "nets:pair gave a tuple of Net, str, no torch.nn.Module; write a function",
    "nets:nothing": "nets:nothing gave nothing; have it return the module.",
    "nets:meta": "nets:meta has no values: norm.weight is on the meta device.",
    "nets:crash": "the bake was ended by SIGSEGV in the step 'weights'",
    "nets:Nett": "nets:Nett: there is no Nett; did you mean Net?",
    "nets:CastsInput": "It is given one picture as float32 (1, 3, 32, 32), with weights in",
    "broken:Net": "broken:Net can't be made: SyntaxError: invalid syntax (broken.py, line 2",
}


TOLD = (
    *REFUSED.values(),
    "unexpected keyword argument 'colour'; check arguments and keywords. It takes (channels=3",
    "two was not baked: nets:Net takes 2 channels, which no picture has.",
    "nets:Net takes pictures of 1 channel, not of 3; write input: {channels: 1}.",
    "nets:Listed: layers holds a Linear in a plain list or dict",
)


def test_networks_that_can_not_be_baked_are_told_why(tmp_path: Path) -> None:
    refusals = bake_refused(tmp_path)  # for all of them, as it takes long
    assert [each for each in TOLD if each not in refusals] == [], refusals
    assert "unforeseen" not in refusals
    assert "try engine" not in refusals


def with_alpha() -> Image.Image:
    """The cat, which fades to the right."""
    cat = Image.open(io.BytesIO(stack.CAT)).convert("RGBA")
    row = np.linspace(255, 0, cat.width).astype(np.uint8)
    cat.putalpha(Image.fromarray(np.repeat(row[None], cat.height, 0)))
    return cat


def encoded(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


ALPHA = {"mean": [0.5, 0.4, 0.3, 0.2], "std": [0.2, 0.3, 0.4, 0.5]}


def test_grey_and_transparent_pictures_are_answered_as_by_torch(tmp_path: Path) -> None:
    printed, folders = bake(
        tmp_path,
        entry("grey", "nets:Net", keywords={"channels": 1}, input={"channels": 1}),
        entry(
            "grey-torch", "nets:Net", keywords={"channels": 1}, engine="torch",
            input={"channels": 1, "mean": 0.1307, "std": 0.3081},
        ),
        entry("alpha", "nets:Net", keywords={"channels": 4}, input={"channels": 4, **ALPHA}),
        entry(
            "alpha-int8", "nets:Net", keywords={"channels": 4}, precision="int8",
            input={"channels": 4, **ALPHA},
        ),
    )  # fmt: skip
    assert len(folders) == 4, printed
    cat, faded = Image.open(io.BytesIO(stack.CAT)), with_alpha()
    grey = expected(Net(1), cat, "L", mean=[0.449], std=[0.226])
    own = expected(Net(1), cat, "L", mean=[0.1307], std=[0.3081])
    alpha = expected(Net(4), faded, "RGBA", **ALPHA)
    with stack.running(tmp_path / "models.yaml", tmp_path / "state", "--no-page") as up:
        assert set(up.statuses().values()) == {"ready"}
        for picture, model, wanted in (
            (encoded(cat.convert("L"), "PNG"), "grey", grey),
            (encoded(cat, "PNG"), "grey", grey),
            (encoded(cat, "PNG"), "grey-torch", own),
            (encoded(faded, "PNG"), "alpha", alpha),
            (encoded(cat, "PNG"), "alpha", expected(Net(4), cat, "RGBA", **ALPHA)),
        ):
            scores = np.exp(wanted - wanted.max()) / np.exp(wanted - wanted.max()).sum()
            answer = up.predict(model, picture).json()["predictions"]
            assert {each["class_id"]: each["score"] for each in answer} == pytest.approx(
                dict(enumerate(scores)), abs=0.01
            )
        shown = {each["id"]: each for each in up.get("/models").json()["models"]}
        assert [shown[name]["card"]["input"]["channels"] for name in folders] == [
            4 if "alpha" in name else 1 for name in folders
        ]
        assert {each["note"] for each in shown.values()} == {None}
    assert labels.read(folders["grey"]) == [str(number) for number in range(CLASSES)]
