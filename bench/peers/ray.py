# mypy: ignore-errors
# ruff: noqa: ANN001, ANN204
# Its packages are only in its own virtual environment, and servers act on annotations.
"""Ray Serve: replicas in its throughput mode without an access log, the picture as the raw body."""

import io

import ray
from ray import serve

from bench.peers import model


@serve.deployment(
    num_replicas=model.WORKERS,
    ray_actor_options={"num_cpus": 1},
    logging_config={"enable_access_log": False},
)
class Classifier:
    """One replica's model."""

    def __init__(self):
        self.classify = model.load()

    async def __call__(self, request):
        """What is on the picture in the body."""
        return {"predictions": self.classify([model.pixels(io.BytesIO(await request.body()))])[0]}


if __name__ == "__main__":
    ray.init(num_cpus=model.WORKERS, include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": model.PORT})
    serve.run(Classifier.bind(), route_prefix="/predict", blocking=True)
