"""The field `weights`: where a checkpoint is, as a text, or as a mapping that says more of it."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from passerelle.manifest.fields import Fields

PACKAGE = r"[A-Za-z_][\w.]*(/.+)?"  # and the path of a file in it
PACKAGE_FILE = f"^{PACKAGE}$"
HTTPS = r"^https://.+"
WEIGHTS = rf"^(torchvision:\w+|file:.+|https://.+|package:{PACKAGE}|architecture|random)$"


class WeightsFile(Fields):
    """A checkpoint, and which part of it is the model's state dict."""

    file: str | None = Field(None, min_length=1, description="A path relative to the manifest.")
    https: str | None = Field(None, pattern=HTTPS, description="An address to download.")
    package: str | None = Field(
        None, pattern=PACKAGE_FILE, description="A Python package, and the path of a file in it."
    )
    key: str | None = Field(
        None,
        min_length=1,
        examples=["model", "trainer.ema"],
        description="Under which the state dict lies; found unless given.",
    )
    strip: str | None = Field(
        None,
        min_length=1,
        examples=["module."],
        description="What its names begin with, beside the network's; found unless given.",
    )

    @property
    def source(self) -> str:
        """The checkpoint as one text, such as `file:PATH`."""
        return f"file:{self.file}" if self.file else self.https or f"package:{self.package}"


def form_of(weights: object) -> str:
    """Which form of weights a value is meant to be."""
    return "mapping" if isinstance(weights, dict | WeightsFile) else "text"


Weights = Annotated[
    Annotated[str, Field(pattern=WEIGHTS), Tag("text")] | Annotated[WeightsFile, Tag("mapping")],
    Discriminator(form_of),
]
