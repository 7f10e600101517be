"""bench/backends.py: the same pictures both ways, each as whoever is asked takes them."""

from pathlib import Path

from bench import backends, foreign_services
from bench.backends import Gateway
from bench.hop_report import DIRECT, GATEWAY
from passerelle.local.process import Command, Process


def test_a_backend_is_asked_for_its_own_path_and_the_gateway_for_the_model(
    tmp_path: Path,
) -> None:
    process = Process("gateway", Command([], {}, tmp_path / "log"))
    gateway = Gateway("http://127.0.0.1:1", "key", process)
    services = foreign_services.find(foreign_services.EXAMPLE, range(8001, 8005))
    cases = {each.id: backends.workloads(each, gateway, ["a.jpg"], 1.0) for each in services}
    direct = {name: (each[DIRECT].path, each[DIRECT].encoding) for name, each in cases.items()}
    assert direct == {
        "flask": ("/predict", "raw"),
        "litserve": ("/predict", "upload"),
        "bentoml": ("/predict", "raw"),
        "mlserver": ("/v2/models/mlserver/infer", "tensor"),
    }
    through = {name: (each[GATEWAY].path, each[GATEWAY].encoding) for name, each in cases.items()}
    assert through == {
        "flask": ("/model/flask/predict", "raw"),
        "litserve": ("/model/litserve/predict", "upload"),
        "bentoml": ("/model/bentoml/predict", "raw"),
        "mlserver": ("/model/mlserver/predict", "raw"),
    }
    assert all(each[GATEWAY].api_key == "key" for each in cases.values())
    assert not any(each[DIRECT].api_key for each in cases.values())
