# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ARG002
# Its packages are only in its own virtual environment, and servers act on annotations.
"""LitServe: inference workers behind one API server, the picture as an upload."""

import litserve
from fastapi import Request

from bench.peers import model

BATCH_SECONDS = 0.005  # that a batch waits to fill


class Classifier(litserve.LitAPI):
    """Decodes in the inference worker; with batches, each request decodes on its own first."""

    def setup(self, device):
        """Load the model in this worker."""
        self.classify = model.load()

    def decode_request(self, request: Request):
        """The picture of the form."""
        return model.pixels(request["image"].file)

    def predict(self, pictures):
        """One picture, or a batch as LitServe stacks it."""
        if model.BATCH == 1:
            return self.classify([pictures])[0]
        return self.classify(list(pictures))

    def encode_response(self, found):
        """The answer's JSON."""
        return {"predictions": found}


if __name__ == "__main__":
    batches = {"max_batch_size": model.BATCH, "batch_timeout": BATCH_SECONDS}
    server = litserve.LitServer(
        Classifier(**batches if model.BATCH > 1 else {}),
        accelerator="cpu",
        workers_per_device=model.WORKERS,
    )
    server.run(
        host="127.0.0.1",
        port=model.PORT,
        num_api_servers=1,
        log_level="warning",
        generate_client_file=False,
    )
