"""passerelle/cli/check.py: everything that is wrong, at once."""

from pathlib import Path

import pytest

from passerelle.local import preflight
from tests.support import onnx_files
from tests.unit.cli import command


def test_a_good_manifest_is_counted(tmp_path: Path) -> None:
    shown = command.run("check", "-f", str(command.manifest(tmp_path)))
    assert shown.exit_code == 0
    assert "2 models in 2 services, nothing wrong" in shown.output


def test_backends_and_pipelines_are_counted_and_what_backends_name_is_looked_for(
    tmp_path: Path,
) -> None:
    text = """
version: 1
models:
  - {id: one, backend: {command: [%s]}}
  - {id: two, backend: {url: "http://10.0.0.5", headers: {X-Key: "file:%s"}}}
"""
    (tmp_path / "key.txt").write_text("k")
    shown = command.run("check", "-f", str(command.manifest(tmp_path, text % ("sh", "key.txt"))))
    assert "2 models in 2 services, nothing wrong" in shown.output
    shown = command.run("check", "-f", str(command.manifest(tmp_path, text % ("none-at-all", "n"))))
    assert shown.exit_code == 1
    assert "models.yaml, one: there is no program 'none-at-all' in PATH" in shown.output
    assert f"models.yaml, two: the file of its header X-Key, {tmp_path}/n, is not" in shown.output


def test_every_file_and_module_that_is_not_there_is_told_by_model(tmp_path: Path) -> None:
    text = """
version: 1
models:
  - {id: a, architecture: 'nets:net', weights: 'file:none.pth', labels: 'file:no.txt',
     input: {size: 32}}
  - {id: b, architecture: 'no_such_module:net', weights: random, input: {size: 32}}
"""
    shown = command.run("check", "-f", str(command.manifest(tmp_path, text)))
    assert shown.exit_code == 1
    assert f"models.yaml, a: {tmp_path / 'none.pth'} is not a file" in shown.output
    assert f"models.yaml, a: {tmp_path / 'no.txt'} is not a file" in shown.output
    assert "models.yaml, b: no_such_module:net: there is no module no_such_module" in shown.output


def test_what_needs_the_bakes_packages_is_told_apart_from_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = ["some-nets", "some-weights", "torch"]
    monkeypatch.setattr(preflight, "missing", lambda _: absent)
    text = """
version: 1
models:
  - {id: a, architecture: 'some_nets:net', weights: 'package:some_weights', input: {size: 32}}
"""
    manifest = command.manifest(tmp_path, text)
    shown = command.run("check", "-f", str(manifest))
    assert (shown.exit_code, "nothing wrong" in shown.output) == (0, True)
    assert "'passerelle[bake]': some-nets, some-weights" in shown.output
    absent.remove("some-nets")
    shown = command.run("check", "-f", str(manifest))
    assert shown.output.count("models.yaml, a: ") == 1
    assert "there is no module some_nets" in shown.output


def test_every_line_of_a_file_of_labels_is_told(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("a\n\nb\x1bc\n")
    text = """
version: 1
models:
  - {id: a, architecture: 'torchvision:resnet18', weights: random, labels: 'file:names.txt'}
  - {id: b, architecture: 'torchvision:resnet18', weights: 'torchvision:DEFAULT', labels: [x, y]}
"""
    shown = command.run("check", "-f", str(command.manifest(tmp_path, text)))
    assert shown.exit_code == 1
    assert f"models.yaml, a: {tmp_path / 'names.txt'}, line 2: is blank" in shown.output
    assert f"models.yaml, a: {tmp_path / 'names.txt'}, line 3: 'b\\x1bc' holds" in shown.output
    assert "models.yaml, b: b has 1000 classes, but labels names 2" in shown.output


def test_an_onnx_file_that_does_not_fit_is_told_without_a_bake(tmp_path: Path) -> None:
    onnx_files.classifier(tmp_path / "net.onnx")
    text = """
version: 1
models:
  - {id: good, architecture: onnx, weights: 'file:net.onnx'}
  - {id: large, architecture: onnx, weights: 'file:net.onnx', input: {size: 224}}
  - {id: other, architecture: onnx, weights: 'file:models.yaml'}
"""
    shown = command.run("check", "-f", str(command.manifest(tmp_path, text)))
    assert shown.exit_code == 1
    assert "models.yaml, large: net.onnx takes pictures of 64 x 64 pixels" in shown.output
    assert "models.yaml is no ONNX file" in shown.output
    assert ", good:" not in shown.output


def test_a_handler_that_is_not_there_or_wants_torch_is_told(tmp_path: Path) -> None:
    onnx_files.net(tmp_path / "net.onnx", shape=(1, 5))  # which only a handler can prepare
    (tmp_path / "good_handlers.py").write_text("import numpy\nclass Own: ...\n")
    (tmp_path / "bad_handlers.py").write_text("def late():\n    import torch.nn\n")
    text = """
version: 1
models:
  - {id: good, architecture: onnx, weights: 'file:net.onnx', handler: 'good_handlers:Own'}
  - {id: bad, architecture: onnx, weights: 'file:net.onnx', handler: 'bad_handlers:Own'}
  - {id: lost, architecture: onnx, weights: 'file:net.onnx', handler: 'no_handlers:Own'}
  - {id: own, architecture: onnx, weights: 'file:net.onnx', handler: 'bad_handlers:Own',
     engine: torch}
"""
    shown = command.run("check", "-f", str(command.manifest(tmp_path, text)))
    assert ", good" not in shown.output
    assert "torch runs no ONNX file" in shown.output
    manifest = command.manifest(tmp_path, text.partition("  - {id: own")[0])
    shown = command.run("check", "-f", str(manifest))
    assert shown.output.count("models.yaml, ") == 2
    assert "bad: bad_handlers:Own imports torch, which no serving process has" in shown.output
    assert "lost: no_handlers:Own: there is no module no_handlers" in shown.output
