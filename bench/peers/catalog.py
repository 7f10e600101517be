"""The peers, each in the set-up that its documents advise and that measured best on two cores.

Eager torch scales best over processes of one thread each, one a core, whatever the server. Where a
peer has our artifact inside, its number of processes and of threads in each is what was fastest.
"""

import ast
import dataclasses
import os
from pathlib import Path

from bench.comparison import BAKED, EAGER

HERE = Path(__file__).parent
CPU_COUNT = len(os.sched_getaffinity(0))


@dataclasses.dataclass(frozen=True)
class Peer:
    """One server with one model in it. `{port}` and `{folder}` are replaced by a run's own."""

    name: str
    package: str  # its files here: package.py and package.txt
    command: tuple[str, ...]  # a program of its virtual environment, and what it is given
    path: str = "/predict"
    encoding: str = "raw"  # of predict_request.ENCODINGS
    kind: str = EAGER
    precision: str = "fp32"
    workers: int = CPU_COUNT
    threads: int = 1  # of inference, in each worker
    batch: int = 1
    environment: tuple[tuple[str, str], ...] = ()
    prepare: tuple[str, ...] = ()  # a command to run before it is started

    @property
    def requirements(self) -> Path:
        """What it installs beside the model."""
        return HERE / f"{self.package}.txt"

    @property
    def setup(self) -> str:
        """How it is set up, in a line: the numbers, then the first line of its file's docstring."""
        source = (HERE / f"{self.package}.py").read_text()
        docstring = ast.get_docstring(ast.parse(source)) or ""
        how = docstring.partition("\n")[0].partition(": ")[2]
        workers = f"{self.workers} {'worker' if self.workers == 1 else 'workers'}"
        threads = f"{self.threads} inference {'thread' if self.threads == 1 else 'threads'}"
        return f"{workers} of {threads}, {how}"

    @property
    def settings(self) -> dict[str, str]:
        """Its variables, but for the artifact and the port."""
        numbers = {"WORKERS": self.workers, "THREADS": self.threads, "BATCH": self.batch}
        own = {f"BENCH_{name}": str(number) for name, number in numbers.items()}
        return dict(self.environment) | own | {"OMP_NUM_THREADS": str(self.threads)}


def module(package: str) -> str:
    """The name that Python knows a peer's file by."""
    return f"bench.peers.{package}"


FASTAPI = Peer(
    "FastAPI + uvicorn",
    "fastapi",
    ("uvicorn", f"{module('fastapi')}:app", "--port", "{port}", "--workers", "{workers}",
     "--no-access-log", "--timeout-keep-alive", "75"),
)  # fmt: skip
FLASK = Peer(
    "Flask + gunicorn",
    "flask",
    ("gunicorn", f"{module('flask')}:app", "--bind", "127.0.0.1:{port}", "--workers", "{workers}",
     "--threads", "8", "--keep-alive", "75"),
)  # fmt: skip
LITSERVE = Peer("LitServe", "litserve", ("python", "-m", module("litserve")), encoding="upload")
BENTOML = Peer(
    "BentoML",
    "bentoml",
    ("bentoml", "serve", f"{module('bentoml')}:Classifier", "--host", "127.0.0.1",
     "--port", "{port}"),
    environment=(("BENTOML_HOME", "{folder}"), ("BENTOML_DO_NOT_TRACK", "true")),
)  # fmt: skip
MLSERVER = Peer(
    "MLServer",
    "mlserver",
    ("mlserver", "start", "{folder}"),
    path="/v2/models/lite0/infer",
    encoding="tensor",
    environment=(
        ("MLSERVER_MODEL_NAME", "lite0"),
        ("MLSERVER_MODEL_IMPLEMENTATION", f"{module('mlserver')}.Classifier"),
        ("MLSERVER_HOST", "127.0.0.1"),
        ("MLSERVER_HTTP_PORT", "{port}"),
        ("MLSERVER_GRPC_PORT", "{port2}"),
        ("MLSERVER_METRICS_PORT", "{port3}"),
        ("MLSERVER_PARALLEL_WORKERS", "{workers}"),
        ("MLSERVER_DEBUG", "false"),
    ),
)
KSERVE = Peer(
    "KServe", "kserve", ("python", "-m", module("kserve")), path="/v1/models/lite0:predict"
)
RAY = Peer(
    "Ray Serve",
    "ray",
    ("python", "-m", module("ray")),
    environment=(
        ("RAY_SERVE_THROUGHPUT_OPTIMIZED", "1"),
        ("RAY_TMPDIR", "{folder}"),
        ("RAY_USAGE_STATS_ENABLED", "0"),
    ),
)
TORCHSERVE = Peer(
    "TorchServe",
    "torchserve",
    ("torchserve", "--start", "--foreground", "--model-store", "{folder}",
     "--models", "lite0=lite0.mar", "--ts-config", str(HERE / "torchserve.properties"),
     "--disable-token-auth", "--no-config-snapshots"),
    path="/predictions/lite0",
    environment=(
        ("TS_INFERENCE_ADDRESS", "http://127.0.0.1:{port}"),
        ("TS_MANAGEMENT_ADDRESS", "http://127.0.0.1:{port2}"),
        ("TS_METRICS_ADDRESS", "http://127.0.0.1:{port3}"),
        ("TS_DEFAULT_WORKERS_PER_MODEL", "{workers}"),
        ("LOG_LOCATION", "{folder}"),
        ("METRICS_LOCATION", "{folder}"),
    ),
    prepare=("torch-model-archiver", "--model-name", "lite0", "--version", "1",
             "--handler", str(HERE / "torchserve.py"), "--export-path", "{folder}"),
)  # fmt: skip

WITH_EAGER = (
    FASTAPI,
    FLASK,
    LITSERVE,
    dataclasses.replace(LITSERVE, name="LitServe, batches of 8", batch=8),
    BENTOML,
    MLSERVER,
    KSERVE,
    RAY,
    TORCHSERVE,
)
WITH_BAKED = tuple(
    dataclasses.replace(peer, kind=BAKED, precision=precision)
    for precision in ("fp32", "int8")
    for peer in (dataclasses.replace(FASTAPI, workers=1, threads=CPU_COUNT), LITSERVE, BENTOML)
)
PEERS = WITH_EAGER + WITH_BAKED
