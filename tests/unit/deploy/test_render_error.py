"""What can't be rendered is told in its own words, by either renderer."""

import pytest

from passerelle.deploy import cloudrun, compose
from passerelle.deploy.render_error import RenderError
from passerelle.manifest.model import Backend, ExternalModel

OCR = ExternalModel(
    id="ocr", title="OCR", timeout=1.0, service="ocr", backend=Backend(command=("serve",))
)


@pytest.mark.parametrize(
    "render",
    [
        lambda: compose.render([OCR], compose.Options()),
        lambda: cloudrun.render([OCR], cloudrun.Options("acme-vision", "europe-west1")),
    ],
)
def test_a_command_without_an_image_says_what_to_write(render: object) -> None:
    assert callable(render)
    with pytest.raises(RenderError, match=r"ocr(.|\n)*image"):
        render()
