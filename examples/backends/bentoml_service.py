"""BentoML: the picture is the request's body."""

from pathlib import Path
from typing import Any

import bentoml
import colours
from bentoml.exceptions import InvalidArgument


@bentoml.service
class Colours:
    """One worker's model."""

    @bentoml.api
    def predict(self, picture: Path, /) -> dict[str, Any]:
        """What is on the picture, which BentoML has put into a file."""
        try:
            return {"predictions": colours.find(picture.read_bytes())}
        except colours.NoPictureError as error:
            raise InvalidArgument(str(error)) from None
