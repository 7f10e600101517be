"""What a measurement sends, and what it finds: pure data, which travels between processes."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Workload:
    """Pictures for one target: a server with a URL, or else an artifact loaded in this process."""

    pictures: list[str]  # files, sent in turn
    seconds: float
    concurrency: int = 1  # requests at once
    url: str = ""  # http://host:port
    path: str = ""  # where the server takes predictions
    encoding: str = "raw"  # of the body: one of predict_request.ENCODINGS
    api_key: str = ""  # sent as X-API-Key, where there is one
    headers: dict[str, str] = dataclasses.field(default_factory=dict)  # sent beside that
    model: str = ""  # the id that every answer must name; any answer is right where this is empty
    artifact: str = ""  # a folder
    pids: list[int] = dataclasses.field(default_factory=list)  # whose CPU time counts as the load's
    server_pids: list[int] = dataclasses.field(default_factory=list)  # those of server_cpu_ms


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What was measured."""

    requests: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float  # CPU time a request, of all that took part
    server_cpu_ms: float  # the same, of the workload's server_pids alone
    other_cores: float  # cores that everything else on the machine kept busy at the same time
