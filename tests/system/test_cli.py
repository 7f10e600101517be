"""The commands, as a person types them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from passerelle.client import Client, errors
from tests.support import stack

CAT = str(stack.PICTURES / "chelsea.png")


def passerelle(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "passerelle", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=stack.ROOT, check=False)


@pytest.mark.parametrize(
    "command",
    ["", "up", "bake", "evaluate", "check", "models", "predict", "keys new", "schema", "init"],
)
def test_every_command_has_help(command: str) -> None:
    shown = passerelle(*command.split(), "--help")
    assert shown.returncode == 0
    assert "Usage:" in shown.stdout
    assert len(shown.stdout.splitlines()) > 4


def test_the_command_line_imports_nothing_that_only_an_extra_brings() -> None:
    code = "import passerelle.cli.main, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=stack.ROOT, check=True
    )
    heavy = {"cachetools", "flask", "google.auth", "grimp", "gunicorn", "numpy", "PIL", "torch"}
    assert not heavy & set(done.stdout.split())


def test_models_lists_what_runs(up: stack.Stack) -> None:
    shown = passerelle("models", "--url", up.url, "--state", str(up.state))
    assert shown.returncode == 0
    for number in range(3):
        assert f"efficientnet-lite{number} " in shown.stdout
    assert shown.stdout.count(" ready ") == 4


def test_predict_names_the_cat(up: stack.Stack) -> None:
    shown = passerelle(
        "predict", CAT, "--model", "efficientnet-lite2", "--top", "2", "--url", up.url,
        "--key", up.key,
    )  # fmt: skip
    assert shown.returncode == 0
    assert "efficientnet-lite2: Egyptian cat" in shown.stdout
    assert shown.stdout.count("%") == 2


def test_predict_asks_the_first_model_unless_told(up: stack.Stack) -> None:
    shown = passerelle("predict", CAT, "--url", up.url, "--state", str(up.state))
    assert "efficientnet-lite0:" in shown.stdout


def test_an_error_is_a_sentence_and_a_failed_command(up: stack.Stack, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("hello")
    shown = passerelle("predict", str(tmp_path / "text.jpg"), "--url", up.url, "--key", up.key)
    assert shown.returncode == 1
    assert "Send a JPEG, PNG or WebP file. (request " in shown.stderr
    shown = passerelle("models", "--url", up.url, "--key", "wrong")
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "This key is unknown or expired" in shown.stderr


def test_no_gateway_is_told_with_what_to_do() -> None:
    with pytest.raises(errors.ConnectionFailed, match="Is `passerelle up` running"):
        Client(f"http://127.0.0.1:{stack.free_port()}").models()


def test_check_says_what_is_wrong_and_fails(tmp_path: Path) -> None:
    assert "4 models in 4 services, nothing wrong" in passerelle("check").stdout
    path = tmp_path / "models.yaml"
    path.write_text(
        "version: 1\nmodels: [{id: a, architecture: 'torchvision:vgg16', weights: 'file:no'}]"
    )
    shown = passerelle("check", "-f", str(path))
    assert shown.returncode == 1
    assert "write the path of one" in shown.stderr


def test_a_new_key_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    shown = passerelle("keys", "new", "--name", "alice", "--model", "a", "--expires", "2031-01-02",
                       "--state", str(tmp_path))  # fmt: skip
    key = shown.stdout.strip()
    kept = (tmp_path / "keys.yaml").read_text()
    assert key.startswith("psl_")
    assert key not in kept
    assert "name: alice" in kept
    assert "expires: '2031-01-02'" in kept
    assert "not shown again" in shown.stderr


def test_bake_makes_the_named_models_only(state: Path) -> None:
    shown = passerelle("bake", "efficientnet-lite1", "--state", str(state))
    assert shown.returncode == 0
    assert shown.stdout.startswith("efficientnet-lite1: ")
    folder = Path(shown.stdout.split(": ")[1].strip())
    assert json.loads((folder / "card.json").read_text())["id"] == "efficientnet-lite1"
    assert passerelle("bake", "none-such", "--state", str(state)).returncode == 1


def test_a_module_of_ones_own_is_baked_once(tmp_path: Path) -> None:
    """The command itself, which unlike `python -m` has no current folder to import from."""
    (tmp_path / "own_net.py").write_text(
        "import torch\n\ndef net():\n    return torch.nn.Sequential(\n"
        "        torch.nn.Conv2d(3, 4, 8), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())\n"
    )
    entry = "{id: own, architecture: 'own_net:net', weights: random, input: {size: 32}}"
    (tmp_path / "models.yaml").write_text(f"version: 1\nmodels: [{entry}]")
    command = [str(Path(sys.executable).with_name("passerelle")), "bake"]
    made = []
    for _ in range(2):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        made.append((done.stdout.splitlines()[-1], "baking own" in done.stdout))
    assert made[0][0] == made[1][0]
    assert [baked for _, baked in made] == [True, False]


@pytest.mark.parametrize("command", ["check", "bake", "up --no-page"])
def test_a_module_named_like_a_package_of_ours_gets_a_sentence(
    command: str, tmp_path: Path
) -> None:
    (tmp_path / "services.py").write_text("")
    entry = "{id: a, architecture: 'services:net', weights: random, input: {size: 32}}"
    (tmp_path / "models.yaml").write_text(f"version: 1\nmodels: [{entry}]")
    port = {"PORT": str(stack.free_port())}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("passerelle")), *command.split()],
        cwd=tmp_path, env=os.environ | port, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "services is a package of Passerelle's; rename yours" in done.stderr


def test_a_bake_that_fails_fails_the_command(tmp_path: Path) -> None:
    path = tmp_path / "models.yaml"
    path.write_text(
        "version: 1\nmodels: [{id: a, architecture: 'torchvision:vgg16', weights: 'file:no'}]"
    )
    shown = passerelle("bake", "-f", str(path), "--state", str(tmp_path / "state"))
    assert shown.returncode == 1
    assert "a was not baked" in shown.stdout


@pytest.mark.parametrize("service", ["gateway", "services/model"])
def test_a_service_without_its_settings_says_which(service: str) -> None:
    config = stack.ROOT / service / "gunicorn.conf.py"
    command = [sys.executable, "-m", "gunicorn", "-c", str(config)]
    for environ, says in (
        ({}, "is not set; it names"),
        ({"PORT": "x", "PASSERELLE_KEYS": "k", "PASSERELLE_ARTIFACTS": "a"}, "PORT is 'x'"),
        ({"PASSERELLE_KEYS": "none", "PASSERELLE_ARTIFACTS": "none"}, "none"),
    ):
        ended = subprocess.run(command, env=environ, capture_output=True, text=True,
                               cwd=stack.ROOT, check=False, timeout=30)  # fmt: skip
        assert ended.returncode == 1
        assert says in ended.stderr
        assert "Traceback" not in ended.stderr
