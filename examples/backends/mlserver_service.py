"""MLServer: the picture is the one element of a BYTES input, in base64."""

import colours
import numpy as np
from mlserver import MLModel
from mlserver.codecs import Base64Codec, NumpyCodec, StringCodec
from mlserver.errors import InferenceError
from mlserver.types import InferenceRequest, InferenceResponse


class Colours(MLModel):
    """A custom runtime; model-settings.json says what it takes and gives."""

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """What is on the picture."""
        (encoded,) = Base64Codec.decode_input(payload.inputs[0])
        try:
            found = colours.find(encoded)
        except colours.NoPictureError as error:
            raise InferenceError(str(error)) from None
        class_ids, labels, scores = zip(*(each.values() for each in found), strict=True)
        outputs = [
            NumpyCodec.encode_output("class_id", np.array(class_ids)),
            NumpyCodec.encode_output("score", np.array(scores, np.float32)),
            StringCodec.encode_output("label", list(labels)),
        ]
        return InferenceResponse(model_name=self.name, outputs=outputs)
