"""Every benchmark, started for a moment: real processes, real pictures, little to install."""

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from bench import all_features, mirror_report, paced_clients
from bench import stack as bench_stack
from bench.peers import catalog
from tests.support import four_servers, processes, redis_here, stack

LITE0, INT8 = "efficientnet-lite0", "efficientnet-lite0-int8"
VERDICTS = (0, 1)  # of a moment on a busy machine either may be
SHORT = ("--seconds", "0.2", "--rounds", "1", "--concurrency", "2")


def run(module: str, *arguments: str, stdin: str = "", codes: Collection[int] = (0,)) -> str:
    """What a benchmark prints; it has to end with 0, unless told otherwise."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        input=stdin, capture_output=True, text=True, cwd=stack.ROOT, check=False,
    )  # fmt: skip
    assert done.returncode in codes, done.stdout + done.stderr
    return done.stdout


def test_the_hop_is_measured_on_both_default_models(tmp_path: Path) -> None:
    file = tmp_path / "hop.json"
    printed = run("bench.hop", *SHORT, "--starts", "1", "--json", str(file))
    alone, *reports = json.loads(file.read_text())
    assert alone["gateways"] == [stack.ROOT.name]
    assert [each["model"] for each in reports] == [LITE0, INT8]
    for report in reports:
        assert f"{report['model']}: 3 pictures in turn" in printed
        assert [each["torch"] for each in report["processes"]] == [False] * 4
        (measured,) = report["rounds"]
        assert {case: each["requests"] > 0 for case, each in measured["measurements"].items()} == {
            "direct": True, "gateway": True, "in-process": True,
        }  # fmt: skip
    assert printed.count("gateway/direct") == 2


def test_a_picture_is_sent_over_rest_and_over_grpc(tmp_path: Path) -> None:
    file = tmp_path / "grpc.json"
    printed = run("bench.grpc_look", *SHORT, "--json", str(file))
    (measured,) = json.loads(file.read_text())["rounds"]
    found = measured["measurements"]
    assert {case: each["requests"] > 0 for case, each in found.items()} == {
        "REST": True, "gRPC": True,
    }  # fmt: skip
    assert all(f"\n{case} " in printed for case in found)


def test_the_hops_of_two_checkouts_are_measured_in_the_same_rounds(tmp_path: Path) -> None:
    other = processes.copy_code(tmp_path / "other")
    file = tmp_path / "hop.json"
    roots = ("--gateway-root", str(other), "--gateway-root", ".", "--full")
    printed = run("bench.hop", "--alone", *SHORT, *roots, "--json", str(file))
    (report,) = json.loads(file.read_text())
    assert report["gateways"] == ["other", stack.ROOT.name, all_features.NAME]
    (measured,) = report["rounds"]
    assert {case: each["requests"] > 0 for case, each in measured["measurements"].items()} == {
        "direct": True, "other": True, stack.ROOT.name: True, all_features.NAME: True,
    }  # fmt: skip
    assert "each of other's:" in printed


def test_ordinary_requests_are_answered_beside_slow_clients(tmp_path: Path) -> None:
    file = tmp_path / "slow.json"
    options = ("--clients", "16", "--seconds", "0.5", "--json", str(file))
    printed = run("bench.slow_clients", *options, codes=VERDICTS)
    report = json.loads(file.read_text())
    for phase in (report["quiet"], report["crowded"]):
        failures = phase["requests"]["failures"]
        assert set(failures) <= {paced_clients.NOT_SENT}  # in half a second of a busy machine
        assert len(phase["requests"]["latencies"]) + sum(failures.values()) == 40
    assert report["crowded"]["samples"][-1]["slow"] == 16
    sockets = [report[phase]["samples"][-1]["sockets"] for phase in ("quiet", "crowded")]
    assert sockets[1] >= sockets[0] + 16
    assert "beside them" in printed


def test_a_mirror_is_measured_in_each_of_its_states(tmp_path: Path) -> None:
    file = tmp_path / "mirror.json"
    printed = run("bench.mirror", "--short", "--json", str(file), codes=VERDICTS)
    (measured,) = json.loads(file.read_text())["rounds"]
    for case, phase in measured.items():
        assert set(phase["failures"]) <= {paced_clients.NOT_SENT}
        mirrored = phase["mirrored"]
        ended = mirrored["requests"] + mirrored["skipped"]
        assert ended == (0 if case in mirror_report.WITHOUT else len(phase["latencies"]))
    assert measured["well"]["mirrored"]["compared"] > 0
    assert measured["killed"]["mirrored"]["skipped"] > 0
    assert "p99 ratio" in printed


def test_a_gateway_whose_manifest_changes_loses_no_request(tmp_path: Path) -> None:
    file = tmp_path / "soak.json"
    options = ("--minutes", "0.02", "--share", "0.2", "--measure", "0.2", "--every", "0.5")
    printed = run("bench.soak", *options, "--json", str(file), codes=VERDICTS)
    report = json.loads(file.read_text())
    (minute,) = report["minutes"]
    assert minute["answered"] > 10
    assert minute["changes"] > 0 < minute["followed"]
    assert set(minute["failures"]) <= {paced_clients.NOT_SENT}
    assert "0 failed" in printed


@redis_here.MARK
def test_a_quota_over_several_gateways_is_exact(tmp_path: Path) -> None:
    file = tmp_path / "quota.json"
    sizes = ("--requests", "1500", "--quota", "500", "--gateways", "2", "--connections", "8")
    printed = run("bench.quota", *sizes, "--json", str(file))
    assert json.loads(file.read_text())["answers"] == {"200": 500, "429": 1000}
    assert "exactly the quota passed" in printed


def test_the_gateways_memory_is_measured(tmp_path: Path) -> None:
    file = tmp_path / "memory.json"
    sizes = ("--connections", "5", "--bodies", "3", "--body-mb", "0.5", "--delay", "0.1")
    printed = run("bench.memory", *sizes, "--json", str(file))
    found = json.loads(file.read_text())
    assert found["idle"]["held"] == 5
    assert found["large"]["answers"] == {"200": 3}
    assert found["large"]["peak_mb"] > 0
    assert "3 of 0.5 MB at once: 3 x 200" in printed


def test_ours_is_compared_with_a_peer_that_needs_no_installation(tmp_path: Path) -> None:
    file = tmp_path / "comparison.json"
    printed = run(
        "bench.compare", *SHORT, "--peers", "flask", "--json", str(file), "--docs", str(tmp_path)
    )
    outcomes = json.loads(file.read_text())["outcomes"]
    assert {(each["name"], each["precision"]): each["failure"] for each in outcomes} == {
        ("Passerelle", "fp32"): "", ("Passerelle", "int8"): "", ("Flask + gunicorn", "fp32"): "",
    }  # fmt: skip
    assert "| Passerelle, fp32 / eager |" in printed
    assert printed in (tmp_path / "comparison.md").read_text() + "\n"
    assert "Flask + gunicorn" in (tmp_path / "comparison.svg").read_text()


def test_other_peoples_services_are_measured_both_ways(tmp_path: Path) -> None:
    four_servers.prepared(tmp_path)  # or there is a reason why not
    file = tmp_path / "backends.json"
    printed = run("bench.backends", *SHORT, "--json", str(file))
    found = json.loads(file.read_text())["rounds"]
    assert list(found) == ["flask", "litserve", "bentoml", "mlserver"]
    for (measured,) in found.values():
        cases = measured["measurements"]
        assert {case: each["requests"] > 0 for case, each in cases.items()} == {
            "direct": True, "gateway": True,
        }  # fmt: skip
    assert printed.count("requests/s, ratio") == 4


def test_a_tasks_artifact_is_measured_beside_eager_torch(tmp_path: Path) -> None:
    file = tmp_path / "tasks.json"
    options = ("--model", "detection", "embedding", "--rounds", "1", "--seconds", "0.2")
    printed = run("bench.tasks", *options, "--json", str(file))
    reports = json.loads(file.read_text())["models"]
    assert [each["task"] for each in reports] == ["detection", "embedding"]
    for report in reports:
        (measured,) = report["rounds"]
        assert {side: each["pictures"] >= 3 for side, each in measured.items()} == {
            "artifact": True, "eager": True,
        }  # fmt: skip
    assert printed.count("eager/artifact") == 2


def test_accuracy_counts_the_pictures_that_a_model_names_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(stack.ROOT)
    pictures = tmp_path / "pictures"
    for folder in ("282", "Egyptian cat", "0"):  # its first class, its second, none of its five
        (pictures / folder).mkdir(parents=True)
        shutil.copy(stack.PICTURES / "chelsea.png", pictures / folder)
    with bench_stack.prepared(LITE0, tmp_path, Path("models.yaml")) as running:
        running.restart_service()
        running.start_gateway()
        printed = run(
            "bench.accuracy", str(pictures), "--url", running.gateway_url, "--key", running.api_key
        )
    assert printed.splitlines()[1].split() == [LITE0, "33.33%", "66.67%", "3", "0"]


def test_a_workload_is_read_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(stack.ROOT)
    artifact = bench_stack.Stack(LITE0, tmp_path, Path("models.yaml")).artifact
    workload = {
        "pictures": [str(stack.PICTURES / "chelsea.png")], "seconds": 0.1,
        "artifact": str(artifact),
    }  # fmt: skip
    measured = json.loads(run("bench.load_generator", stdin=json.dumps(workload)))
    assert measured["requests"] >= 2
    assert 0 < measured["p50_ms"] <= measured["p99_ms"]


def test_every_benchmark_that_can_be_run_is_run_here() -> None:
    calls = [node for node in ast.walk(ast.parse(Path(__file__).read_text()))
             if isinstance(node, ast.Call) and ast.unparse(node.func) == "run"]  # fmt: skip
    ran = {ast.literal_eval(call.args[0]) for call in calls}
    started = {
        "bench.infer_servers",
        "bench.stand_in",
        "bench.task_side",
    }  # by those that need them
    assert runnable("bench") == ran | started
    assert runnable("bench/peers") <= {catalog.module(peer.package) for peer in catalog.PEERS}


def runnable(folder: str) -> set[str]:
    """The modules of a folder that `python -m` runs."""
    files = (stack.ROOT / folder).glob("*.py")
    return {
        f"{folder.replace('/', '.')}.{file.stem}" for file in files
        if 'if __name__ == "__main__":' in file.read_text()
    }  # fmt: skip
