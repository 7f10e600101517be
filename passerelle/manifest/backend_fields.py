"""The fields of `backend`, somebody else's service, and of `fetch`, pictures elsewhere."""

from typing import Annotated

from pydantic import Field

from passerelle.manifest.fields import Fields
from passerelle.manifest.model import Protocol

IMAGE = r"^\S+$"
HEADER_TEXT = r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$"
PATH = r"^/\S*$"
HEADER = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"
HOST = r"^(\*|(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)$"

Path = Annotated[str, Field(pattern=PATH)]
HeaderName = Annotated[str, Field(pattern=HEADER)]
HeaderText = Annotated[str, Field(pattern=HEADER_TEXT)]
Host = Annotated[str, Field(pattern=HOST)]


class Backend(Fields):
    """Somebody else's service: where it is or how it is started, and how it is asked."""

    url: str | None = Field(
        None, examples=["http://10.0.0.5:5000"], description="Where it is, if others run it."
    )
    image: str | None = Field(
        None,
        pattern=IMAGE,
        examples=["ghcr.io/acme/ocr:1.4"],
        description="A container's image, which compose, Swarm, Cloud Run and Knative start.",
    )
    command: list[str] | None = Field(
        None,
        min_length=1,
        examples=[["python", "serve.py"]],
        description=(
            "Its arguments; `passerelle up` starts it beside the manifest, and the environment's "
            "PORT, or $PORT among them, says where to listen on 127.0.0.1."
        ),
    )
    port: int | None = Field(
        None, ge=1, le=65535, description="That the image listens on; 8080 unless given."
    )
    protocol: Protocol = Field(
        "raw",
        description=(
            "How it is asked: raw passes requests and answers on as they are, oip is the Open "
            "Inference Protocol V2, passerelle our services' own."
        ),
    )
    path: Path | None = Field(
        None,
        examples=["/predict", "/v2/models/resnet"],
        description=(
            "Where it is asked: / unless given, and with oip /v2/models/ and the model's id."
        ),
    )
    health: Path | None = Field(
        None,
        examples=["/ping"],
        description=(
            "What answers with a 2xx once it is ready. With raw, unless given, it is ready once "
            "it takes connections."
        ),
    )
    headers: dict[HeaderName, HeaderText] | None = Field(
        None,
        examples=[{"Authorization": "env:OCR_TOKEN"}],
        description=(
            "Sent with each request: a text, env:NAME of the gateway's environment, or file:PATH. "
            "A secret is one of the latter two."
        ),
    )


class Fetch(Fields):
    """Pictures that a request names by their address, `{"url": "https://…"}`."""

    hosts: list[Host] = Field(
        min_length=1,
        examples=[["images.example.com", "*.example.org"]],
        description="From which they are fetched; *.NAME is any below NAME, and * any at all.",
    )
