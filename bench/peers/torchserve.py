# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ARG002
# Its packages are only in its own virtual environment, and servers act on annotations.
"""TorchServe: the picture as the raw body to a custom handler."""

import io

from ts.torch_handler.base_handler import BaseHandler

from bench.peers import model


class Classifier(BaseHandler):
    """A custom handler."""

    def initialize(self, context):
        """Load the model in this worker."""
        self.context = context
        self.classify = model.load()
        self.initialized = True

    def handle(self, data, context):
        """What is on each picture of a batch, which is of one unless configured."""
        bodies = [each.get("data") or each.get("body") for each in data]
        found = self.classify([model.pixels(io.BytesIO(each)) for each in bodies])
        return [{"predictions": each} for each in found]
