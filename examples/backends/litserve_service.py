"""LitServe: the picture is the file `image` of a form."""

import os
from typing import Any

import colours
import fastapi
import litserve


class Colours(litserve.LitAPI):
    """One worker's model."""

    def setup(self, device: str) -> None:
        """Load nothing."""

    def decode_request(self, request: fastapi.Request) -> bytes:
        """The picture of the form."""
        return request["image"].file.read()

    def predict(self, encoded: bytes) -> dict[str, Any]:
        """What is on the picture."""
        try:
            return {"predictions": colours.find(encoded)}
        except colours.NoPictureError as error:
            raise fastapi.HTTPException(400, str(error)) from None

    def encode_response(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer as it is."""
        return answer


if __name__ == "__main__":
    server = litserve.LitServer(Colours(), accelerator="cpu")
    port = int(os.environ["PORT"])
    server.run(host="127.0.0.1", port=port, num_api_servers=1, generate_client_file=False)
