# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201
# Its packages are only in its own virtual environment, and servers act on annotations.
"""MLServer: parallel workers, the picture in base64 in the Open Inference Protocol (V2)."""

import io

import numpy as np
from mlserver import MLModel
from mlserver.codecs import Base64Codec, NumpyCodec
from mlserver.types import InferenceResponse

from bench.peers import model


class Classifier(MLModel):
    """A custom runtime."""

    async def load(self):
        """Load the model in this worker."""
        self.classify = model.load()
        return True

    async def predict(self, payload):
        """What is on the picture of the one input."""
        encoded = Base64Codec.decode_input(payload.inputs[0])[0]
        found = self.classify([model.pixels(io.BytesIO(encoded))])[0]
        outputs = [
            NumpyCodec.encode_output(name, np.array([each[name] for each in found]))
            for name in ("class_id", "score")
        ]
        return InferenceResponse(model_name=self.name, outputs=outputs)
